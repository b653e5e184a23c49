//! The texts of a mesh: a name and a text each, complete at one moment.

mod name;
mod set;
mod whose;

pub use name::{DocumentName, NAME_BYTES_MAX, NameFault};
pub use set::{Changed, Digest, Documents, Touch, Written, digest_of};
pub use whose::{namespace, namespace_of};
