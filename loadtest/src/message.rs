//! HTTP/1.1 as bytes (RFC 9112), without any I/O: what is read of an answer and of a question, and where each ends.

mod answer;
mod body;
mod field;
mod pieces;
mod question;

pub use answer::{Answer, Asked, Progress};
pub use question::{Event, Question, Questions};
