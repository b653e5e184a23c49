//! Who asks, and what they may do.

mod caller;
mod guard;
mod notes;
mod token;

pub(super) use caller::{Caller, who};
pub(super) use guard::{Guard, Refusal};
pub(super) use notes::Notes;
pub use token::Secret;
