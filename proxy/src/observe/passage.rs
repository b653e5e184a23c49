//! Connections of TCP listeners, by route and destination: how many, how long, how much, and how they ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::observe::latency::{BOUNDS, Coarse, shown};
use crate::outcome::Reason;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Both sides ended it.
    Closed,
    /// It stood still for too long.
    TimedOut,
    /// The process ended, or a bug of ours gave it up.
    Cut,
    /// It could not be carried, or one of the sides broke it off.
    Failed(Reason),
}

/// So many fates there are.
const FATES: usize = 3 + Reason::ALL.len();

impl Fate {
    /// Every fate, in the order of their positions.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Closed, Self::TimedOut, Self::Cut]
            .into_iter()
            .chain(Reason::ALL.iter().copied().map(Self::Failed))
    }

    /// The code in logs and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::TimedOut => "idle-timeout",
            Self::Cut => "cut",
            Self::Failed(reason) => reason.code(),
        }
    }

    /// The same, of one that did not end in order.
    #[must_use]
    pub fn fault(self) -> Option<&'static str> {
        (self != Self::Closed).then(|| self.code())
    }

    fn position(self) -> usize {
        match self {
            Self::Closed => 0,
            Self::TimedOut => 1,
            Self::Cut => 2,
            Self::Failed(reason) => 3 + reason as usize,
        }
    }
}

/// The counts of one worker. It alone writes, so a load and a store are enough.
#[derive(Debug)]
pub struct PassageCell {
    open: AtomicU64,
    fates: [AtomicU64; FATES],
    received: AtomicU64,
    sent: AtomicU64,
    durations: [AtomicU64; BOUNDS.len() + 1],
    sum_micros: AtomicU64,
}

impl Default for PassageCell {
    fn default() -> Self {
        Self {
            open: AtomicU64::new(0),
            fates: [const { AtomicU64::new(0) }; FATES],
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            durations: [const { AtomicU64::new(0) }; BOUNDS.len() + 1],
            sum_micros: AtomicU64::new(0),
        }
    }
}

fn add(counter: Option<&AtomicU64>, count: u64) {
    if let Some(counter) = counter {
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
    }
}

impl PassageCell {
    /// Counts a connection that begins.
    pub fn begin(&self) {
        add(Some(&self.open), 1);
    }

    /// Counts what it carries: octets from the client, and to it.
    pub fn pass(&self, received: u64, sent: u64) {
        add(Some(&self.received), received);
        add(Some(&self.sent), sent);
    }

    /// Counts the end of one that was counted at its begin.
    pub fn end(&self, fate: Fate, elapsed: Duration) {
        let micros = elapsed.as_micros() as u64;
        add(Some(&self.open), u64::MAX);
        add(self.fates.get(fate.position()), 1);
        add(self.durations.get(shown(micros)), 1);
        add(Some(&self.sum_micros), micros);
    }
}

/// The counts of one series over all workers.
#[derive(Debug, Clone, Default)]
pub struct PassageTotals {
    /// Those that are open.
    pub open: u64,
    /// Octets from clients.
    pub received: u64,
    /// Octets to clients.
    pub sent: u64,
    /// How long those lived that have ended.
    pub durations: Coarse,
    fates: Vec<u64>,
}

impl PassageTotals {
    /// Adds the counts of one worker.
    pub fn merge(&mut self, cell: &PassageCell) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.fates.resize(FATES, 0);
        self.open = self.open.wrapping_add(read(&cell.open));
        self.received += read(&cell.received);
        self.sent += read(&cell.sent);
        for (total, count) in self.fates.iter_mut().zip(&cell.fates) {
            *total += read(count);
        }
        for (total, count) in self.durations.counts.iter_mut().zip(&cell.durations) {
            *total += read(count);
        }
        self.durations.sum_micros += read(&cell.sum_micros);
    }

    /// Whether there is anything to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fates.is_empty()
    }

    /// How many ended so.
    #[must_use]
    pub fn ended(&self, fate: Fate) -> u64 {
        self.fates.get(fate.position()).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
