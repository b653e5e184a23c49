//! STOP 3: streams ↔ exchanges, for callers of HTTP/2 (RFC 9113). The frames are those of the crate `h2`; a stream is an
//! exchange in a task of its own, on the worker of its connection.

mod caller;
mod connection;
mod head;
mod rewound;
mod session;

pub use connection::run;
