//! HTTP/1.1 by RFC 9112, read strictly and written plainly.

mod chunk;
mod decoder;
mod encoder;
mod framing;
pub mod fuzz;
mod request;
mod response;
mod scan;
mod stream;
mod target;
mod write;

pub use decoder::Decoder;
pub use encoder::Encoder;
pub use request::{HeadLimits, read_request};
pub use response::{Asked, read_response};
pub use scan::Scan;
pub use stream::{HeadFault, Http1, Wired};
pub use write::{Persistence, write_interim, write_request, write_response};

#[cfg(test)]
mod tests;
