//! What the clients saw: answers and latencies per version, in all and of late, and whether the counts fit the weights.

use std::collections::VecDeque;
use std::time::Duration;

use towpath_proxy::observe::latency::{BUCKETS, Latency, bucket};

/// Standard errors that a count may lie off: one fair run in 100,000 lies further off.
const SIGMAS_MAX: f64 = 4.42;
/// So many seconds are "of late".
const RECENT_SECONDS: usize = 5;

/// Answers of one version.
#[derive(Debug, Clone)]
pub struct Count {
    pub answers: u64,
    buckets: Box<[u64]>,
}

impl Default for Count {
    fn default() -> Self {
        Self { answers: 0, buckets: vec![0; BUCKETS].into() }
    }
}

impl Count {
    fn add(&mut self, elapsed: Duration) {
        self.answers += 1;
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        if let Some(count) = self.buckets.get_mut(bucket(micros)) {
            *count += 1;
        }
    }

    /// The latencies.
    pub fn latency(&self) -> Latency {
        let mut latency = Latency::default();
        latency.merge(self.buckets.iter().copied(), 0);
        latency
    }
}

/// Answers of both versions, and requests without a good answer.
#[derive(Debug, Clone, Default)]
pub struct Period {
    pub versions: [Count; 2],
    pub errors: u64,
}

impl Period {
    /// All good answers.
    pub fn answers(&self) -> u64 {
        self.versions.iter().map(|count| count.answers).sum()
    }

    fn add(&mut self, version: Option<usize>, elapsed: Duration) {
        match version.and_then(|version| self.versions.get_mut(version)) {
            Some(count) => count.add(elapsed),
            None => self.errors += 1,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.errors += other.errors;
        for (count, other) in self.versions.iter_mut().zip(&other.versions) {
            count.answers += other.answers;
            for (all, more) in count.buckets.iter_mut().zip(&other.buckets) {
                *all += more;
            }
        }
    }
}

/// The counts since the weights last changed.
#[derive(Debug)]
pub struct Tally {
    /// Since the weights last changed.
    pub whole: Period,
    /// The last one is not over yet.
    seconds: VecDeque<Period>,
    epoch: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self { whole: Period::default(), seconds: VecDeque::from([Period::default()]), epoch: 0 }
    }
}

impl Tally {
    /// Forgets everything: other weights count from here. Requests under way belong to no epoch and are left out.
    pub fn restart(&mut self) {
        *self = Self { epoch: self.epoch + 1, ..Self::default() };
    }

    /// What a request that begins now must hand back to [`Tally::add`].
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Counts an answer of a version, or a request without a good answer.
    pub fn add(&mut self, epoch: u64, version: Option<usize>, elapsed: Duration) {
        if epoch != self.epoch {
            return;
        }
        self.whole.add(version, elapsed);
        if let Some(second) = self.seconds.back_mut() {
            second.add(version, elapsed);
        }
    }

    /// Begins the next second.
    pub fn tick(&mut self) {
        if self.seconds.len() > RECENT_SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(Period::default());
    }

    /// The last whole seconds in one, and how many they are.
    pub fn recent(&self) -> (Period, usize) {
        let whole = self.seconds.len().saturating_sub(1);
        let mut recent = Period::default();
        for second in self.seconds.iter().take(whole) {
            recent.merge(second);
        }
        (recent, whole)
    }
}

/// How far a count may lie from what the weights promise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    pub expected: f64,
    pub tolerance: f64,
}

impl Bound {
    /// The bound for `total` requests of which each goes here with this probability.
    pub fn new(total: u64, share: f64) -> Self {
        let expected = total as f64 * share;
        // the half is the step of a count
        Self { expected, tolerance: SIGMAS_MAX * (expected * (1.0 - share)).sqrt() + 0.5 }
    }

    /// Whether the count is credible.
    pub fn holds(self, count: u64) -> bool {
        (count as f64 - self.expected).abs() <= self.tolerance
    }
}

#[cfg(test)]
mod tests;
