//! Who asks, and what they may do.

mod caller;
mod guard;
mod token;

pub(super) use caller::{Caller, who};
pub(super) use guard::{Guard, Refusal};
pub use token::Secret;
