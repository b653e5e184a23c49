//! Requests and connections by route, cluster, subset and class. A series lives as long as a snapshot or an exchange holds it,
//! and until whoever follows all of them has seen its end.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use hashbrown::HashMap;

use crate::observe::exemplar::{Exemplar, Slot};
use crate::observe::latency::{BOUNDS, BUCKETS, Coarse, Latency, bucket, shown};
use crate::observe::passage::{PassageCell, PassageTotals};
use crate::outcome::{GrpcStatus, is_failure};

#[cfg(test)]
mod tests;

/// The classes of status codes, as they stand in labels.
pub const CODES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"];

/// The label `route` of what is counted together because there are too many series. No route can have this name.
pub const OVERFLOW: &str = "_overflow";

/// The buckets that are shown: the bounds, and what exceeds all of them.
const SHOWN: usize = BOUNDS.len() + 1;

/// The exemplars of one series, by the bucket that they are shown at.
pub type Exemplars = [Option<Exemplar>; SHOWN];

/// What tells one series from another. Empty text stands for "none".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesKey {
    route: Box<str>,
    cluster: Box<str>,
    subset: Box<str>,
    class: Box<str>,
}

impl SeriesKey {
    /// The key of a destination of a route; of the route's own answers when `cluster` is empty.
    #[must_use]
    pub fn new(route: &str, cluster: &str, subset: &str, class: &str) -> Self {
        Self { route: route.into(), cluster: cluster.into(), subset: subset.into(), class: class.into() }
    }

    /// The labels of the series, in their fixed order.
    #[must_use]
    pub fn labels(&self) -> [(&'static str, &str); 4] {
        [("route", &self.route), ("cluster", &self.cluster), ("subset", &self.subset), ("class", &self.class)]
    }
}

/// One exchange that is over.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The status that the client got.
    pub status: u16,
    /// That of gRPC, where it was a call.
    pub grpc: Option<GrpcStatus>,
    /// From the first byte of the request's head to the last byte of the answer.
    pub elapsed: Duration,
    /// From the first byte of the request's head to the head of the upstream's answer; none without one.
    pub first_byte: Option<Duration>,
    /// Octets of the request's body.
    pub request_bytes: u64,
    /// Octets of the answer's body.
    pub response_bytes: u64,
}

/// The counts of one worker. It alone writes, so a load and a store are enough.
#[derive(Debug)]
struct Cell {
    codes: [AtomicU64; CODES.len()],
    failures: AtomicU64,
    /// Made with the first call of gRPC.
    grpc: OnceLock<Box<[AtomicU64; GrpcStatus::ALL.len()]>>,
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
    sum_micros: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
    first_bytes: [AtomicU64; SHOWN],
    first_byte_micros: AtomicU64,
    /// The buckets, as bits, that a reader wants an exemplar of.
    wanted: AtomicU32,
    exemplars: OnceLock<Box<[Slot; SHOWN]>>,
}

fn add(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
}

impl Cell {
    fn empty() -> Box<Self> {
        Box::new(Self {
            codes: [const { AtomicU64::new(0) }; CODES.len()],
            failures: AtomicU64::new(0),
            grpc: OnceLock::new(),
            request_bytes: AtomicU64::new(0),
            response_bytes: AtomicU64::new(0),
            sum_micros: AtomicU64::new(0),
            buckets: [const { AtomicU64::new(0) }; BUCKETS],
            first_bytes: [const { AtomicU64::new(0) }; SHOWN],
            first_byte_micros: AtomicU64::new(0),
            wanted: AtomicU32::new(0),
            exemplars: OnceLock::new(),
        })
    }

