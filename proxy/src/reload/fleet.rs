//! The table comes from a control server: resources → parts that fit together → published once, as any other table.

mod counting;
mod demand;
mod disk;
mod ends;
mod gathering;
mod link;
mod member;
mod names;
mod report;
mod settling;
mod store;
mod table;

pub use member::Member;
