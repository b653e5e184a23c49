//! The composition root: config → snapshot → shared → control thread and workers; signals. The only room that wires.

mod drain;
mod guard;
mod inherited;
mod listeners;
mod logs;
mod run;
mod side;
mod upgrade;

pub use inherited::Inherited;
pub use listeners::BindFault;
pub use run::{Error, Options, run};
