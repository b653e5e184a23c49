//! STOP 3: streams ↔ exchanges, for callers of HTTP/2 (RFC 9113). The frames are those of the crate `h2`; a stream is an
//! exchange in a task beside that of its connection, on the same worker.

mod caller;
mod connection;
mod crew;
mod head;
mod rewound;
mod session;

pub use connection::run;
pub use crew::Crew;
