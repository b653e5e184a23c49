//! What all workers see: atomics and ONE `ArcSwap`. No lock is taken by a request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwap, ArcSwapOption, Cache};
use tokio::runtime::RuntimeMetrics;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::filter::transform::Budget;
use crate::observe::listener::ListenerStats;
use crate::observe::series::SeriesBook;
use crate::observe::stats::Stats;
use crate::snapshot::Snapshot;
use crate::sys::files::{Files, PIPES_MAX};
use crate::sys::memory::Pressure;
use crate::upstream::allowance::Allowance;

mod fleet;
mod hosts;

pub use fleet::{Fleet, Link, Object, Open, Origin, Standing, Tally};
pub use hosts::{Ask, Hosts, Known, KnownHost, LastUse, Unknown};

/// As many files as anybody could want.
const UNBOUNDED: Files =
    Files { all: u64::MAX, downstream: u32::MAX, upstream: u32::MAX, admin: u32::MAX, pipes: PIPES_MAX };

/// Where the process stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Takes traffic.
    Serving,
    /// Asks not to be chosen any more, and still takes who comes.
    Leaving,
    /// Finishes what is open, takes nothing new.
    Closed,
}

/// Why a drain begins, which says how much patience it has with those outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Whoever chooses this process has to hear of it first.
    Announced,
    /// Another process has the sockets: whoever is not open here is served there.
    HandedOver,
    /// Somebody at the terminal waits for the end.
    AtOnce,
}

/// The course of a drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drain {
    /// When nothing new is taken any more.
    pub closes: Instant,
    /// Over how long idle connections are closed from then on.
    pub spread: Duration,
    /// When it is over, whatever is open then.
    pub deadline: Instant,
}

impl Drain {
    fn new(config: &towpath_config::model::Drain, leave: Leave, now: Instant) -> Self {
        let delay = config.delay().filter(|_| leave == Leave::Announced).unwrap_or_default();
        let spread = config.spread().filter(|_| leave != Leave::AtOnce).unwrap_or_default();
        let closes = now + delay;
        Self { closes, spread, deadline: closes + *config.timeout() }
    }

    /// When a connection is closed that is idle now; `share` (0 to 1) is its lot. Nobody is closed in the first half of
    /// the spread: who is in use hears from the next answer that it was the last, and only the silent are left.
    #[must_use]
    pub fn closes_idle(&self, now: Instant, share: f64) -> Instant {
        now.max(self.closes) + self.spread.mul_f64(0.5 + 0.5 * share)
    }

    /// When a tunnel is cut, which cannot be told to end: in the second half of the time that is left for it, so that
    /// not everybody comes back at one instant.
    #[must_use]
    pub fn cuts_tunnel(&self, share: f64) -> Instant {
        self.closes + (self.deadline - self.closes).mul_f64(0.5 + 0.5 * share)
    }
}

/// Why the newest table that was offered did not go live.
#[derive(Debug, Clone)]
pub struct Rejection {
    /// When.
    pub at: SystemTime,
    /// All its faults, with their places, as text for people.
    pub faults: String,
}

/// How far the process is on its way out.
#[derive(Debug)]
struct Leaving {
    phase: AtomicU8,
    drain: watch::Sender<Option<Drain>>,
}

/// The table that is live, and why a newer one is not.
#[derive(Debug)]
struct Current {
    snapshot: Arc<ArcSwap<Snapshot>>,
    published: watch::Sender<()>,
    rejection: ArcSwapOption<Rejection>,
}

/// The process-wide state.
#[derive(Debug)]
pub struct Shared {
    current: Current,
    stats: Stats,
    series: Arc<SeriesBook>,
    leaving: Leaving,
    fleet: Option<Arc<Fleet>>,
    connections: AtomicU32,
    workers: Box<[WorkerState]>,
    files: Files,
    allowance: Arc<Allowance>,
    pressure: AtomicU8,
    compression: Arc<Budget>,
}

