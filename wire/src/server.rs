//! The server's half: one [`Session`] for each stream.

mod draft;
mod rejections;
mod session;
mod track;

#[cfg(test)]
mod tests;

pub use rejections::Rejection;
pub use session::{Heard, Limits, Refused, Session};
pub use track::Standing;
