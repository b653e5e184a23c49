//! The commands: one file each.

mod arguments;
mod check;
mod control;
mod demo;
mod diff;
mod explain;
mod fleet;
mod print;
mod proxy;
mod routes;
mod top;

pub use arguments::{Arguments, run};
