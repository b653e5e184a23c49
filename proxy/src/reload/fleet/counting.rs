//! What was counted since the report before. Pure but for reading the counters.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use hashbrown::HashMap;
use towpath_wire::telemetry::{Cluster, Count, Series, Sketch};

use crate::observe::passage::Fate;
use crate::observe::rows::{Kind, Row};
use crate::observe::series::{self, SeriesBook};
use crate::observe::stats::Stats;
use crate::observe::tally::ClusterCounter;
use crate::outcome::Reason;
use crate::snapshot::Snapshot;
use crate::upstream::cluster::ClusterState;

#[cfg(test)]
mod tests;

/// The counts of the report before.
#[derive(Debug, Default)]
pub(super) struct Counted {
    series: HashMap<Key, Before>,
    /// By the id of their state.
    clusters: HashMap<u64, Held>,
    local_replies: Vec<u64>,
}

/// The labels of a series.
type Key = [Box<str>; 4];

/// A cluster, which is held until its last counts are reported, and how often each row was counted.
#[derive(Debug)]
struct Held {
    state: Arc<ClusterState>,
    before: Vec<u64>,
}

/// A series as it was: only the buckets that counted something.
#[derive(Debug, Default, PartialEq)]
struct Before {
    codes: [u64; series::CODES.len()],
    failures: u64,
    request_bytes: u64,
    response_bytes: u64,
    buckets: Vec<(usize, u64)>,
    sum_micros: u64,
    /// Connections of TCP listeners that ended so.
    ends: Vec<(&'static str, u64)>,
}

/// What moved.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Moved {
    pub(super) series: Vec<Series>,
    pub(super) clusters: Vec<Cluster>,
    pub(super) local_replies: Vec<Count>,
}

/// What was added. A count that fell began anew.
fn added(now: u64, before: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

impl Counted {
    /// What was counted since this was called last.
    pub(super) fn moved(&mut self, book: &SeriesBook, snapshot: &Snapshot, stats: &Stats) -> Moved {
        Moved {
            series: self.series(book),
            clusters: self.clusters(snapshot),
            local_replies: self.local_replies(stats),
        }
    }

    fn series(&mut self, book: &SeriesBook) -> Vec<Series> {
        let mut before = std::mem::take(&mut self.series);
        let mut moved = Vec::new();
        let mut take = |one: &series::Series| {
            let (key, now) = read(one)?;
            let old = before.remove(&key).unwrap_or_default();
            if now != old {
                moved.push(since(&key, &now, &old));
            }
            Some((key, now))
        };
        // first: one that begins anew under the same name is another one
        book.ended().iter().for_each(|one| _ = take(one));
        self.series.extend(book.all().iter().filter_map(|one| take(one)));
        moved
    }

    /// Forgets what has ended since: nobody is there to be told.
    pub(super) fn forget_ended(&mut self, book: &SeriesBook) {
        book.ended().iter().for_each(|one| _ = self.series.remove(&labels(one)));
        self.clusters.retain(|_, held| Arc::strong_count(&held.state) > 1);
    }

    fn clusters(&mut self, snapshot: &Snapshot) -> Vec<Cluster> {
        let states = snapshot.config().cluster_ids().filter_map(|id| Some(snapshot.cluster(id)?.state()));
        for state in states {
            let held = || Held { state: Arc::clone(state), before: Vec::new() };
            self.clusters.entry(state.id()).or_insert_with(held);
        }
        let mut moved = Vec::new();
        self.clusters.retain(|_, held| {
            // looked at before its counts are: then these are the last ones
            let lives = Arc::strong_count(&held.state) > 1;
            fence(Ordering::Acquire);
            moved.extend(held.moved());
            lives
        });
        moved.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        moved
    }

    fn local_replies(&mut self, stats: &Stats) -> Vec<Count> {
        let now: Vec<u64> = Reason::ALL.iter().map(|reason| stats.local_replies(*reason)).collect();
        let before = std::mem::replace(&mut self.local_replies, now.clone());
        let rows = Reason::ALL.iter().zip(now).enumerate();
        let counts = rows.map(|(position, (reason, now))| Count {
            name: reason.code().to_owned(),
            count: added(now, before.get(position).copied().unwrap_or(0)),
        });
        counts.filter(|count| count.count > 0).collect()
    }
}

impl Held {
    fn moved(&mut self) -> Option<Cluster> {
        let now: Vec<u64> = ClusterCounter::ALL.iter().map(|row| self.state.tally().total(*row)).collect();
        if now.iter().all(|count| *count == 0) {
            return None;
        }
        let before = std::mem::replace(&mut self.before, now);
        let rows = ClusterCounter::ALL.iter().zip(&self.before).enumerate();
        let counts =
            rows.filter(|(_, (row, _))| row.kind() == Kind::Counter).map(|(position, (row, now))| Count {
                name: row.name().to_owned(),
                count: added(*now, before.get(position).copied().unwrap_or(0)),
            });
        let counts: Vec<_> = counts.filter(|count| count.count > 0).collect();
        (!counts.is_empty()).then(|| Cluster { name: self.state.name().to_owned(), counts })
    }
}

fn labels(series: &series::Series) -> Key {
    series.key().labels().map(|(_, label)| label.into())
}

/// What a series has counted, if it has anything.
fn read(series: &series::Series) -> Option<(Key, Before)> {
    let (totals, passages) = (series.totals(), series.passages());
    let ends = Fate::all().map(|fate| (fate.code(), passages.ended(fate)));
    let now = Before {
        codes: totals.codes,
        failures: totals.failures,
        request_bytes: totals.request_bytes + passages.received,
        response_bytes: totals.response_bytes + passages.sent,
        buckets: totals.latency.buckets().collect(),
        sum_micros: totals.latency.sum().as_micros() as u64,
        ends: ends.filter(|(_, count)| *count > 0).collect(),
    };
    (now != Before::default()).then(|| (labels(series), now))
}

fn since(key: &[Box<str>; 4], now: &Before, old: &Before) -> Series {
    let [route, cluster, subset, class] = key.each_ref().map(|label| label.to_string());
    let before = |bucket: usize| {
        old.buckets.binary_search_by_key(&bucket, |(known, _)| *known).ok().and_then(|at| old.buckets.get(at))
    };
    let buckets = now
        .buckets
        .iter()
        .map(|(bucket, count)| (*bucket, added(*count, before(*bucket).map_or(0, |(_, count)| *count))));
    let ended = now.ends.iter().map(|(code, now)| {
        let before = old.ends.iter().find(|(known, _)| known == code).map_or(0, |(_, count)| *count);
        Count { name: (*code).to_owned(), count: added(*now, before) }
    });
    Series {
        connections: ended.filter(|ended| ended.count > 0).collect(),
        route,
        cluster,
        subset,
        class,
        codes: now.codes.iter().zip(old.codes).map(|(now, old)| added(*now, old)).collect(),
        failures: added(now.failures, old.failures),
        request_bytes: added(now.request_bytes, old.request_bytes),
        response_bytes: added(now.response_bytes, old.response_bytes),
        latency: Some(Sketch::new(buckets, added(now.sum_micros, old.sum_micros))),
    }
}
