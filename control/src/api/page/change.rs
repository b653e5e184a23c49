//! What every change has in common.

mod aside;
mod commit;
mod draft;

pub(super) use aside::aside;
pub(super) use commit::{Proposal, commit, fresh};
pub(super) use draft::Draft;
