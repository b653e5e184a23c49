//! Endpoints that speak HTTP/2 (RFC 9113): few connections, each with many requests at once. The frames are those of the
//! crate `h2`. A connection is a task of its own on its worker, a request a stream of it.

mod attempt;
pub mod check;
mod connection;
mod head;
mod heartbeat;
mod place;
mod session;
mod sessions;

pub use attempt::Http2Attempt;
pub use session::Lease;
pub use sessions::Sessions;
