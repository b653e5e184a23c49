//! The order in which routes are tried.

mod precedence;
mod shadow;

pub(crate) use precedence::order;
pub(crate) use shadow::shadowed;
