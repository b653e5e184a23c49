//! The control server: it holds the route tables of a mesh, pushes them to its proxies, and knows what each of them runs.
//!
//! A mesh is described by [`documents`]; the [`store`] keeps what was accepted of them, and who changed what.

pub mod documents;
pub mod store;
