//! HTTP: connections, and the way of a request to its page.

mod counters;
mod listen;
mod router;

pub(super) use counters::Counters;
pub use listen::Api;
