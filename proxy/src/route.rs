//! STOP 5: compiled match → route, or the reason why none; the same code answers `explain`.

mod candidate;
pub mod condition;
#[cfg(test)]
mod fixture;
pub mod index;
mod miss;
mod named;
pub mod path;
mod rendezvous;
pub mod split;
mod sticky;
mod view;
pub mod why;

pub use miss::Miss;
pub use view::RequestView;
