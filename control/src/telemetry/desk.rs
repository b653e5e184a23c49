//! Where reports come in: the series of all proxies, and how each proxy stands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use towpath_wire::telemetry::{self as wire, State};

use super::book::{Book, Key, Query};
use super::counts::{CountBook, CountKey};
use super::tally::Tally;

/// The time before now that stands for how a proxy usually fares.
pub const USUAL: u64 = 60;

/// What all proxies report. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Telemetry(Arc<Desk>);

#[derive(Debug)]
struct Desk {
    begun: Instant,
    book: Mutex<Book>,
    counts: Mutex<CountBook>,
    proxies: Mutex<HashMap<Arc<str>, Standing>>,
}

/// How one proxy stands, as it says.
#[derive(Debug, Default)]
struct Standing {
    state: Option<Arc<State>>,
    heard: u64,
    total: [u64; 2],
    /// Requests and failures by second, of the last `USUAL` seconds.
    recent: Vec<(u64, [u64; 2])>,
    /// Whose stream it is; a later one takes its place.
    stream: u64,
}

/// One stream of reports.
#[derive(Debug)]
pub struct Reporter {
    desk: Arc<Desk>,
    proxy: Arc<str>,
    namespace: String,
    stream: u64,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // a count that a panic left half done is still a count
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Telemetry {
    /// A desk that keeps at most so many series, and as many clusters.
    #[must_use]
    pub fn new(series: usize) -> Self {
        let (book, counts) = (Mutex::new(Book::new(series)), Mutex::new(CountBook::new(series)));
        Self(Arc::new(Desk { begun: Instant::now(), book, counts, proxies: Mutex::default() }))
    }

    /// A proxy begins to report; `proxy` is `NAMESPACE/ID`.
    #[must_use]
    pub fn reporter(&self, namespace: &str, proxy: Arc<str>) -> Reporter {
        let mut proxies = locked(&self.0.proxies);
        let standing = proxies.entry(Arc::clone(&proxy)).or_default();
        standing.stream += 1;
        let stream = standing.stream;
        Reporter { desk: Arc::clone(&self.0), proxy, namespace: namespace.to_owned(), stream }
    }

    /// What each series counted in the window of the query.
    #[must_use]
    pub fn sums(&self, query: &Query) -> Vec<(Key, Tally)> {
        locked(&self.0.book).sums(self.0.now(), query)
    }

    /// What was counted by name in the window of the query, by cluster and of no cluster.
    #[must_use]
    pub fn counts(&self, query: &Query) -> Vec<(CountKey, Vec<(String, u64)>)> {
        locked(&self.0.counts).sums(self.0.now(), query)
    }

    /// How long it has been kept.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.0.begun.elapsed()
    }

    /// What a proxy said last of itself, and how long ago.
    #[must_use]
    pub fn state(&self, proxy: &str) -> Option<(Arc<State>, Duration)> {
        let proxies = locked(&self.0.proxies);
        let standing = proxies.get(proxy)?;
        let ago = Duration::from_secs(self.0.now().saturating_sub(standing.heard));
        Some((Arc::clone(standing.state.as_ref()?), ago))
    }

    /// Requests and failures of a proxy since it began to report, and those of the last `USUAL` seconds.
    #[must_use]
    pub fn traffic(&self, proxy: &str) -> Option<([u64; 2], [u64; 2])> {
        let proxies = locked(&self.0.proxies);
        let standing = proxies.get(proxy)?;
        let since = self.0.now().saturating_sub(USUAL);
        let recent = standing.recent.iter().filter(|(at, _)| *at > since);
        let usual = recent.fold([0, 0], |sum, (_, counts)| sums(sum, *counts));
        Some((standing.total, usual))
    }

    /// Series that are kept, requests that were counted together for want of room, and proxies that report.
    #[must_use]
    pub fn sizes(&self) -> (usize, u64, usize) {
        let book = locked(&self.0.book);
        (book.len(), book.overflowed(), locked(&self.0.proxies).len())
    }
}

impl Desk {
    fn now(&self) -> u64 {
        self.begun.elapsed().as_secs()
    }
}

fn sums([a, b]: [u64; 2], [c, d]: [u64; 2]) -> [u64; 2] {
    [a.saturating_add(c), b.saturating_add(d)]
}

impl Reporter {
    /// Takes a report in.
    pub fn report(&self, report: wire::Telemetry) {
        let now = self.desk.now();
        let mut moved = [0, 0];
        let tallies: Vec<_> =
            report.series.into_iter().map(|series| self.tally(series, &mut moved)).collect();
        {
            let mut book = locked(&self.desk.book);
            tallies.into_iter().for_each(|(key, tally)| book.add(now, key, &tally));
        }
        {
            let place = |cluster| CountKey { namespace: self.namespace.clone(), cluster };
            let mut counts = locked(&self.desk.counts);
            for cluster in report.clusters {
                counts.add(now, place(Some(cluster.name)), cluster.counts);
            }
            counts.add(now, place(None), report.local_replies);
        }
        let mut proxies = locked(&self.desk.proxies);
        let Some(standing) = proxies.get_mut(&self.proxy).filter(|standing| standing.stream == self.stream)
        else {
            return;
        };
        standing.heard = now;
        standing.total = sums(standing.total, moved);
        standing.recent.retain(|(at, _)| *at + USUAL > now);
        match standing.recent.last_mut().filter(|(at, _)| *at == now) {
            Some((_, counts)) => *counts = sums(*counts, moved),
            None => standing.recent.push((now, moved)),
        }
        if let Some(state) = report.state {
            standing.state = Some(Arc::new(state));
        }
    }

    fn tally(&self, mut series: wire::Series, moved: &mut [u64; 2]) -> (Key, Tally) {
        let key = Key {
            namespace: self.namespace.clone(),
            route: std::mem::take(&mut series.route),
            cluster: std::mem::take(&mut series.cluster),
            subset: std::mem::take(&mut series.subset),
            class: std::mem::take(&mut series.class),
        };
        let tally = Tally::of(series);
        *moved = sums(*moved, [tally.requests(), tally.failures]);
        (key, tally)
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        let mut proxies = locked(&self.desk.proxies);
        if proxies.get(&self.proxy).is_some_and(|standing| standing.stream == self.stream) {
            proxies.remove(&self.proxy);
        }
    }
}
