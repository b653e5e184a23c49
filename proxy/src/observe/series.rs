//! Requests by route, cluster, subset and class. A series lives as long as a snapshot or an exchange holds it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use hashbrown::HashMap;

use crate::observe::latency::{BUCKETS, Latency, bucket};

#[cfg(test)]
mod tests;

/// The classes of status codes, as they stand in labels.
pub const CODES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"];

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
    /// From the first byte of the request's head to the last byte of the answer.
    pub elapsed: Duration,
    /// Octets of the request's body.
    pub request_bytes: u64,
    /// Octets of the answer's body.
    pub response_bytes: u64,
}

/// The counts of one worker. It alone writes, so a load and a store are enough.
#[derive(Debug)]
struct Cell {
    codes: [AtomicU64; CODES.len()],
    request_bytes: AtomicU64,
    response_bytes: AtomicU64,
    sum_micros: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

fn add(counter: &AtomicU64, count: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
}

impl Cell {
    fn empty() -> Box<Self> {
        Box::new(Self {
            codes: [const { AtomicU64::new(0) }; CODES.len()],
            request_bytes: AtomicU64::new(0),
            response_bytes: AtomicU64::new(0),
            sum_micros: AtomicU64::new(0),
            buckets: [const { AtomicU64::new(0) }; BUCKETS],
        })
    }

    fn record(&self, sample: &Sample) {
        let micros = sample.elapsed.as_micros() as u64;
        if let Some(count) = self.codes.get(code(sample.status)) {
            add(count, 1);
        }
        if let Some(count) = self.buckets.get(bucket(micros)) {
            add(count, 1);
        }
        add(&self.sum_micros, micros);
        add(&self.request_bytes, sample.request_bytes);
        add(&self.response_bytes, sample.response_bytes);
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
    key: SeriesKey,
    cells: Box<[OnceLock<Box<Cell>>]>,
}

impl Series {
    /// What it counts.
    #[must_use]
    pub fn key(&self) -> &SeriesKey {
        &self.key
    }

    /// Counts one exchange. Only the worker itself may call this with its number.
    pub fn record(&self, worker: usize, sample: &Sample) {
        if let Some(cell) = self.cells.get(worker) {
            cell.get_or_init(Cell::empty).record(sample);
        }
    }

    /// The counts of all workers together.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for cell in self.cells.iter().filter_map(OnceLock::get) {
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
    /// Octets of request bodies.
    pub request_bytes: u64,
    /// Octets of answer bodies.
    pub response_bytes: u64,
    /// How long the exchanges took.
    pub latency: Latency,
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
        self.request_bytes += read(&cell.request_bytes);
        self.response_bytes += read(&cell.response_bytes);
        self.latency.merge(cell.buckets.iter().map(read), read(&cell.sum_micros));
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
    series: HashMap<SeriesKey, Weak<Series>>,
    purge_at: usize,
}

impl SeriesBook {
    /// An empty book for so many workers.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { workers, known: Mutex::default() }
    }

    /// The series of this key: the same one for as long as anybody holds it.
    pub fn series(&self, key: SeriesKey) -> Arc<Series> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.series.get(&key).and_then(Weak::upgrade) {
            return series;
        }
        let cells = (0..self.workers).map(|_| OnceLock::new()).collect();
        let series = Arc::new(Series { key: key.clone(), cells });
        known.series.insert(key, Arc::downgrade(&series));
        known.purge();
        series
    }

    /// Every living series, in the order of the keys.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Series>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut living: Vec<_> = known.series.values().filter_map(Weak::upgrade).collect();
        drop(known);
        living.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        living
    }
}

impl Known {
    /// Forgets the dead ones, seldom enough that a table of n routes costs O(n).
    fn purge(&mut self) {
        if self.series.len() >= self.purge_at {
            self.series.retain(|_, series| series.strong_count() > 0);
            self.purge_at = (self.series.len() * 2).max(64);
        }
    }
}
