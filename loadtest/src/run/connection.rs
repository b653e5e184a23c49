//! Whoever asks: one on each connection of HTTP/1.1, one for each stream of a connection of HTTP/2.

pub mod http1;
pub mod http2;
mod turn;
