//! What is known of the retries of one cluster.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use towpath_config::model::RetryBudget;

use crate::observe::tally::{RetryCounter, Tally};
use crate::upstream::budget::Budget;

/// The retries of one cluster, over all workers.
#[derive(Debug)]
pub struct Retries {
    began: Instant,
    budget: Budget,
    under_way: AtomicU32,
    tally: Tally<RetryCounter>,
}

impl Retries {
    /// None yet, of a process with so many workers.
    pub(super) fn new(workers: usize) -> Self {
        Self {
            began: Instant::now(),
            budget: Budget::new(workers),
            under_way: AtomicU32::new(0),
            tally: Tally::new(workers),
        }
    }

    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// Counts a request that may be sent again. Only the worker itself may call this with its number.
    pub fn deposit(&self, rules: &RetryBudget, worker: usize, now: Instant) {
        self.budget.deposit(rules, worker, self.age(now));
    }

    /// Counts a retry, if the budget has one.
    #[must_use]
    pub fn withdraw(&self, rules: &RetryBudget, now: Instant) -> bool {
        self.budget.withdraw(rules, self.age(now))
    }

    /// How many retries the budget would allow now.
    #[must_use]
    pub fn left(&self, rules: &RetryBudget, now: Instant) -> u64 {
        self.budget.left(rules, self.age(now))
    }

    /// Retries under way, with their pauses.
    #[must_use]
    pub fn under_way(&self) -> u32 {
        self.under_way.load(Ordering::Relaxed)
    }

    /// One more under way, if there are fewer than `limit`.
    pub(super) fn begin(&self, limit: u32) -> bool {
        let next = |count: u32| (count < limit).then(|| count + 1);
        self.under_way.fetch_update(Ordering::AcqRel, Ordering::Relaxed, next).is_ok()
    }

    /// One less.
    pub(super) fn end(&self) {
        self.under_way.fetch_sub(1, Ordering::AcqRel);
    }

    /// The counters.
    #[must_use]
    pub fn tally(&self) -> &Tally<RetryCounter> {
        &self.tally
    }
}
