//! Commands that look at the mesh.

pub mod audit;
pub mod events;
pub mod get;
pub mod history;
pub mod proxies;
pub mod status;
