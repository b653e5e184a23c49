//! Which of what has arrived goes live.

mod near;
mod table;
mod unit;

pub(super) use near::Scope;
pub use table::settle;
pub use unit::{Outcome, Settled, Unit};

#[cfg(test)]
mod tests;
