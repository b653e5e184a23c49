//! Brotli (RFC 7932).

use std::fmt;

use brotli::enc::StandardAlloc;
use brotli::enc::encode::{
    BrotliEncoderDestroyInstance, BrotliEncoderOperation, BrotliEncoderParameter, BrotliEncoderStateStruct,
};

use super::encoder::{Fault, Step, Wish};

/// The window: 128 KiB. With a smaller one the higher levels take tables of 32 MiB.
const WINDOW_BITS: u32 = 17;

/// What one holds at most, at each level from 1 on: measured.
const BYTES: [u64; 6] = [256 << 10, 1300 << 10, 1300 << 10, 2300 << 10, 2900 << 10, 4 << 20];

/// An encoder. It is used once.
pub(super) struct Brotli(BrotliEncoderStateStruct<StandardAlloc>);

impl fmt::Debug for Brotli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Brotli")
    }
}

impl Brotli {
    /// What one holds.
    pub(super) fn bytes(level: u32) -> u64 {
        BYTES.get(level.saturating_sub(1) as usize).copied().unwrap_or(u64::MAX)
    }

    pub(super) fn new(level: u32) -> Self {
        let mut state = BrotliEncoderStateStruct::new(StandardAlloc::default());
        // both are within bounds, and nothing was encoded yet
        state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_QUALITY, level);
        state.set_parameter(BrotliEncoderParameter::BROTLI_PARAM_LGWIN, WINDOW_BITS);
        Self(state)
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8], wish: Wish) -> Result<Step, Fault> {
        let wanted = match wish {
            Wish::Take => BrotliEncoderOperation::BROTLI_OPERATION_PROCESS,
            Wish::Flush => BrotliEncoderOperation::BROTLI_OPERATION_FLUSH,
            Wish::Finish => BrotliEncoderOperation::BROTLI_OPERATION_FINISH,
        };
        let (mut left, mut taken) = (input.len(), 0);
        let (mut room, mut made) = (output.len(), 0);
        let state = &mut self.0;
        let succeeded = state.compress_stream(
            wanted,
            &mut left,
            input,
            &mut taken,
            &mut room,
            output,
            &mut made,
            &mut None,
            &mut |_, _, _, _| {},
        );
        if !succeeded {
            return Err(Fault);
        }
        let done = match wish {
            Wish::Take => left == 0,
            Wish::Flush => left == 0 && !state.has_more_output(),
            Wish::Finish => state.is_finished(),
        };
        Ok(Step { taken, made, done })
    }
}

impl Drop for Brotli {
    fn drop(&mut self) {
        BrotliEncoderDestroyInstance(&mut self.0);
    }
}
