//! Where a body ends.

use super::pieces::Malformed;

/// The longest line of a chunk's size, and all trailers together, in bytes.
const LINES_BYTES_MAX: u32 = 16 * 1024;

/// What is still to come of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// So many bytes.
    Length(u64),
    /// Chunks (RFC 9112 section 7.1).
    Chunked(Chunks),
    /// Whatever comes until the end of the connection.
    UntilClose,
}

/// The place in a chunked body, and how many bytes of lines it has had since the last chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunks {
    place: Place,
    line_bytes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the digits of a size; how many there were.
    Size(u64, u8),
    Extension(u64),
    SizeEnd(u64),
    Payload(u64),
    PayloadReturn,
    PayloadEnd,
    TrailerStart,
    Trailer,
    /// Behind the carriage return of the last, empty line.
    LastEnd,
    Whole,
}

/// What a call of [`Body::take`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Bytes that belong to the body and its framing.
    pub bytes: usize,
    /// Bytes of these that are payload.
    pub payload: u64,
    /// Whether the body is whole.
    pub whole: bool,
}

impl Body {
    /// A chunked body before its first byte.
    pub const CHUNKED: Self = Self::Chunked(Chunks { place: Place::Size(0, 0), line_bytes: 0 });

    /// Takes from the front of `bytes` what belongs to the body.
    ///
    /// # Errors
    /// When the bytes are no chunks.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Taken, Malformed> {
        match self {
            Self::Length(rest) => {
                let payload = (*rest).min(bytes.len() as u64);
                *rest -= payload;
                Ok(Taken { bytes: payload as usize, payload, whole: *rest == 0 })
            }
            Self::Chunked(chunks) => chunks.take(bytes),
            Self::UntilClose => Ok(Taken { bytes: bytes.len(), payload: bytes.len() as u64, whole: false }),
        }
    }
}

impl Chunks {
    fn take(&mut self, bytes: &[u8]) -> Result<Taken, Malformed> {
        let (mut at, mut payload) = (0, 0);
        while let Some(&byte) = bytes.get(at) {
            if let Place::Payload(rest) = self.place {
                let here = rest.min((bytes.len() - at) as u64);
                at += here as usize;
                payload += here;
                self.line_bytes = 0;
                self.place = if here == rest { Place::PayloadReturn } else { Place::Payload(rest - here) };
                continue;
            }
            at += 1;
            self.line_bytes += 1;
            if self.line_bytes > LINES_BYTES_MAX {
                return Err(Malformed);
            }
            self.place = self.place.after(byte).ok_or(Malformed)?;
            if self.place == Place::Whole {
                return Ok(Taken { bytes: at, payload, whole: true });
            }
        }
        Ok(Taken { bytes: at, payload, whole: false })
    }
}

impl Place {
    /// The place behind a byte that is not payload; nothing where that byte may not stand.
    fn after(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Size(size, digits), _) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16)?;
                Self::Size(size.checked_mul(16)?.checked_add(u64::from(digit))?, digits.saturating_add(1))
            }
            (Self::Size(_, 0), _) => return None,
            (Self::Size(size, _), b'\r') | (Self::Extension(size), b'\r') => Self::SizeEnd(size),
            (Self::Size(size, _), b';' | b' ' | b'\t') => Self::Extension(size),
            (Self::Extension(_), b'\n') => return None,
            (Self::Extension(size), _) => Self::Extension(size),
            (Self::SizeEnd(0), b'\n') => Self::TrailerStart,
            (Self::SizeEnd(size), b'\n') => Self::Payload(size),
            (Self::PayloadReturn, b'\r') => Self::PayloadEnd,
            (Self::PayloadEnd, b'\n') => Self::Size(0, 0),
            (Self::TrailerStart, b'\r') => Self::LastEnd,
            (Self::Trailer, b'\n') => Self::TrailerStart,
            (Self::TrailerStart | Self::Trailer, _) => Self::Trailer,
            (Self::LastEnd, b'\n') => Self::Whole,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
