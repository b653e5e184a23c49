//! What a route table means: *raw* (what was written) → [`Config`](model::Config) (what it means). No tokio, no
//! sockets.

pub mod model;

mod diff;
mod document;
mod fault;
mod language;
mod long;
mod order;
mod source;
mod units;
mod validate;
mod values;

pub use diff::{Change, diff};
pub use document::{schema, server};
pub use fault::{Fault, Faults, Severity};
pub use long::{long, long_yaml};
pub use source::{DOCUMENT_BYTES_MAX, Source, SourceFault};
pub use validate::{Compiled, compile};