    /// Counts one exchange. Gives the place where a reader wants to see it, if one does.
    fn record(&self, sample: &Sample) -> Option<&Slot> {
        let micros = sample.elapsed.as_micros() as u64;
        if let Some(count) = self.codes.get(code(sample.status)) {
            add(count, 1);
        }
        if let Some(status) = sample.grpc {
            self.count_grpc(status);
        }
        if is_failure(sample.status, sample.grpc) {
            add(&self.failures, 1);
        }
        if let Some(count) = self.buckets.get(bucket(micros)) {
            add(count, 1);
        }
        add(&self.sum_micros, micros);
        add(&self.request_bytes, sample.request_bytes);
        add(&self.response_bytes, sample.response_bytes);
        if let Some(first_byte) = sample.first_byte {
            let micros = first_byte.as_micros() as u64;
            if let Some(count) = self.first_bytes.get(shown(micros)) {
                add(count, 1);
            }
            add(&self.first_byte_micros, micros);
        }
        let wanted = self.wanted.load(Ordering::Relaxed);
        if wanted == 0 { None } else { self.wanted_at(shown(micros)) }
    }

    fn count_grpc(&self, status: GrpcStatus) {
        let counts = self.grpc.get_or_init(Box::default);
        if let Some(count) = counts.get(usize::from(status.code())) {
            add(count, 1);
        }
    }

    #[cold]
    fn wanted_at(&self, position: usize) -> Option<&Slot> {
        let bit = 1 << position;
        if self.wanted.fetch_and(!bit, Ordering::Relaxed) & bit == 0 {
            return None;
        }
        self.exemplars.get_or_init(Box::default).get(position)
    }

    /// Wants one exemplar of each bucket.
    fn want_exemplars(&self) {
        self.wanted.store((1 << SHOWN) - 1, Ordering::Relaxed);
    }
}

/// The position of a status in [`CODES`].
fn code(status: u16) -> usize {
    match status / 100 {
        class @ 1..=5 => usize::from(class) - 1,
        _ => CODES.len() - 1,
    }
}

/// The counts of one key, one cell per worker, made when the worker first has something to count.
#[derive(Debug)]
pub struct Series {
    key: Arc<SeriesKey>,
    workers: Box<[Cells]>,
}

/// Where one worker counts.
#[derive(Debug, Default)]
struct Cells {
    exchanges: OnceLock<Box<Cell>>,
    passages: OnceLock<Box<PassageCell>>,
}

impl Series {
    /// What it counts.
    #[must_use]
    pub fn key(&self) -> &SeriesKey {
        &self.key
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.workers.iter().filter_map(|cells| cells.exchanges.get()).map(Box::as_ref)
    }

    /// Counts one exchange. Only the worker itself may call this with its number. Gives the place where a reader wants
    /// to see this one, if one does.
    pub fn record(&self, worker: usize, sample: &Sample) -> Option<&Slot> {
        self.workers.get(worker)?.exchanges.get_or_init(Cell::empty).record(sample)
    }

    /// Where connections of this worker are counted that nobody looks into. Only the worker itself may write there.
    #[must_use]
    pub fn passage(&self, worker: usize) -> Option<&PassageCell> {
        self.workers.get(worker).map(|cells| &**cells.passages.get_or_init(Box::default))
    }

    /// The counts of connections of all workers together.
    #[must_use]
    pub fn passages(&self) -> PassageTotals {
        let mut totals = PassageTotals::default();
        self.workers.iter().filter_map(|cells| cells.passages.get()).for_each(|cell| totals.merge(cell));
        totals
    }

    /// The newest exemplar of each bucket, and the wish for newer ones.
    #[must_use]
    pub fn exemplars(&self) -> Exemplars {
        let mut newest = Exemplars::default();
        for cell in self.cells() {
            let slots = cell.exemplars.get().into_iter().flat_map(|slots| slots.iter());
            for (newest, slot) in newest.iter_mut().zip(slots) {
                let found = slot.read();
                let at = |exemplar: &Option<Exemplar>| exemplar.as_ref().map(|exemplar| exemplar.at);
                if at(&found) > at(newest) {
                    *newest = found;
                }
            }
            cell.want_exemplars();
        }
        newest
    }

    /// The counts of all workers together.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for cell in self.cells() {
            totals.merge(cell);
        }
        totals
    }
}

