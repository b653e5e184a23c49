//! The composition root: the one place that wires the rooms into a server.

mod answers;
mod files;
mod run;

pub use run::{Error, run};
