//! The memory that one exchange needs, used again by the next.

use crate::codec::message::{RequestHead, ResponseHead};
use crate::codec::outgoing::Outgoing;

/// Heads and texts of one exchange. What is in it at the beginning means nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The request as it came.
    pub request: RequestHead,
    /// What changes on the request's way out.
    pub request_out: Outgoing,
    /// The answer as it came.
    pub response: ResponseHead,
    /// What changes on the answer's way out.
    pub response_out: Outgoing,
    /// The small texts.
    pub texts: Texts,
}

/// Texts that are made for one exchange.
#[derive(Debug, Default)]
pub struct Texts {
    /// The normalised path, when it differs from what came.
    pub path: String,
    /// The path after a rewrite.
    pub rewritten: String,
    /// `X-Request-Id`.
    pub request_id: Vec<u8>,
}
