//! The control server: it holds the route tables of a mesh, pushes them to its proxies, and knows what each of them runs.
//!
//! A mesh is described by [`documents`], which a [`source`] says; the [`mesh`] is what they mean, and the [`store`] keeps
//! what was accepted of them, and who changed what. [`truth`] is the one way by which any of it changes. [`push`] serves
//! proxies, [`telemetry`] keeps what they report, the [`api`] tells people of all this, and [`boot`] wires it all.

pub mod api;
pub mod boot;
pub mod documents;
pub mod mesh;
pub mod meters;
pub mod push;
pub mod source;
pub mod store;
pub mod telemetry;
pub mod truth;
