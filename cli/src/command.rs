//! The commands: one file each.

mod arguments;
mod check;
mod demo;
mod diff;
mod explain;
mod proxy;
mod routes;
mod schema;

pub use arguments::{Arguments, run};
