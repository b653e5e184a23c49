//! A histogram of latencies, of which only the buckets that counted something are sent.

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Message;

use super::layout::{BUCKETS, bucket, highest};

/// Counts by [bucket]. Adding two of them is counting together.
#[derive(Clone, PartialEq, Message)]
pub struct Sketch {
    /// Buckets that counted something, ascending.
    #[prost(uint32, repeated, tag = "1")]
    buckets: Vec<u32>,
    /// Their counts.
    #[prost(uint64, repeated, tag = "2")]
    counts: Vec<u64>,
    /// The sum of all values, in µs.
    #[prost(uint64, tag = "3")]
    sum_micros: u64,
}

impl Sketch {
    /// From counts by bucket, and the sum of the values in µs. What lies beyond the last bucket is left out.
    #[must_use]
    pub fn new(counts: impl IntoIterator<Item = (usize, u64)>, sum_micros: u64) -> Self {
        let mut sketch = Self { sum_micros, ..Self::default() };
        sketch.set(counts.into_iter().collect());
        sketch
    }

    fn set(&mut self, counts: BTreeMap<usize, u64>) {
        let counted = counts.into_iter().filter(|(bucket, count)| *bucket < BUCKETS && *count > 0);
        (self.buckets, self.counts) = counted.map(|(bucket, count)| (bucket as u32, count)).unzip();
    }

    /// The buckets that counted something, and their counts.
    pub fn iter(&self) -> impl Iterator<Item = (usize, u64)> {
        // a peer wrote this
        let pairs = self.buckets.iter().map(|bucket| *bucket as usize).zip(self.counts.iter().copied());
        pairs.filter(|(bucket, _)| *bucket < BUCKETS)
    }

    /// Counts one value, in µs.
    pub fn record(&mut self, micros: u64) {
        self.merge(&Self::new([(bucket(micros), 1)], micros));
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &Self) {
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        for (bucket, count) in self.iter().chain(other.iter()) {
            let total = counts.entry(bucket).or_default();
            *total = total.saturating_add(count);
        }
        self.set(counts);
        self.sum_micros = self.sum_micros.saturating_add(other.sum_micros);
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.iter().fold(0, |total, (_, count)| total.saturating_add(count))
    }

    /// The sum of all values.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.sum_micros)
    }

    /// The value that a share `q` (0 to 1) of all values does not exceed; at most a sixteenth too long. None when nothing was
    /// counted.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let rank = ((self.count() as f64 * q).ceil() as u64).max(1);
        let mut seen: u64 = 0;
        let (position, _) = self.iter().find(|(_, count)| {
            seen = seen.saturating_add(*count);
            seen >= rank
        })?;
        Some(Duration::from_micros(highest(position)))
    }
}
