//! What is wrong with a document, said to people and to programs.

mod kind;
mod list;
mod nearest;
mod render;

pub use kind::{Fault, Missing, Severity};
pub use list::Faults;
pub(crate) use list::Findings;
pub(crate) use nearest::{did_you_mean, nearest};