/// What others see of a worker.
#[derive(Debug, Default)]
pub struct WorkerState {
    connections: AtomicU32,
    runtime: ArcSwapOption<RuntimeMetrics>,
}

impl WorkerState {
    /// Downstream connections that it carries.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// How long it has been at work and not waiting, since it began.
    #[must_use]
    pub fn busy(&self) -> Duration {
        self.runtime.load().as_ref().map_or(Duration::ZERO, |runtime| runtime.worker_total_busy_duration(0))
    }

    /// Notes by what the worker runs.
    pub fn runs_by(&self, runtime: RuntimeMetrics) {
        self.runtime.store(Some(Arc::new(runtime)));
    }
}

impl Shared {
    /// The state of a process that starts with this snapshot and so many workers.
    #[must_use]
    pub fn new(snapshot: Snapshot, series: Arc<SeriesBook>, workers: usize) -> Self {
        Self {
            current: Current {
                snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
                published: watch::Sender::new(()),
                rejection: ArcSwapOption::empty(),
            },
            stats: Stats::new(workers),
            series,
            leaving: Leaving { phase: AtomicU8::new(Phase::Serving as u8), drain: watch::Sender::new(None) },
            fleet: None,
            connections: AtomicU32::new(0),
            workers: (0..workers).map(|_| WorkerState::default()).collect(),
            files: UNBOUNDED,
            allowance: Arc::new(Allowance::new(UNBOUNDED.upstream)),
            pressure: AtomicU8::new(Pressure::Low as u8),
            compression: Arc::default(),
        }
    }

    /// The same, with these files.
    #[must_use]
    pub fn with_files(self, files: Files) -> Self {
        Self { files, allowance: Arc::new(Allowance::new(files.upstream)), ..self }
    }

    /// The same, in a fleet.
    #[must_use]
    pub fn with_fleet(self, fleet: Option<Arc<Fleet>>) -> Self {
        Self { fleet, ..self }
    }

    /// The proxy's place in its fleet, if it is in one.
    #[must_use]
    pub fn fleet(&self) -> Option<&Arc<Fleet>> {
        self.fleet.as_ref()
    }

    /// The hosts, where they are fetched on demand.
    #[must_use]
    pub fn hosts(&self) -> Option<&Hosts> {
        self.fleet.as_ref()?.hosts()
    }

