//! The view of one running proxy: what its `/metrics` said a moment ago, and what it says now.

mod exposition;
mod reading;
mod screen;
mod view;
mod watch;

pub use view::Sort;
pub use watch::{Options, run};
