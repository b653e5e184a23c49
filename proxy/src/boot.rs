//! The composition root: config → snapshot → shared → control thread and workers; signals. The only room that wires.

mod guard;
mod listeners;
mod run;
mod side;

pub use listeners::BindFault;
pub use run::{Error, Options, run};
