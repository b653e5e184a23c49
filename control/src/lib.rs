//! The control server: it holds the route tables of a mesh, pushes them to its proxies, and knows what each of them runs.
//!
//! A [`source`] says what a mesh should be, in [`documents`]; [`mesh`] says what of them is live, and what each proxy gets
//! of it; the [`store`] keeps what was accepted of it, and who changed what.

pub mod documents;
pub mod mesh;
pub mod source;
pub mod store;
