//! What is known of a cluster while it lives: atomics, kept across reloads by name.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use super::endpoint::Outliers;
use super::health::HealthCounts;
use crate::observe::tally::{ClusterCounter, ResilienceCounter, Tally};

mod admission;
mod retries;
mod shed;

pub use admission::Admission;
pub use retries::Retries;
pub use shed::{Cause, ShedCounts};

/// The live state of one cluster, over all workers.
#[derive(Debug)]
pub struct ClusterState {
    name: String,
    id: u64,
    open: AtomicU32,
    pending: AtomicU32,
    load: Load,
    lacking: AtomicU32,
    released: Notify,
    tally: Tally<ClusterCounter>,
    resilience: Tally<ResilienceCounter>,
    workers: usize,
    /// Made with the first request that might be sent again: most clusters of a mesh never have one.
    retries: OnceLock<Box<Retries>>,
    outliers: Outliers,
}

/// What is kept of a cluster that checks its endpoints, or does not take every request.
#[derive(Debug, Default)]
struct Load {
    health: OnceLock<Box<HealthCounts>>,
    requests: AtomicU32,
    shed: OnceLock<Box<ShedCounts>>,
    admission: OnceLock<Box<Admission>>,
    workers: usize,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// The right to hold one connection of a cluster open; given back when dropped.
#[derive(Debug)]
pub struct Slot(Arc<ClusterState>);

impl Slot {
    /// Whether somebody waits for a slot of this cluster.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.0.is_wanted()
    }

    /// The cluster's name.
    #[must_use]
    pub fn cluster(&self) -> &str {
        &self.0.name
    }

    /// The cluster's counters.
    #[must_use]
    pub fn tally(&self) -> &Tally<ClusterCounter> {
        &self.0.tally
    }

    /// The cluster's number.
    #[must_use]
    pub fn cluster_id(&self) -> u64 {
        self.0.id
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::AcqRel);
        self.0.released.notify_one();
    }
}

/// One request that waits for a connection; counted until dropped.
#[derive(Debug)]
pub struct Pending(Arc<ClusterState>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.pending.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The right to have one request under way at a cluster; where they are counted, given back when dropped.
#[derive(Debug)]
pub struct Admitted(Option<Arc<ClusterState>>);

impl Admitted {
    /// At a cluster that does not count them.
    #[must_use]
    pub fn uncounted() -> Self {
        Self(None)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some(cluster) = &self.0 {
            cluster.load.requests.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// One request that waits because no slot is free; counted until dropped.
#[derive(Debug)]
pub struct Lacking(Arc<ClusterState>);

impl Drop for Lacking {
    fn drop(&mut self) {
        // two slots that came free at once leave one word: who was woken by it passes it on
        if self.0.lacking.fetch_sub(1, Ordering::AcqRel) > 1 {
            self.0.released.notify_one();
        }
    }
}

/// One retry under way; counted until dropped.
#[derive(Debug)]
pub struct Retrying(Arc<ClusterState>);

impl Drop for Retrying {
    fn drop(&mut self) {
        self.0.retries().end();
    }
}

/// Counts up unless that would pass the limit.
fn count_below(counter: &AtomicU32, limit: u32) -> bool {
    counter
        .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |count| (count < limit).then(|| count + 1))
        .is_ok()
}

impl ClusterState {
    /// A cluster that nobody has called yet, of a process with so many workers.
    #[must_use]
    pub fn new(name: &str, workers: usize) -> Self {
        Self {
            name: name.to_owned(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            open: AtomicU32::new(0),
            pending: AtomicU32::new(0),
            load: Load { workers, ..Load::default() },
            lacking: AtomicU32::new(0),
            released: Notify::new(),
            tally: Tally::new(workers),
            resilience: Tally::new(workers),
            workers,
            retries: OnceLock::new(),
            outliers: Outliers::default(),
        }
    }

    /// Its retries.
    #[must_use]
    pub fn retries(&self) -> &Retries {
        self.retries.get_or_init(|| Box::new(Retries::new(self.workers)))
    }

    /// Its retries, if there ever was a request that might have been sent again.
    #[must_use]
    pub fn known_retries(&self) -> Option<&Retries> {
        self.retries.get().map(|retries| &**retries)
    }

    /// A retry, if fewer than `limit` are under way.
    #[must_use]
    pub fn try_retry(self: &Arc<Self>, limit: u32) -> Option<Retrying> {
        self.retries().begin(limit).then(|| Retrying(Arc::clone(self)))
    }

    /// The cluster's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A number that no other cluster of this process ever has.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Connections open, idle ones included.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.open.load(Ordering::Relaxed)
    }

    /// Requests that wait for a connection.
    #[must_use]
    pub fn pending(&self) -> u32 {
        self.pending.load(Ordering::Relaxed)
    }

    /// The counters.
    #[must_use]
    pub fn tally(&self) -> &Tally<ClusterCounter> {
        &self.tally
    }

    /// Who of the endpoints is ejected.
    #[must_use]
    pub fn outliers(&self) -> &Outliers {
        &self.outliers
    }

    /// What breakers and ejection did.
    #[must_use]
    pub fn resilience(&self) -> &Tally<ResilienceCounter> {
        &self.resilience
    }

    /// Requests under way, where they are counted.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.load.requests.load(Ordering::Relaxed)
    }

    /// The right to have one more under way, if fewer than `limit` are.
    #[must_use]
    pub fn try_request(self: &Arc<Self>, limit: u32) -> Option<Admitted> {
        count_below(&self.load.requests, limit).then(|| Admitted(Some(Arc::clone(self))))
    }

    /// What part of its requests is turned away. Few clusters want that.
    pub fn admission(&self) -> &Admission {
        self.load.admission.get_or_init(|| Box::new(Admission::new(self.load.workers)))
    }

    /// Who was turned away. Few clusters turn anybody away.
    pub fn shed(&self) -> &ShedCounts {
        self.load.shed.get_or_init(Box::default)
    }

    /// What the checks of its endpoints came to. Few clusters have such.
    pub fn health(&self) -> &HealthCounts {
        self.load.health.get_or_init(Box::default)
    }

    /// A slot, if fewer than `limit` are taken.
    #[must_use]
    pub fn try_slot(self: &Arc<Self>, limit: u32) -> Option<Slot> {
        count_below(&self.open, limit).then(|| Slot(Arc::clone(self)))
    }

    /// A place in the queue, if fewer than `limit` wait.
    #[must_use]
    pub fn try_pending(self: &Arc<Self>, limit: u32) -> Option<Pending> {
        count_below(&self.pending, limit).then(|| Pending(Arc::clone(self)))
    }

    /// Says that a slot is wanted.
    #[must_use]
    pub fn lack(self: &Arc<Self>) -> Lacking {
        self.lacking.fetch_add(1, Ordering::AcqRel);
        Lacking(Arc::clone(self))
    }

    /// Requests that wait for a slot.
    #[must_use]
    pub fn lacking(&self) -> u32 {
        self.lacking.load(Ordering::Relaxed)
    }

    /// Whether somebody waits for a slot.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.lacking() > 0
    }

    /// Lets whoever has lacked a slot for longest look again: a reload may have allowed more.
    pub fn remind(&self) {
        if self.is_wanted() {
            self.released.notify_one();
        }
    }

    /// Ends when a slot may have become free.
    pub async fn released(&self) {
        self.released.notified().await;
    }
}
