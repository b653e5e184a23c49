//! The view of one running proxy, or of a fleet: what was counted a moment ago, and what is now.

pub mod fleet;
pub mod proxy;

mod exposition;
mod reading;
mod screen;
mod view;
mod watch;

pub use view::Sort;
pub use watch::Options;
