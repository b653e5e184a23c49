//! What was counted since the report before. Pure but for reading the counters.

use hashbrown::HashMap;
use towpath_wire::telemetry::{Cluster, Count, Series, Sketch};

use crate::observe::rows::{Kind, Row};
use crate::observe::series::{self, SeriesBook};
use crate::observe::stats::Stats;
use crate::observe::tally::ClusterCounter;
use crate::outcome::Reason;
use crate::snapshot::Snapshot;

#[cfg(test)]
mod tests;

/// The counts of the report before.
#[derive(Debug, Default)]
pub(super) struct Counted {
    series: HashMap<[Box<str>; 4], Before>,
    clusters: HashMap<Box<str>, Vec<u64>>,
    local_replies: Vec<u64>,
}

/// A series as it was: only the buckets that counted something.
#[derive(Debug, Default)]
struct Before {
    codes: [u64; series::CODES.len()],
    failures: u64,
    request_bytes: u64,
    response_bytes: u64,
    buckets: Vec<(usize, u64)>,
    sum_micros: u64,
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
        for one in book.all() {
            let totals = one.totals();
            if totals.count() == 0 {
                continue;
            }
            let key = one.key().labels().map(|(_, label)| Box::<str>::from(label));
            let now = Before {
                codes: totals.codes,
                failures: totals.failures,
                request_bytes: totals.request_bytes,
                response_bytes: totals.response_bytes,
                buckets: totals.latency.buckets().collect(),
                sum_micros: totals.latency.sum().as_micros() as u64,
            };
            // another one of the same name began at nothing
            let old = before.remove(&key).filter(|old| old.codes.iter().sum::<u64>() <= totals.count());
            let old = old.unwrap_or_default();
            if now.codes != old.codes {
                moved.push(since(&key, &now, &old));
            }
            self.series.insert(key, now);
        }
        moved
    }

    fn clusters(&mut self, snapshot: &Snapshot) -> Vec<Cluster> {
        let mut before = std::mem::take(&mut self.clusters);
        let mut moved = Vec::new();
        for id in snapshot.config().cluster_ids() {
            let Some(state) = snapshot.cluster(id).map(|live| live.state()) else { continue };
            let now: Vec<u64> = ClusterCounter::ALL.iter().map(|row| state.tally().total(*row)).collect();
            if now.iter().all(|count| *count == 0) {
                continue;
            }
            let old = before.remove(state.name()).unwrap_or_default();
            let rows = ClusterCounter::ALL.iter().zip(&now).enumerate();
            let counts: Vec<_> = rows
                .filter(|(_, (row, _))| row.kind() == Kind::Counter)
                .map(|(position, (row, now))| {
                    (row.name(), added(*now, old.get(position).copied().unwrap_or(0)))
                })
                .filter(|(_, count)| *count > 0)
                .map(|(name, count)| Count { name: name.to_owned(), count })
                .collect();
            if !counts.is_empty() {
                moved.push(Cluster { name: state.name().to_owned(), counts });
            }
            self.clusters.insert(state.name().into(), now);
        }
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

fn since(key: &[Box<str>; 4], now: &Before, old: &Before) -> Series {
    let [route, cluster, subset, class] = key.each_ref().map(|label| label.to_string());
    let before = |bucket: usize| {
        old.buckets.binary_search_by_key(&bucket, |(known, _)| *known).ok().and_then(|at| old.buckets.get(at))
    };
    let buckets = now
        .buckets
        .iter()
        .map(|(bucket, count)| (*bucket, added(*count, before(*bucket).map_or(0, |(_, count)| *count))));
    Series {
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
