//! HTTP/1.1 by RFC 9112, read strictly and written plainly.

mod chunk;
mod decoder;
mod encoder;
pub mod fuzz;
mod head;
mod stream;
pub mod websocket;

pub use decoder::{Decoder, TRAILER_BYTES_MAX, TRAILER_FIELDS_MAX, is_trailer};
pub use encoder::Encoder;
pub use head::{
    Asked, HeadLimits, Persistence, Scan, read_request, read_response, understand, understand_response,
    write_interim, write_request, write_response,
};
pub use stream::{HeadFault, Http1, Wired};

#[cfg(test)]
mod tests;
