//! A log-linear histogram of microseconds, in the buckets that the control server adds up.

use std::time::Duration;

pub use towpath_wire::telemetry::{BUCKETS, bucket, highest, lowest};

#[cfg(test)]
mod tests;

/// The bounds of the buckets that are shown, in µs; what is longer than the last has a bucket of its own.
pub const BOUNDS: [u64; 16] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000, 60_000_000,
];

/// The position in [`BOUNDS`] of the first bound that a value does not exceed; their number when it exceeds all.
#[must_use]
pub fn shown(micros: u64) -> usize {
    BOUNDS.partition_point(|bound| *bound < micros)
}

/// The merged counts of all workers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    counts: Box<[u64]>,
    sum_micros: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS].into_boxed_slice(), sum_micros: 0 }
    }
}

impl Latency {
    /// Adds the counts of one worker, bucket by bucket, and the sum of its values.
    pub fn merge(&mut self, counts: impl IntoIterator<Item = u64>, sum_micros: u64) {
        for (total, count) in self.counts.iter_mut().zip(counts) {
            *total += count;
        }
        self.sum_micros += sum_micros;
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The sum of all values.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.sum_micros)
    }

    /// The buckets that counted something, ascending, and their counts.
    pub fn buckets(&self) -> impl Iterator<Item = (usize, u64)> {
        self.counts.iter().copied().enumerate().filter(|(_, count)| *count > 0)
    }

    /// The value that a share `q` (0 to 1) of all values does not exceed; at most a sixteenth too long.
    /// `None` when nothing was counted.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let rank = ((self.count() as f64 * q).ceil() as u64).max(1);
        let mut seen = 0;
        let position = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_micros(highest(position)))
    }

    /// How many values lie at or below each of [`BOUNDS`]. A bucket that a bound cuts counts where its middle lies.
    #[must_use]
    pub fn cumulative(&self) -> [u64; BOUNDS.len()] {
        let mut counts = self.counts.iter().enumerate().peekable();
        let mut seen = 0;
        BOUNDS.map(|bound| {
            let inside = |bucket: usize| lowest(bucket).midpoint(highest(bucket)) <= bound;
            while let Some((_, count)) = counts.next_if(|(bucket, _)| inside(*bucket)) {
                seen += count;
            }
            seen
        })
    }
}

/// Counts by the buckets that are shown: for values that nobody asks a quantile of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coarse {
    /// How many values each of [`BOUNDS`] was the first not to be exceeded by; at the end those that exceed all.
    pub counts: [u64; BOUNDS.len() + 1],
    /// The sum of all values.
    pub sum_micros: u64,
}

impl Coarse {
    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many values lie at or below each of [`BOUNDS`].
    #[must_use]
    pub fn cumulative(&self) -> [u64; BOUNDS.len()] {
        let mut seen = 0;
        let mut counts = self.counts.iter();
        BOUNDS.map(|_| {
            seen += counts.next().unwrap_or(&0);
            seen
        })
    }
}
