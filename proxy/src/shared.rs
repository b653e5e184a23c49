//! What all workers see: atomics and ONE `ArcSwap`. No lock is taken by a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::SystemTime;

use arc_swap::{ArcSwap, ArcSwapOption, Cache};
use tokio::sync::watch;

use crate::observe::series::SeriesBook;
use crate::observe::stats::Stats;
use crate::snapshot::Snapshot;

/// Where the process stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Takes traffic.
    Serving,
    /// Finishes what is open, takes nothing new.
    Draining,
}

/// Why the newest table that was offered did not go live.
#[derive(Debug, Clone)]
pub struct Rejection {
    /// When.
    pub at: SystemTime,
    /// All its faults, with their places, as text for people.
    pub faults: String,
}

/// The process-wide state.
#[derive(Debug)]
pub struct Shared {
    snapshot: Arc<ArcSwap<Snapshot>>,
    rejection: ArcSwapOption<Rejection>,
    stats: Stats,
    series: Arc<SeriesBook>,
    phase: AtomicU8,
    drain: watch::Sender<bool>,
    connections: AtomicU32,
}

impl Shared {
    /// The state of a process that starts with this snapshot and so many workers.
    #[must_use]
    pub fn new(snapshot: Snapshot, series: Arc<SeriesBook>, workers: usize) -> Self {
        Self {
            snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
            rejection: ArcSwapOption::empty(),
            stats: Stats::new(workers),
            series,
            phase: AtomicU8::new(0),
            drain: watch::Sender::new(false),
            connections: AtomicU32::new(0),
        }
    }

    /// The current snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// A worker's cached view of the current snapshot.
    #[must_use]
    pub fn snapshot_cache(&self) -> SnapshotCache {
        Cache::new(Arc::clone(&self.snapshot))
    }

    /// Makes a snapshot the current one and forgets the last rejection.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        self.snapshot.store(snapshot);
        self.rejection.store(None);
    }

    /// Notes that a table was refused; the current snapshot stays.
    pub fn reject(&self, faults: String) {
        self.rejection.store(Some(Arc::new(Rejection { at: SystemTime::now(), faults })));
    }

    /// Why the newest table is not live, if it is not.
    #[must_use]
    pub fn rejection(&self) -> Option<Arc<Rejection>> {
        self.rejection.load_full()
    }

    /// The counters.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The series by route and destination.
    #[must_use]
    pub fn series(&self) -> &Arc<SeriesBook> {
        &self.series
    }

    /// Where the process stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        if self.phase.load(Ordering::Relaxed) == 0 { Phase::Serving } else { Phase::Draining }
    }

    /// Begins the drain; a second call changes nothing.
    pub fn begin_drain(&self) {
        self.phase.store(1, Ordering::Relaxed);
        self.drain.send_replace(true);
    }

    /// Ends when the drain begins.
    pub fn drain_signal(&self) -> watch::Receiver<bool> {
        self.drain.subscribe()
    }

    /// Downstream connections open in the whole process.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Counts a downstream connection in, unless `limit` are open.
    #[must_use]
    pub fn try_connection(&self, limit: u32) -> bool {
        self.connections
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |open| (open < limit).then(|| open + 1))
            .is_ok()
    }

    /// Counts a downstream connection out.
    pub fn end_connection(&self) {
        self.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A worker's cached view of the current snapshot: one relaxed load when nothing changed.
pub type SnapshotCache = Cache<Arc<ArcSwap<Snapshot>>, Arc<Snapshot>>;
