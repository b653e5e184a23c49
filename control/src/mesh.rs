//! What a mesh should be: documents in, what each proxy gets out. Pure: no I/O, no clock.
//!
//! [`State`] is what its documents say, namespace by namespace, and what is live of it. [`Desired`] is that, encoded: a
//! [`ViewKey`] says which of it a proxy gets.

mod desired;
mod document;
mod hosts;
mod law;
mod namespace;
mod saved;
mod state;
mod verdict;
mod view;

#[cfg(test)]
mod tests;

pub use desired::Desired;
pub use law::Law;
pub use namespace::Namespace;
pub use saved::Unsound;
pub use state::State;
pub use verdict::Verdict;
pub use view::ViewKey;
