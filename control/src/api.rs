//! HTTP and JSON for people and programs: what the mesh should be, what it is, and changes of it.
//!
//! [`seam`] is what the rest of the server answers. A request passes `serve` (limits), `access` (who asks) and
//! `shape` (what is asked, by one table), and is answered by one of `page`.

pub mod seam;

mod access;
mod index;
mod page;
mod serve;
mod shape;

pub use access::Secret;
pub use serve::Api;
