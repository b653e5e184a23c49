//! What a route table means: *raw* (what was written) → [`Config`](model::Config) (what it means). No tokio, no
//! sockets.

pub mod model;

mod document;
mod fault;
mod language;
mod long;
mod order;
pub mod parts;
mod source;
mod units;
mod validate;
mod values;

pub use document::{fleet_schema, schema, server};
pub use fault::{Fault, Faults, Missing, Severity};
pub use long::{Change, diff, long, long_yaml};
pub use source::{Content, DOCUMENT_BYTES_MAX, Outline, OutlineEntry, Source, SourceFault, Style, outline};
pub use units::duration;
pub use validate::{Compiled, compile, endpoints};
