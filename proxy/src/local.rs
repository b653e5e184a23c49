//! What one worker owns alone. Nothing here is `Send`; no borrow lives across an await.

use std::cell::{Cell, RefCell};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use tokio::time::Instant;

use crate::codec::buffer::BufferPool;
use crate::codec::scratch::Scratch;
use crate::filter::transform::Encoders;
use crate::observe::stats::{Counter, Shard};
use crate::shared::{Drain, Phase, Shared, SnapshotCache};
use crate::snapshot::Snapshot;
use crate::sys::memory::Pressure;
use crate::sys::timer::{Timer, Timers, Waits, earlier};
use crate::upstream::pool::Pool;

/// Heads that a worker keeps for the next exchanges.
const SCRATCH_MAX: usize = 256;

/// Lines about local replies that a worker logs in a second; the rest is counted.
const LOG_LINES_MAX: u32 = 50;

/// Memory for a line of an access log that a worker keeps for the next one.
const LINE_BYTES_KEPT: usize = 16 << 10;

/// A snapshot that a worker holds, counted without atomics.
#[derive(Debug)]
pub struct Pinned(Arc<Snapshot>);

impl Deref for Pinned {
    type Target = Arc<Snapshot>;

    fn deref(&self) -> &Arc<Snapshot> {
        &self.0
    }
}

/// The state of one worker.
#[derive(Debug)]
#[expect(clippy::vec_box, reason = "a scratch is lent: moving it would copy it")]
pub struct Local {
    worker: usize,
    shared: Arc<Shared>,
    pool: Pool,
    buffers: Rc<BufferPool>,
    timers: Rc<Timers>,
    rng: RefCell<fastrand::Rng>,
    cache: RefCell<SnapshotCache>,
    pinned: RefCell<Rc<Pinned>>,
    scratch: RefCell<Vec<Box<Scratch>>>,
    log_lines: Cell<u32>,
    line: RefCell<Vec<u8>>,
    encoders: Rc<Encoders>,
}

impl Local {
    /// The state of worker number `worker`.
    #[must_use]
    pub fn new(worker: usize, shared: Arc<Shared>) -> Self {
        Self {
            worker,
            pool: Pool::new(worker, Arc::clone(shared.allowance())),
            buffers: Rc::new(BufferPool::with_pipes(shared.files().pipes)),
            timers: Rc::default(),
            rng: RefCell::new(fastrand::Rng::new()),
            cache: RefCell::new(shared.snapshot_cache()),
            pinned: RefCell::new(Rc::new(Pinned(shared.snapshot()))),
            scratch: RefCell::default(),
            log_lines: Cell::new(0),
            line: RefCell::default(),
            encoders: Encoders::of(shared.compression()),
            shared,
        }
    }

    /// Which worker this is.
    #[must_use]
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// What all workers see.
    #[must_use]
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// The idle upstream connections.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The read buffers.
    #[must_use]
    pub fn buffers(&self) -> &Rc<BufferPool> {
        &self.buffers
    }

    /// What compresses answers.
    #[must_use]
    pub fn encoders(&self) -> &Rc<Encoders> {
        &self.encoders
    }

    /// The deadlines.
    #[must_use]
    pub fn timers(&self) -> &Rc<Timers> {
        &self.timers
    }

    /// Whether the process is about to end, and each answer the last of its connection.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared.phase() != Phase::Serving
    }

    /// When a connection that turns idle now is closed: at its own limit, or sooner in a drain.
    #[must_use]
    pub fn closes_idle(&self, limit: Option<Instant>) -> Option<Instant> {
        if !self.is_draining() {
            return limit;
        }
        let drain = self.shared.drain();
        earlier(limit, drain.map(|drain| drain.closes_idle(self.timers.now(), self.lot())))
    }

    /// Begins the wait for whatever a tunnel carries. One that begins in a drain has its moment in it, as others have.
    pub fn begin_tunnel(&self, timer: &Timer) {
        timer.arm_for(Waits::Tunnel, None);
        if self.is_draining()
            && let Some(drain) = self.shared.drain()
        {
            timer.end_by(drain.cuts_tunnel(self.lot()));
        }
    }

    /// Gives every connection that only waits, and every tunnel, its moment in the drain.
    pub fn begin_drain(&self, drain: &Drain) {
        let now = Instant::now();
        self.timers.hasten(Waits::Idle, || drain.closes_idle(now, self.lot()));
        self.timers.hasten(Waits::Tunnel, || drain.cuts_tunnel(self.lot()));
    }

    fn lot(&self) -> f64 {
        self.with_rng(fastrand::Rng::f64)
    }

    /// Whether connections end with their answer: because the process drains, or for want of memory.
    #[must_use]
    pub fn ends_connections(&self) -> bool {
        self.is_draining() || self.shared.pressure() > Pressure::Low
    }

    /// This worker's counters.
    #[must_use]
    pub fn stats(&self) -> &Shard {
        self.shared.stats().shard(self.worker)
    }

    /// Uses the random numbers.
    pub fn with_rng<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.rng.borrow_mut())
    }

    /// The current snapshot; an exchange keeps the one it began with.
    #[must_use]
    pub fn snapshot(&self) -> Rc<Pinned> {
        let mut cache = self.cache.borrow_mut();
        let current = arc_swap::Cache::load(&mut *cache);
        let mut pinned = self.pinned.borrow_mut();
        if !Arc::ptr_eq(current, &pinned.0) {
            *pinned = Rc::new(Pinned(Arc::clone(current)));
        }
        Rc::clone(&pinned)
    }

    /// Memory for one exchange.
    #[must_use]
    pub fn scratch(&self) -> Box<Scratch> {
        self.scratch.borrow_mut().pop().unwrap_or_default()
    }

    /// Takes the memory of an exchange back.
    pub fn put_scratch(&self, scratch: Box<Scratch>) {
        let mut spare = self.scratch.borrow_mut();
        if spare.len() < SCRATCH_MAX {
            spare.push(scratch);
        }
    }

    /// Whether one more line may be logged in this second.
    #[must_use]
    pub fn may_log(&self) -> bool {
        let lines = self.log_lines.get();
        self.log_lines.set(lines.saturating_add(1));
        if lines >= LOG_LINES_MAX {
            self.stats().add(Counter::LogDropped, 1);
        }
        lines < LOG_LINES_MAX
    }

    /// Lends memory for a line of an access log.
    pub fn with_line<T>(&self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut line = self.line.borrow_mut();
        let written = write(&mut line);
        line.clear();
        line.shrink_to(LINE_BYTES_KEPT);
        written
    }

    /// What is done once a second: idle connections looked at, the log budget renewed.
    pub fn housekeep(&self) {
        self.log_lines.set(0);
        self.encoders.age();
        if self.shared.pressure() > Pressure::Low {
            self.buffers.forget_spare();
            self.encoders.forget_spare();
            self.scratch.borrow_mut().clear();
        }
        let (moved, lacking) = self.buffers.pipes().take_counts();
        self.stats().add(Counter::BytesSpliced, moved);
        self.stats().add(Counter::PipesLacking, lacking);
        // an idle worker must not keep an old snapshot alive
        let snapshot = self.snapshot();
        self.pool.sweep(Instant::now(), |cluster, endpoint| snapshot.has_endpoint(cluster, endpoint));
    }
}
