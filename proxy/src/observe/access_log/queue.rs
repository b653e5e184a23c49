//! The lines of one access log on their way from the workers to the writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Mutex, PoisonError};

use towpath_config::model::LogPlace;

use crate::observe::tally::{LogCounter, Tally};

/// What a line costs besides its octets.
const LINE_BYTES: u64 = 64;

/// Where the workers put the lines of one log. It lives while a snapshot or an exchange holds it; then the writer
/// writes what is left and closes the place.
#[derive(Debug)]
pub struct LineQueue {
    name: String,
    place: LogPlace,
    lines: Sender<Box<[u8]>>,
    state: Arc<QueueState>,
    /// Until the writer takes it; no worker looks here.
    end: Mutex<Option<Receiver<Box<[u8]>>>>,
}

/// What both ends see.
#[derive(Debug)]
struct QueueState {
    waiting: AtomicU64,
    coloured: AtomicBool,
    tally: Tally<LogCounter>,
}

impl LineQueue {
    /// An empty one.
    #[must_use]
    pub fn new(place: &LogPlace, workers: usize) -> Self {
        let (lines, end) = channel();
        let state = QueueState {
            waiting: AtomicU64::new(0),
            coloured: AtomicBool::new(false),
            tally: Tally::new(workers),
        };
        let (name, place) = (place.to_string(), place.clone());
        Self { name, place, lines, state: Arc::new(state), end: Mutex::new(Some(end)) }
    }

    /// The place, as the table has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The counters.
    #[must_use]
    pub fn tally(&self) -> &Tally<LogCounter> {
        &self.state.tally
    }

    /// Whether the place knows colours.
    #[must_use]
    pub fn is_coloured(&self) -> bool {
        self.state.coloured.load(Ordering::Relaxed)
    }

    /// Puts a line in, with its end, unless more than `limit` octets would wait. Never waits, and wakes nobody: the
    /// writer comes by itself.
    pub fn put(&self, worker: usize, line: &[u8], limit: u64) {
        let cost = line.len() as u64 + LINE_BYTES;
        if self.state.waiting.fetch_add(cost, Ordering::Relaxed) + cost > limit
            || self.lines.send(line.into()).is_err()
        {
            self.state.waiting.fetch_sub(cost, Ordering::Relaxed);
            self.state.tally.add(worker, LogCounter::Dropped, 1);
        }
    }

    /// The other end; only the first who asks gets it.
    pub(super) fn take_end(&self) -> Option<QueueEnd> {
        let lines = self.end.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(QueueEnd {
            name: self.name.clone(),
            place: self.place.clone(),
            lines,
            state: Arc::clone(&self.state),
        })
    }
}

/// Where the writer takes the lines out.
#[derive(Debug)]
pub(super) struct QueueEnd {
    pub(super) name: String,
    pub(super) place: LogPlace,
    lines: Receiver<Box<[u8]>>,
    state: Arc<QueueState>,
}

/// What a queue has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A line was taken.
    Line,
    /// There is none now.
    Nothing,
    /// There will be none any more.
    End,
}

impl QueueEnd {
    /// Moves the next line behind `to`.
    pub(super) fn take(&self, to: &mut Vec<u8>) -> Next {
        // `recv` would have the workers wake this thread; without, they touch no lock
        match self.lines.try_recv() {
            Ok(line) => {
                self.state.waiting.fetch_sub(line.len() as u64 + LINE_BYTES, Ordering::Relaxed);
                to.extend_from_slice(&line);
                Next::Line
            }
            Err(TryRecvError::Empty) => Next::Nothing,
            Err(TryRecvError::Disconnected) => Next::End,
        }
    }

    /// Whether nothing can be put in any more.
    pub(super) fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.state) == 1
    }

    /// Counts up. Only the writer's thread may call this.
    pub(super) fn count(&self, counter: LogCounter, count: u64) {
        self.state.tally.add_control(counter, count);
    }

    /// Says whether the place knows colours.
    pub(super) fn colour(&self, coloured: bool) {
        self.state.coloured.store(coloured, Ordering::Relaxed);
    }
}
