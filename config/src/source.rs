//! The text of a document: where it comes from, what stands where in it.

mod environment;
mod file;
mod outline;
mod span;
mod tree;
mod twins;

pub(crate) use environment::{Environment, escape, substitute};
pub use file::{DOCUMENT_BYTES_MAX, Source, SourceFault};
pub use outline::{Content, Outline, OutlineEntry, Style, outline};
pub(crate) use span::{At, Span};
pub(crate) use tree::{Entry, Kind, Tree, parse};
pub(crate) use twins::twins;
