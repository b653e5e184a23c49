//! Who was turned away before anything was sent, of whom, and why: counted while the cluster lives.

use std::sync::atomic::{AtomicU64, Ordering};

use towpath_config::model::Importance;

/// Why a request was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// `limits.requests` are under way.
    Requests,
    /// Too many requests fail.
    Admission,
}

impl Cause {
    /// All of them, in the order of their positions.
    pub const ALL: [Self; 2] = [Self::Requests, Self::Admission];

    /// The word in metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Admission => "admission",
        }
    }
}

/// How many requests were turned away.
#[derive(Debug, Default)]
pub struct ShedCounts([[AtomicU64; Importance::ALL.len()]; Cause::ALL.len()]);

impl ShedCounts {
    fn cell(&self, cause: Cause, importance: Importance) -> Option<&AtomicU64> {
        self.0.get(cause as usize)?.get(importance as usize)
    }

    /// Counts one.
    pub fn add(&self, cause: Cause, importance: Importance) {
        if let Some(count) = self.cell(cause, importance) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many there were.
    #[must_use]
    pub fn get(&self, cause: Cause, importance: Importance) -> u64 {
        self.cell(cause, importance).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}
