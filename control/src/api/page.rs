//! The pages: each answers one or a few operations.

mod answer;
mod apply;
mod asked;
mod change;
mod events;
mod fleet;
mod history;
mod probes;
mod resources;
mod routes;
mod traffic;

pub(super) use answer::answer;
pub(super) use asked::{Asked, Site};
pub(super) use fleet::WAIT_MAX;
