//! What was counted in some time.

use towpath_wire::telemetry::{Series, Sketch};

/// Classes of status: 1xx to 5xx, and others.
pub const CODES: usize = 6;

/// Requests of one series in some time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// By class of status: 1xx to 5xx, and others.
    pub codes: [u64; CODES],
    /// Those that failed.
    pub failures: u64,
    /// How long they took; nothing is kept of nothing.
    latency: Option<Box<Sketch>>,
}

impl Tally {
    /// What a proxy counted.
    #[must_use]
    pub fn of(series: Series) -> Self {
        let mut codes = [0; CODES];
        for (total, count) in codes.iter_mut().zip(series.codes) {
            *total = count;
        }
        let latency = series.latency.filter(|latency| latency.count() > 0).map(Box::new);
        Self { codes, failures: series.failures, latency }
    }

    /// Adds what was counted elsewhere, or later.
    pub fn add(&mut self, other: &Self) {
        for (total, count) in self.codes.iter_mut().zip(other.codes) {
            *total = total.saturating_add(count);
        }
        self.failures = self.failures.saturating_add(other.failures);
        if let Some(latency) = &other.latency {
            self.latency.get_or_insert_default().merge(latency);
        }
    }

    /// All requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.codes.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How long they took.
    #[must_use]
    pub fn latency(&self) -> Option<&Sketch> {
        self.latency.as_deref()
    }
}
