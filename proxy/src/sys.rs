//! What the operating system gives: sockets, streams, time.

pub mod socket;
pub mod timer;
pub mod transport;
