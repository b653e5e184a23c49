//! Compression of a body while it flows. What came is let out whenever its source pauses, so that nobody waits for what
//! was sent already.

use std::task::{Context, Poll};

use towpath_config::model::Algorithm;

use super::encoder::{Lent, Wish};
use crate::codec::body::{BodyFault, Fill, Source};
use crate::codec::buffer::Buffer;

#[cfg(test)]
mod tests;

/// After so much of a body others have their turn: at the highest level, about 3 ms.
const SLICE_BYTES: usize = 64 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Payload is taken as it comes.
    Flowing,
    /// The source pauses.
    Pausing,
    /// The source has ended.
    Ending,
    /// The source has failed. What came before is passed on, and there will be no end.
    Breaking(BodyFault),
    /// All is let out.
    Whole,
}

/// A body that is compressed.
#[derive(Debug)]
pub struct Compress {
    encoder: Lent,
    output: Buffer,
    phase: Phase,
    /// Something was taken that is not let out yet.
    holds: bool,
    slice: usize,
    read: u64,
}

impl Compress {
    pub(super) fn new(encoder: Lent, output: Buffer) -> Self {
        Self { encoder, output, phase: Phase::Flowing, holds: false, slice: 0, read: 0 }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.encoder.algorithm()
    }

    /// Octets of the body as it was.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    pub(super) fn payload(&self) -> &[u8] {
        self.output.filled()
    }

    pub(super) fn consume(&mut self, count: usize) {
        self.output.consume(count);
    }

    pub(super) fn poll_fill(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut impl Source,
    ) -> Poll<Result<Fill, BodyFault>> {
        while self.output.is_empty() {
            match self.phase {
                Phase::Flowing => match source.poll_fill(cx) {
                    Poll::Ready(Ok(Fill::Payload)) if self.slice >= SLICE_BYTES => {
                        self.slice = 0;
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(Fill::Payload)) => self.take(source)?,
                    Poll::Ready(Ok(Fill::End)) => self.phase = Phase::Ending,
                    Poll::Ready(Err(fault)) => self.phase = Phase::Breaking(fault),
                    Poll::Pending if self.holds => self.phase = Phase::Pausing,
                    Poll::Pending => {
                        self.slice = 0;
                        self.output.rest();
                        return Poll::Pending;
                    }
                },
                Phase::Pausing => {
                    if self.step(&[], Wish::Flush)?.1 {
                        (self.phase, self.holds) = (Phase::Flowing, false);
                    }
                }
                Phase::Ending => {
                    if self.step(&[], Wish::Finish)?.1 {
                        self.phase = Phase::Whole;
                    }
                }
                Phase::Breaking(fault) if !self.holds => return Poll::Ready(Err(fault)),
                Phase::Breaking(_) => self.holds = !self.step(&[], Wish::Flush)?.1,
                Phase::Whole => return Poll::Ready(Ok(Fill::End)),
            }
        }
        Poll::Ready(Ok(Fill::Payload))
    }

    fn take(&mut self, source: &mut impl Source) -> Result<(), BodyFault> {
        let taken = self.step(source.payload(), Wish::Take)?.0;
        source.consume(taken);
        self.holds = true;
        self.slice += taken;
        self.read += taken as u64;
        Ok(())
    }

    /// How much was taken, and whether the wish is fulfilled.
    fn step(&mut self, input: &[u8], wish: Wish) -> Result<(usize, bool), BodyFault> {
        let step = self.encoder.step(input, self.output.spare(), wish).map_err(|_| BodyFault::Broken)?;
        self.output.filled_by(step.made);
        Ok((step.taken, step.done))
    }
}
