//! The long form: a table with every default and every effective value spelled out, in the language itself.

mod access_log;
mod cluster;
mod condition;
mod diff;
mod listener;
mod policy;
mod route;
mod table;

pub(crate) use condition::condition;
pub use diff::{Change, diff};
pub use table::{long, long_yaml};
