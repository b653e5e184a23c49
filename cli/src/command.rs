//! The commands: one file each.

mod arguments;
mod check;
mod completions;
mod control;
mod demo;
mod diff;
mod explain;
mod manual;
mod proxy;
mod routes;
mod schema;
mod top;

pub use arguments::{Arguments, run};
