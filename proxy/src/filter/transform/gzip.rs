//! gzip (RFC 1952).

use flate2::{Compress, Compression, FlushCompress, Status};

use super::encoder::{Fault, Step, Wish};

/// The window: 32 KiB, as every decoder can have.
const WINDOW_BITS: u8 = 15;

/// An encoder. It can be used again.
#[derive(Debug)]
pub(super) struct Gzip(Compress);

impl Gzip {
    /// What one holds: measured.
    pub(super) const BYTES: u64 = 384 << 10;

    pub(super) fn new(level: u32) -> Self {
        Self(Compress::new_gzip(Compression::new(level), WINDOW_BITS))
    }

    pub(super) fn reset(&mut self) -> bool {
        self.0.reset();
        true
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8], wish: Wish) -> Result<Step, Fault> {
        let wanted = match wish {
            Wish::Take => FlushCompress::None,
            Wish::Flush => FlushCompress::Sync,
            Wish::Finish => FlushCompress::Finish,
        };
        let (read, written) = (self.0.total_in(), self.0.total_out());
        let status = self.0.compress(input, output, wanted).map_err(|_| Fault)?;
        let taken = (self.0.total_in() - read) as usize;
        let made = (self.0.total_out() - written) as usize;
        let done = match wish {
            Wish::Take => taken == input.len(),
            // what did not fill the output is all there was
            Wish::Flush => made < output.len(),
            Wish::Finish => status == Status::StreamEnd,
        };
        Ok(Step { taken, made, done })
    }
}