    /// The current snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.snapshot.load_full()
    }

    /// A worker's cached view of the current snapshot.
    #[must_use]
    pub fn snapshot_cache(&self) -> SnapshotCache {
        Cache::new(Arc::clone(&self.current.snapshot))
    }

    /// Makes a snapshot the current one and forgets the last rejection.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        self.replace(snapshot);
        self.current.rejection.store(None);
    }

    /// Makes a snapshot of the same table the current one.
    pub fn replace(&self, snapshot: Arc<Snapshot>) {
        self.current.snapshot.store(snapshot);
        self.current.published.send_replace(());
    }

    /// Tells when another snapshot is the current one. Takes a lock: not for requests.
    pub fn published(&self) -> watch::Receiver<()> {
        self.current.published.subscribe()
    }

    /// Notes that a table was refused; the current snapshot stays.
    pub fn reject(&self, faults: String) {
        self.current.rejection.store(Some(Arc::new(Rejection { at: SystemTime::now(), faults })));
    }

    /// Why the newest table is not live, if it is not.
    #[must_use]
    pub fn rejection(&self) -> Option<Arc<Rejection>> {
        self.current.rejection.load_full()
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
        match self.leaving.phase.load(Ordering::Relaxed) {
            phase if phase == Phase::Serving as u8 => Phase::Serving,
            phase if phase == Phase::Leaving as u8 => Phase::Leaving,
            _ => Phase::Closed,
        }
    }

    /// Begins the drain. Where it has begun already nothing changes.
    pub fn begin_drain(&self, leave: Leave) -> Drain {
        let config = self.snapshot();
        let mut drain = Drain::new(config.config().process().drain(), leave, Instant::now());
        self.leaving.drain.send_if_modified(|begun| {
            let first = begun.is_none();
            drain = *begun.get_or_insert(drain);
            // under the lock: whoever sees the phase finds the drain
            if first {
                self.leaving.phase.store(Phase::Leaving as u8, Ordering::Relaxed);
            }
            first
        });
        drain
    }

    /// Notes that nothing new is taken any more.
    pub fn close(&self) {
        self.leaving.phase.store(Phase::Closed as u8, Ordering::Relaxed);
    }

    /// The drain, once it has begun. Takes a lock: not for requests.
    #[must_use]
    pub fn drain(&self) -> Option<Drain> {
        *self.leaving.drain.borrow()
    }

    /// Tells when the drain begins.
    pub fn drain_signal(&self) -> watch::Receiver<Option<Drain>> {
        self.leaving.drain.subscribe()
    }

    /// How the files of the process are shared out.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// What the workers' pools share.
    #[must_use]
    pub fn allowance(&self) -> &Arc<Allowance> {
        &self.allowance
    }

    /// What all compressors hold.
    #[must_use]
    pub fn compression(&self) -> &Arc<Budget> {
        &self.compression
    }

    /// How near the process is to its limit on memory.
    #[must_use]
    pub fn pressure(&self) -> Pressure {
        match self.pressure.load(Ordering::Relaxed) {
            pressure if pressure == Pressure::Low as u8 => Pressure::Low,
            pressure if pressure == Pressure::High as u8 => Pressure::High,
            _ => Pressure::Full,
        }
    }

    /// Notes how near it is.
    pub fn press(&self, pressure: Pressure) {
        self.pressure.store(pressure as u8, Ordering::Relaxed);
    }

    /// Connections of clients that may be open: as the table says, as far as there are files for them.
    #[must_use]
    pub fn connections_max(&self) -> u32 {
        (**self.current.snapshot.load().config().process().limits().connections()).min(self.files.downstream)
    }

    /// Downstream connections open in the whole process.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections.load(Ordering::Relaxed)
    }

    /// The workers, by number.
    #[must_use]
    pub fn workers(&self) -> &[WorkerState] {
        &self.workers
    }

    /// Seats a connection at the worker that has the fewest, unless all that may be are open in the process or
    /// `listener_limit` at its listener.
    #[must_use]
    pub fn seat(self: &Arc<Self>, listener: &Arc<ListenerStats>, listener_limit: u32) -> Option<Seat> {
        let below = |counter: &AtomicU32, limit: u32| {
            let next = |open: u32| (open < limit).then(|| open + 1);
            counter.fetch_update(Ordering::AcqRel, Ordering::Relaxed, next).is_ok()
        };
        if !below(&self.connections, self.connections_max()) {
            return None;
        }
        if !below(listener.places(), listener_limit) {
            self.connections.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        let (worker, state) = self.workers.iter().enumerate().min_by_key(|(_, state)| state.connections())?;
        state.connections.fetch_add(1, Ordering::AcqRel);
        Some(Seat { shared: Arc::clone(self), listener: Arc::clone(listener), worker })
    }
}

/// The right of one downstream connection to be open; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    shared: Arc<Shared>,
    listener: Arc<ListenerStats>,
    worker: usize,
}

impl Seat {
    /// The worker that carries the connection.
    #[must_use]
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// Where the connection is counted.
    #[must_use]
    pub fn listener(&self) -> &Arc<ListenerStats> {
        &self.listener
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Ordering::AcqRel);
        self.listener.places().fetch_sub(1, Ordering::AcqRel);
        if let Some(state) = self.shared.workers.get(self.worker) {
            state.connections.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// A worker's cached view of the current snapshot: one relaxed load when nothing changed.
pub type SnapshotCache = Cache<Arc<ArcSwap<Snapshot>>, Arc<Snapshot>>;

#[cfg(test)]
mod tests;
