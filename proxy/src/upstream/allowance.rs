//! What the pools of all workers share: how many connections to endpoints may be open, and the word that one is wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

/// The connections to endpoints that the process may hold open.
#[derive(Debug)]
pub struct Allowance {
    open: AtomicU32,
    limit: u32,
    wanted: Notify,
}

/// The right of one upstream connection to be open; given back when dropped.
#[derive(Debug)]
pub struct Allowed(Arc<Allowance>);

impl Drop for Allowed {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Allowance {
    /// `limit` connections over all workers.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self { open: AtomicU32::new(0), limit, wanted: Notify::new() }
    }

    /// One more connection, if fewer than the limit are open.
    #[must_use]
    pub fn take(self: &Arc<Self>) -> Option<Allowed> {
        let next = |open: u32| (open < self.limit).then(|| open + 1);
        let taken = self.open.fetch_update(Ordering::AcqRel, Ordering::Relaxed, next);
        taken.is_ok().then(|| Allowed(Arc::clone(self)))
    }

    /// By which the pools tell each other that a request waits for a connection.
    #[must_use]
    pub fn wanted(&self) -> &Notify {
        &self.wanted
    }
}
