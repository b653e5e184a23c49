//! Access logs: workers put lines into bounded queues, one thread of its own writes them out. No worker waits for it.

pub mod escape;
pub mod queue;

mod outlet;
mod place;
mod writer;

pub use queue::LineQueue;
pub use writer::{Report, Writer};
