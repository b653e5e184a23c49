//! What a server has to say, encoded once: streams share the bytes, and streams of one identity share the lists.

mod changes;
mod list;
mod resource;

#[cfg(test)]
mod tests;

pub(crate) use changes::Change;
pub use list::{Resources, View};
pub use resource::{Cache, Resource};
