//! Finds where a head ends, and that every one of its lines ends in CR LF.

use memchr::memchr_iter;

use crate::outcome::Reason;

/// A search for the end of a head that goes on where it stopped when more bytes came.
#[derive(Debug, Default, Clone, Copy)]
pub struct Scan {
    begun: bool,
    seen: usize,
    line: usize,
}

/// How many empty lines before a request line are overlooked (RFC 9112 §2.2).
const LEADING_BYTES: usize = 8;

impl Scan {
    /// How many bytes of `input` are empty lines before the head.
    ///
    /// # Errors
    /// There is a bare CR or LF, or there are too many of them.
    pub fn leading(input: &[u8]) -> Result<usize, Reason> {
        let count = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let mut pairs = input.get(..count).unwrap_or_default().chunks(2);
        let plain = pairs.all(|pair| pair == b"\r\n" || pair == b"\r");
        if plain && count <= LEADING_BYTES { Ok(count / 2 * 2) } else { Err(Reason::BadRequest) }
    }

    /// The length of the head with its empty line, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// A line ends in a bare LF, or the first byte cannot begin a head.
    pub fn end(&mut self, input: &[u8]) -> Result<Option<usize>, Reason> {
        if !self.begun {
            let Some(first) = input.first() else { return Ok(None) };
            // an empty line before the head, of which one half has come
            if input == b"\r" {
                return Ok(None);
            }
            if !first.is_ascii_graphic() {
                return Err(Reason::BadRequest);
            }
            self.begun = true;
        }
        let fresh = input.get(self.seen..).unwrap_or_default();
        for position in memchr_iter(b'\n', fresh).map(|found| found + self.seen) {
            if position == 0 || input.get(position - 1) != Some(&b'\r') {
                return Err(Reason::BadRequest);
            }
            if position == self.line + 1 {
                return Ok(Some(position + 1));
            }
            self.line = position + 1;
        }
        self.seen = input.len();
        Ok(None)
    }
}
