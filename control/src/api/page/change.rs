//! What every change has in common.

mod aside;
mod commit;
mod draft;
mod sent;

pub(super) use aside::aside;
pub(super) use commit::{Proposal, commit, fresh};
pub(super) use draft::Draft;
pub(super) use sent::{Sent, placed};
