//! What changes in meaning between two tables, not in text.

mod change;
mod notes;
mod order;
mod walk;

pub use change::Change;
pub use walk::diff;
