//! What the fields say that decide where a message ends and whether another may follow.

use super::body::Body;
use super::pieces::Malformed;

/// The fields of a head that frame it, as far as they were read.
#[derive(Debug, Clone, Copy)]
pub struct Framing {
    length: Option<u64>,
    /// A transfer coding is named, and whether `chunked` is the last.
    chunked: Option<bool>,
    /// Whether the connection outlives the message.
    pub keep_alive: bool,
}

impl Framing {
    /// Before any field, in a message of HTTP/1.`version`.
    pub fn new(version: Option<u8>) -> Self {
        Self { length: None, chunked: None, keep_alive: version == Some(1) }
    }

    /// Reads a field; those that frame nothing change nothing.
    ///
    /// # Errors
    /// When a length is no number, or not the one of before.
    pub fn read(&mut self, name: &str, value: &[u8]) -> Result<(), Malformed> {
        // the length of the name tells most fields apart
        match name.len() {
            10 if name.eq_ignore_ascii_case("connection") => {
                self.keep_alive = keeps_alive(value, self.keep_alive);
            }
            14 if name.eq_ignore_ascii_case("content-length") => {
                let length = decimal(value).ok_or(Malformed)?;
                if self.length.is_some_and(|other| other != length) {
                    return Err(Malformed);
                }
                self.length = Some(length);
            }
            17 if name.eq_ignore_ascii_case("transfer-encoding") => {
                self.chunked = Some(ends_chunked(value));
            }
            _ => {}
        }
        Ok(())
    }

    /// The body of an answer whose status and request allow one (RFC 9112 section 6.3).
    pub fn answer_body(&self) -> Option<Body> {
        match (self.chunked, self.length) {
            (Some(true), _) => Some(Body::CHUNKED),
            (Some(false), _) | (None, None) => Some(Body::UntilClose),
            (None, Some(0)) => None,
            (None, Some(length)) => Some(Body::Length(length)),
        }
    }

    /// The body of a request.
    ///
    /// # Errors
    /// When a transfer coding hides where it ends.
    pub fn question_body(&self) -> Result<Option<Body>, Malformed> {
        match (self.chunked, self.length) {
            (Some(false), _) => Err(Malformed),
            (None, None) => Ok(None),
            _ => Ok(self.answer_body()),
        }
    }
}

/// What a `connection` field makes of what held before it.
fn keeps_alive(value: &[u8], before: bool) -> bool {
    let has = |wanted: &[u8]| {
        value.split(|byte| *byte == b',').any(|option| option.trim_ascii().eq_ignore_ascii_case(wanted))
    };
    !has(b"close") && (before || has(b"keep-alive"))
}

/// A decimal number and nothing else.
fn decimal(value: &[u8]) -> Option<u64> {
    let value = value.trim_ascii();
    let number = value.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    number.filter(|_| !value.is_empty())
}

/// Whether the last coding is `chunked`.
fn ends_chunked(value: &[u8]) -> bool {
    let last = value.rsplit(|byte| *byte == b',').next();
    last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"chunked"))
}
