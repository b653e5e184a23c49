//! Commands that change what the mesh should be.

pub mod apply;
pub mod delete;
pub mod maintenance;
pub mod rollback;
pub mod split;
pub mod switch;

mod change;
mod route;

pub use change::verdict;
