//! Heads: found, read, written.

mod byte_set;
mod framing;
mod lines;
mod request;
mod response;
mod scan;
mod target;
mod write;

pub(super) use framing::is_token;
pub(super) use lines::range_in;
pub use request::{HeadLimits, read_request, understand};
pub use response::{Asked, read_response, understand_response};
pub use scan::Scan;
pub use write::{Persistence, write_interim, write_request, write_response};
