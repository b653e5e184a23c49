//! What the operating system gives: sockets, streams, time.

pub mod affinity;
pub mod client;
pub mod files;
pub mod listening;
pub mod memory;
pub mod pipe;
pub mod processes;
pub mod socket;
pub mod socket_file;
pub mod stream;
pub mod timer;
pub mod transport;
