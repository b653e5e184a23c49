//! Encoders as one: octets in, octets out, never more than there is room for. And a worker's spare ones.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use towpath_config::model::Algorithm;

use super::brotli::Brotli;
use super::budget::{Budget, Share};
use super::gzip::Gzip;
use super::zstd::Zstd;

#[cfg(test)]
mod tests;

/// What a worker keeps for the next answers. Much of an encoder is tables that cost more to make than a short answer to
/// encode.
const SPARE_BYTES_MAX: u64 = 4 << 20;

/// What is wanted of an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Take the input; what comes out may wait for more.
    Take,
    /// Let out all that was taken, so that it can be decoded. There is no input.
    Flush,
    /// End the stream. There is no input.
    Finish,
}

/// What an encoder did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// So much of the input is used up.
    pub(super) taken: usize,
    /// So much of the output is filled.
    pub(super) made: usize,
    /// The wish is fulfilled; else there was no more room.
    pub(super) done: bool,
}

/// The encoder failed: it has no memory, or we misused it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault;

#[derive(Debug)]
enum Encoder {
    Zstd(Zstd),
    Brotli(Box<Brotli>),
    Gzip(Gzip),
}

impl Encoder {
    fn new(algorithm: Algorithm, level: u32) -> Option<Self> {
        Some(match algorithm {
            Algorithm::Zstd => Self::Zstd(Zstd::new(level)?),
            Algorithm::Brotli => Self::Brotli(Box::new(Brotli::new(level))),
            Algorithm::Gzip => Self::Gzip(Gzip::new(level)),
        })
    }

    /// Makes it as new, where that can be.
    fn reset(&mut self) -> bool {
        match self {
            Self::Zstd(encoder) => encoder.reset(),
            Self::Brotli(_) => false,
            Self::Gzip(encoder) => encoder.reset(),
        }
    }
}

fn bytes(algorithm: Algorithm, level: u32) -> u64 {
    match algorithm {
        Algorithm::Zstd => Zstd::bytes(level),
        Algorithm::Brotli => Brotli::bytes(level),
        Algorithm::Gzip => Gzip::BYTES,
    }
}

#[derive(Debug)]
struct Spare {
    algorithm: Algorithm,
    level: u32,
    encoder: Encoder,
}

/// The encoders of one worker.
#[derive(Debug)]
pub struct Encoders {
    budget: Arc<Budget>,
    spare: RefCell<Vec<Spare>>,
}

impl Encoders {
    /// Those of a worker that shares this budget with others.
    #[must_use]
    pub fn of(budget: &Arc<Budget>) -> Rc<Self> {
        Rc::new(Self { budget: Arc::clone(budget), spare: RefCell::default() })
    }

    /// Lends one, when no more than `limit` is then held by all that are lent.
    pub(super) fn lend(self: &Rc<Self>, algorithm: Algorithm, level: u32, limit: u64) -> Option<Lent> {
        let share = self.budget.take(bytes(algorithm, level), limit)?;
        let encoder = match self.take_spare(algorithm, level) {
            Some(encoder) => encoder,
            None => Encoder::new(algorithm, level)?,
        };
        Some(Lent { algorithm, level, encoder: Some(encoder), encoders: Rc::clone(self), _share: share })
    }

    fn take_spare(&self, algorithm: Algorithm, level: u32) -> Option<Encoder> {
        let mut spare = self.spare.borrow_mut();
        let found = spare.iter().rposition(|spare| spare.algorithm == algorithm && spare.level == level)?;
        Some(spare.remove(found).encoder)
    }

    /// Gives back the one that was idle for longest. Called now and then, so that what is not used ends.
    pub fn age(&self) {
        let mut spare = self.spare.borrow_mut();
        if !spare.is_empty() {
            spare.remove(0);
        }
    }

    /// Gives all of them back.
    pub fn forget_spare(&self) {
        self.spare.take();
    }
}

/// An encoder that goes back to its worker when dropped.
#[derive(Debug)]
pub(super) struct Lent {
    algorithm: Algorithm,
    level: u32,
    encoder: Option<Encoder>,
    encoders: Rc<Encoders>,
    _share: Share,
}

impl Lent {
    /// By what it encodes.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Encodes some of the input, as far as the output goes.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8], wish: Wish) -> Result<Step, Fault> {
        match self.encoder.as_mut().ok_or(Fault)? {
            Encoder::Zstd(encoder) => encoder.step(input, output, wish),
            Encoder::Brotli(encoder) => encoder.step(input, output, wish),
            Encoder::Gzip(encoder) => encoder.step(input, output, wish),
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut encoder) = self.encoder.take().filter(|_| !std::thread::panicking()) else { return };
        let mut spare = self.encoders.spare.borrow_mut();
        let held: u64 = spare.iter().map(|spare| bytes(spare.algorithm, spare.level)).sum();
        if held + bytes(self.algorithm, self.level) <= SPARE_BYTES_MAX && encoder.reset() {
            spare.push(Spare { algorithm: self.algorithm, level: self.level, encoder });
        }
    }
}
