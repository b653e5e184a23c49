//! What has arrived and is not judged yet. What arrives together goes live together.

use std::time::Duration;

use tokio::time::Instant;
use towpath_wire::{Batch, Kind};

#[cfg(test)]
mod tests;

/// What arrives is judged when nothing more has arrived for so long.
const QUIET: Duration = Duration::from_millis(30);

/// A server that is never quiet is listened to for so long.
const RESTLESS: Duration = Duration::from_millis(200);

/// So long a first response of each type is waited for, and the rest of what a server says in pieces.
const WHOLE: Duration = Duration::from_secs(5);

/// The responses of one stream.
#[derive(Debug)]
pub(super) struct Gathering {
    batches: Vec<Batch>,
    /// When the first and the last of them came.
    came: Option<(Instant, Instant)>,
    /// Types of which something is still to come, and when that is given up.
    missing: Vec<Kind>,
    give_up: Instant,
    /// Something was judged that may not go live yet.
    held_back: bool,
}

impl Gathering {
    /// Nothing has come yet; of each of these types something will.
    pub(super) fn new(missing: Vec<Kind>, now: Instant) -> Self {
        Self { batches: Vec::new(), came: None, missing, give_up: now + WHOLE, held_back: false }
    }

    /// Takes in a response.
    pub(super) fn add(&mut self, batch: Batch, now: Instant) {
        if self.missing.is_empty() || batch.more {
            self.give_up = now + WHOLE;
        }
        self.missing.retain(|kind| *kind != batch.kind);
        if batch.more {
            self.missing.push(batch.kind);
        }
        self.came = Some((self.came.map_or(now, |(first, _)| first), now));
        self.batches.push(batch);
    }

    /// When it is time to judge.
    pub(super) fn due(&self) -> Option<Instant> {
        let Some((first, last)) = self.came else { return self.held_back.then_some(self.give_up) };
        let calm = (last + QUIET).min(first + RESTLESS);
        // a piece is answered at once: the next one does not come before
        let whole = self.missing.is_empty() || self.batches.iter().any(|batch| batch.more);
        Some(if whole { calm } else { calm.max(self.give_up) })
    }

    /// Whether what has come by now may go live: all of it is there, or it was waited for.
    pub(super) fn is_whole(&self, now: Instant) -> bool {
        self.missing.is_empty() || now >= self.give_up
    }

    /// What is to be judged now.
    pub(super) fn take(&mut self, now: Instant) -> Vec<Batch> {
        self.came = None;
        self.held_back = !self.is_whole(now);
        std::mem::take(&mut self.batches)
    }
}
