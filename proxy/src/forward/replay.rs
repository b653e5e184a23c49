//! A request body that can be sent a second time, as long as it is small.

use std::task::{Context, Poll};

use crate::codec::body::{BodyFault, Direct, Fill, Source};
use crate::codec::fields::Fields;
use crate::sys::pipe::Pipe;

/// What was sent of a body, and whether it can be sent again.
#[derive(Debug, Default)]
pub struct Replay {
    kept: Vec<u8>,
    limit: usize,
    again: usize,
    lost: bool,
}

impl Replay {
    /// A body of which `limit` octets are kept; a larger one can be sent once only.
    #[must_use]
    pub fn up_to(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Whether everything that was sent can be sent again.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        !self.lost
    }

    /// Begins anew with what was kept.
    pub fn rewind(&mut self) {
        self.again = 0;
    }
}

/// The caller's body, kept while it passes.
#[derive(Debug)]
pub struct ReplayBody<'a, S> {
    /// What was kept.
    pub replay: &'a mut Replay,
    /// Where the rest comes from.
    pub source: &'a mut S,
}

impl<S: Source> Source for ReplayBody<'_, S> {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        if self.replay.again < self.replay.kept.len() {
            return Poll::Ready(Ok(Fill::Payload));
        }
        self.source.poll_fill(cx)
    }

    fn payload(&self) -> &[u8] {
        match self.replay.kept.get(self.replay.again..) {
            Some(kept) if !kept.is_empty() => kept,
            _ => self.source.payload(),
        }
    }

    fn consume(&mut self, count: usize) {
        if self.replay.again < self.replay.kept.len() {
            self.replay.again += count;
            return;
        }
        if !self.replay.lost {
            let passed = self.source.payload().get(..count).unwrap_or_default();
            if self.replay.kept.len() + passed.len() <= self.replay.limit {
                self.replay.kept.extend_from_slice(passed);
                self.replay.again = self.replay.kept.len();
            } else {
                *self.replay = Replay { lost: true, ..Replay::default() };
            }
        }
        self.source.consume(count);
    }

    fn trailers(&self) -> Option<&Fields> {
        self.source.trailers()
    }

    fn direct_from(&self) -> Option<Direct<'_>> {
        // what is kept has to be seen
        if self.replay.lost { self.source.direct_from() } else { None }
    }

    fn lend_pipe(&self) -> Option<Pipe> {
        self.source.lend_pipe()
    }

    fn taken(&mut self, count: usize) {
        self.source.taken(count);
    }
}

#[cfg(test)]
mod tests;
