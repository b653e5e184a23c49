//! A proxy without a file: flags amount to a route table, which then goes the way of every other one.

#[cfg(test)]
mod fixture;
mod flags;
mod fleet;
mod place;
mod table;

pub use flags::Flags;
pub use table::table;
