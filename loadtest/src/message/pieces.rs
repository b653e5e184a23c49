//! A head that comes in pieces.

/// The longest head, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// The most fields of a head.
pub const FIELDS_MAX: usize = 128;

/// The bytes are no HTTP/1.1 message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an HTTP/1.1 message")]
pub struct Malformed;

/// What came of a head that is not whole yet; most come whole, and then nothing is copied.
#[derive(Debug, Default)]
pub struct Pieces {
    held: Vec<u8>,
}

impl Pieces {
    /// Reads a head from the front of `bytes` and leaves what comes behind it; nothing when more has to come.
    /// `parse` gives the head's length and what it says.
    ///
    /// # Errors
    /// Those of `parse`, and when a head is too long.
    pub fn take<T>(
        &mut self,
        bytes: &mut &[u8],
        parse: impl FnOnce(&[u8]) -> Result<Option<(usize, T)>, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        let before = self.held.len();
        let parsed = if before == 0 {
            parse(bytes)?
        } else {
            self.held.extend_from_slice(bytes);
            parse(&self.held)?
        };
        if let Some((length, head)) = parsed {
            *bytes = bytes.get(length - before..).unwrap_or_default();
            self.held.clear();
            return Ok(Some(head));
        }
        if before == 0 {
            self.held.extend_from_slice(bytes);
        }
        *bytes = &[];
        if self.held.len() > HEAD_BYTES_MAX { Err(Malformed) } else { Ok(None) }
    }
}
