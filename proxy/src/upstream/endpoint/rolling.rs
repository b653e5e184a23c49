//! How many of the last requests have failed: ten pieces of a window of time, each in one atomic.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::moment::Moment;

#[cfg(test)]
mod tests;

const PIECES: usize = 10;

/// A piece is the number of its turn, then how many requests there were in it, then how many have failed.
const COUNT_BITS: u32 = 20;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;
const TURN_MAX: u64 = (1 << (64 - 2 * COUNT_BITS)) - 1;

/// Requests, and how many of them have failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All of them.
    pub all: u64,
    /// Those that have failed.
    pub failed: u64,
}

/// The requests of the last window. What is older than a whole window is forgotten, a tenth of it at a time.
#[derive(Debug, Default)]
pub struct Rolling([AtomicU64; PIECES]);

/// The turn that a moment is in.
fn turn(now: Moment, window: Duration) -> u64 {
    let piece = u64::try_from(window.as_millis() / PIECES as u128).unwrap_or(u64::MAX).max(1);
    // so that no turn of the process is what an empty piece has
    (now.0 / piece + PIECES as u64) & TURN_MAX
}

fn unpack(piece: u64) -> (u64, Counts) {
    let counts = Counts { all: (piece >> COUNT_BITS) & COUNT_MAX, failed: piece & COUNT_MAX };
    (piece >> (2 * COUNT_BITS), counts)
}

fn pack(turn: u64, counts: Counts) -> u64 {
    (turn << (2 * COUNT_BITS)) | (counts.all.min(COUNT_MAX) << COUNT_BITS) | counts.failed.min(COUNT_MAX)
}

impl Rolling {
    /// Counts a request.
    pub fn add(&self, has_failed: bool, now: Moment, window: Duration) {
        let turn = turn(now, window);
        let Some(piece) = self.0.get(turn as usize % PIECES) else { return };
        // whatever is there, the closure gives something
        let _ = piece.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |piece| {
            let (known, counts) = unpack(piece);
            let Counts { all, failed } = if known == turn { counts } else { Counts::default() };
            Some(pack(turn, Counts { all: all + 1, failed: failed + u64::from(has_failed) }))
        });
    }

    /// What the window holds.
    #[must_use]
    pub fn counts(&self, now: Moment, window: Duration) -> Counts {
        let turn = turn(now, window);
        let pieces = self.0.iter().map(|piece| unpack(piece.load(Ordering::Relaxed)));
        let recent = pieces.filter(|(known, _)| turn.wrapping_sub(*known) & TURN_MAX < PIECES as u64);
        recent.fold(Counts::default(), |sum, (_, counts)| Counts {
            all: sum.all + counts.all,
            failed: sum.failed + counts.failed,
        })
    }

    /// Forgets all of it.
    pub fn clear(&self) {
        self.0.iter().for_each(|piece| piece.store(0, Ordering::Relaxed));
    }
}
