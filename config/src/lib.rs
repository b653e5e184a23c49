//! What a route table means: *raw* (what was written) → [`Config`](model::Config) (what it means). No tokio, no
//! sockets.

pub mod model;

mod document;
mod fault;
mod language;
mod order;
mod source;
mod units;
mod validate;
mod values;

pub use fault::{Fault, Faults, Severity};
pub use source::{DOCUMENT_BYTES_MAX, Source, SourceFault};
pub use validate::{Compiled, compile};
