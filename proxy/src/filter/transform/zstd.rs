//! zstd (RFC 8878).

use std::fmt;

use zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer, ResetDirective};

use super::encoder::{Fault, Step, Wish};

/// The window: 128 KiB. Decoders in browsers have 8 MiB (RFC 9659); what is streamed gains little by more.
const WINDOW_LOG: u32 = 17;

/// What one holds at each level from 1 on; a test asks the library.
const BYTES: [u64; 6] = [1 << 20, 1200 << 10, 1700 << 10, 3 << 20, 3500 << 10, 3500 << 10];

/// An encoder. It can be used again.
pub(super) struct Zstd(CCtx<'static>);

impl fmt::Debug for Zstd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zstd")
    }
}

impl Zstd {
    /// What one holds.
    pub(super) fn bytes(level: u32) -> u64 {
        BYTES.get(level.saturating_sub(1) as usize).copied().unwrap_or(u64::MAX)
    }

    /// None without memory.
    pub(super) fn new(level: u32) -> Option<Self> {
        let mut context = CCtx::try_create()?;
        for parameter in
            [CParameter::CompressionLevel(i32::try_from(level).ok()?), CParameter::WindowLog(WINDOW_LOG)]
        {
            context.set_parameter(parameter).ok()?;
        }
        Some(Self(context))
    }

    pub(super) fn reset(&mut self) -> bool {
        self.0.reset(ResetDirective::SessionOnly).is_ok()
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8], wish: Wish) -> Result<Step, Fault> {
        let wanted = match wish {
            Wish::Take => ZSTD_EndDirective::ZSTD_e_continue,
            Wish::Flush => ZSTD_EndDirective::ZSTD_e_flush,
            Wish::Finish => ZSTD_EndDirective::ZSTD_e_end,
        };
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around(output);
        let left = self.0.compress_stream2(&mut to, &mut from, wanted).map_err(|_| Fault)?;
        let done = if wish == Wish::Take { from.pos() == input.len() } else { left == 0 };
        Ok(Step { taken: from.pos(), made: to.pos(), done })
    }
}

#[cfg(test)]
mod tests;
