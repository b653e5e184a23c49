//! The texts of a mesh: a name and a text each, complete at one moment.

mod name;
mod set;

pub use name::{DocumentName, NAME_BYTES_MAX, NameFault};
pub use set::{Changed, Digest, Documents, Touch, Written, digest_of};