/// The counts of one series over all workers.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// Exchanges by class of status, in the order of [`CODES`].
    pub codes: [u64; CODES.len()],
    /// Exchanges that [failed](is_failure).
    pub failures: u64,
    /// Calls of gRPC by status, in the order of their codes.
    pub grpc: [u64; GrpcStatus::ALL.len()],
    /// Octets of request bodies.
    pub request_bytes: u64,
    /// Octets of answer bodies.
    pub response_bytes: u64,
    /// How long the exchanges took.
    pub latency: Latency,
    /// How long the upstreams took to begin their answers.
    pub first_byte: Coarse,
}

impl Totals {
    /// Exchanges in all.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.codes.iter().sum()
    }

    fn merge(&mut self, cell: &Cell) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for (total, count) in self.codes.iter_mut().zip(&cell.codes) {
            *total += read(count);
        }
        self.failures += read(&cell.failures);
        for (total, count) in
            self.grpc.iter_mut().zip(cell.grpc.get().into_iter().flat_map(|counts| counts.iter()))
        {
            *total += read(count);
        }
        self.request_bytes += read(&cell.request_bytes);
        self.response_bytes += read(&cell.response_bytes);
        self.latency.merge(cell.buckets.iter().map(read), read(&cell.sum_micros));
        for (total, count) in self.first_byte.counts.iter_mut().zip(&cell.first_bytes) {
            *total += read(count);
        }
        self.first_byte.sum_micros += read(&cell.first_byte_micros);
    }
}

/// Every series that somebody holds. Used when a snapshot is made and when metrics are read, never by a request.
#[derive(Debug)]
pub struct SeriesBook {
    workers: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    series: HashMap<Arc<SeriesKey>, Entry>,
    is_followed: bool,
    purge_at: usize,
}

#[derive(Debug)]
struct Entry {
    living: Weak<Series>,
    /// For whoever follows, until it is known to have ended.
    kept: Option<Arc<Series>>,
}

impl SeriesBook {
    /// An empty book for so many workers.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { workers, known: Mutex::default() }
    }

    /// How many workers count.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// The series of this key: the same one for as long as anybody holds it.
    pub fn series(&self, key: SeriesKey) -> Arc<Series> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.series.get(&key).and_then(|entry| entry.living.upgrade()) {
            return series;
        }
        let workers = (0..self.workers).map(|_| Cells::default()).collect();
        let key = Arc::new(key);
        let series = Arc::new(Series { key: Arc::clone(&key), workers });
        let kept = known.is_followed.then(|| Arc::clone(&series));
        known.series.insert(key, Entry { living: Arc::downgrade(&series), kept });
        known.purge();
        series
    }

    /// From now on somebody asks for series that [end](Self::ended): until then they are kept.
    pub fn follow(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_followed = true;
        known.series.values_mut().for_each(|entry| entry.kept = entry.living.upgrade());
    }

    /// The series in which nobody counts any more, once; their counts are final. One that comes to be of the same key begins
    /// at nothing.
    #[must_use]
    pub fn ended(&self) -> Vec<Arc<Series>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_last = |kept: &Arc<Series>| Arc::strong_count(kept) == 1;
        let ended = known.series.extract_if(|_, entry| entry.kept.as_ref().is_some_and(is_last));
        let ended = ended.filter_map(|(_, entry)| entry.kept).collect();
        // what those counted who let go of it is seen by those who read it now
        fence(Ordering::Acquire);
        ended
    }

    /// Every living series, in the order of the keys.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Series>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut living: Vec<_> = known.series.values().filter_map(|entry| entry.living.upgrade()).collect();
        drop(known);
        living.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        living
    }
}

impl Known {
    /// Forgets the dead ones, seldom enough that a table of n routes costs O(n).
    fn purge(&mut self) {
        if self.series.len() >= self.purge_at {
            self.series.retain(|_, entry| entry.living.strong_count() > 0);
            self.purge_at = (self.series.len() * 2).max(64);
        }
    }
}
