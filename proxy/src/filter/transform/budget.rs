//! The memory of all compressors that are at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is held, over all workers.
#[derive(Debug, Default)]
pub struct Budget(AtomicU64);

impl Budget {
    /// Octets that are held.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes a share, when no more than `limit` is then held.
    #[must_use]
    pub fn take(self: &Arc<Self>, bytes: u64, limit: u64) -> Option<Share> {
        let held = self.0.fetch_add(bytes, Ordering::Relaxed);
        let share = Share { budget: Arc::clone(self), bytes };
        (held + bytes <= limit).then_some(share)
    }
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
