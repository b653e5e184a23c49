//! Bodies: payload → output, framed by us whatever the framing was on the other side. No I/O.

use std::io;

use crate::codec::body::Framing;
use crate::codec::fields::Fields;

/// Writes one body.
#[derive(Debug)]
pub struct Encoder {
    framing: Framing,
    chunk: usize,
}

impl Encoder {
    /// The encoder of a body of this framing.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        Self { framing, chunk: 0 }
    }

    /// Whether the body ends with the connection.
    #[must_use]
    pub fn ends_by_close(&self) -> bool {
        self.framing == Framing::UntilClose
    }

    /// Writes what stands before so much payload, and says how much of it may follow now.
    ///
    /// # Errors
    /// The head promised fewer octets.
    pub fn begin(&mut self, payload: usize, output: &mut Vec<u8>) -> io::Result<usize> {
        match self.framing {
            Framing::UntilClose => Ok(payload),
            Framing::Length(left) if payload as u64 <= left => Ok(payload),
            Framing::Length(_) | Framing::None => Err(io::ErrorKind::InvalidData.into()),
            Framing::Chunked => {
                if self.chunk == 0 {
                    write_hex(payload, output);
                    output.extend_from_slice(b"\r\n");
                    self.chunk = payload;
                }
                Ok(self.chunk.min(payload))
            }
        }
    }

    /// How much may follow that needs no framing of its own.
    #[must_use]
    pub fn unframed(&self) -> Option<u64> {
        match self.framing {
            Framing::Length(left) => Some(left),
            Framing::UntilClose => Some(u64::MAX),
            Framing::Chunked | Framing::None => None,
        }
    }

    /// Counts payload that was written, and writes what stands behind it.
    pub fn written(&mut self, count: usize, output: &mut Vec<u8>) {
        match &mut self.framing {
            Framing::Length(left) => *left = left.saturating_sub(count as u64),
            Framing::Chunked => {
                self.chunk = self.chunk.saturating_sub(count);
                if self.chunk == 0 {
                    output.extend_from_slice(b"\r\n");
                }
            }
            Framing::None | Framing::UntilClose => {}
        }
    }

    /// Writes the end.
    ///
    /// # Errors
    /// The head promised more octets than there were.
    pub fn finish(&mut self, trailers: Option<&Fields>, output: &mut Vec<u8>) -> io::Result<()> {
        match self.framing {
            Framing::Length(left) if left > 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            Framing::Chunked => {
                output.extend_from_slice(b"0\r\n");
                for field in trailers.into_iter().flat_map(Fields::iter) {
                    output.extend_from_slice(field.name);
                    output.extend_from_slice(b": ");
                    output.extend_from_slice(field.value);
                    output.extend_from_slice(b"\r\n");
                }
                output.extend_from_slice(b"\r\n");
                Ok(())
            }
            Framing::None | Framing::Length(_) | Framing::UntilClose => Ok(()),
        }
    }
}

fn write_hex(number: usize, output: &mut Vec<u8>) {
    let digits = (usize::BITS - number.leading_zeros()).div_ceil(4).max(1);
    for place in (0..digits).rev() {
        let digit = (number >> (place * 4)) & 0xf;
        output.push(if digit < 10 { b'0' + digit as u8 } else { b'a' + digit as u8 - 10 });
    }
}
