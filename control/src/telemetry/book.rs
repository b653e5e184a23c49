//! Every series with its recent time; so many and no more.

use std::collections::HashMap;

use super::ring::{RINGS, Recent, ring_for};
use super::tally::Tally;

#[cfg(test)]
mod tests;

/// So long a series is kept of which nothing is heard, in seconds: as long as anything of it is.
const SILENCE_MAX: u64 = 86_400;

/// What a series counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Key {
    /// The namespace of the proxies.
    pub namespace: String,
    /// The route; `*` for what had no series of its own.
    pub route: String,
    /// The cluster.
    pub cluster: String,
    /// The subset.
    pub subset: String,
    /// The class of requests.
    pub class: String,
}

/// Which series, and over how long.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Of this namespace only.
    pub namespace: Option<String>,
    /// Of this route only.
    pub route: Option<String>,
    /// Of this cluster only.
    pub cluster: Option<String>,
    /// Of this subset only.
    pub subset: Option<String>,
    /// The last so many seconds.
    pub window: u64,
}

/// One series over a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// The series.
    pub key: Key,
    /// Requests a second.
    pub requests: f64,
    /// Those that failed, a second.
    pub failures: f64,
    /// By class of status, 1xx to 5xx and others, a second.
    pub codes: [f64; 6],
    /// Octets of request bodies a second.
    pub request_bytes: f64,
    /// Octets of answer bodies a second.
    pub response_bytes: f64,
    /// What half of them did not exceed, in seconds; at most a sixteenth too long.
    pub p50: Option<f64>,
    /// The same for 90 of a hundred.
    pub p90: Option<f64>,
    /// The same for 99 of a hundred.
    pub p99: Option<f64>,
}

/// One piece of time of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// How long ago it began, in seconds.
    pub ago: u64,
    /// Its length, in seconds.
    pub seconds: u64,
    /// Requests in it.
    pub requests: u64,
    /// Those that failed.
    pub failures: u64,
    /// What 99 of a hundred did not exceed, in seconds.
    pub p99: Option<f64>,
}

/// Every series.
#[derive(Debug)]
pub struct Book {
    series: HashMap<Key, Recent>,
    most: usize,
    /// Reports of series that had to be counted together with others.
    overflowed: u64,
    swept: u64,
}

impl Book {
    /// A book for at most so many series.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { series: HashMap::new(), most, overflowed: 0, swept: 0 }
    }

    /// Counts something that is of now.
    pub fn add(&mut self, now: u64, key: Key, tally: &Tally) {
        if let Some(recent) = self.series.get_mut(&key) {
            recent.add(now, tally);
            return;
        }
        if self.series.len() >= self.most && self.swept < now {
            // once a second at most: it looks at all of them
            self.swept = now;
            self.series.retain(|_, recent| recent.last() + SILENCE_MAX >= now);
        }
        let key = if self.series.len() < self.most {
            key
        } else {
            self.overflowed += 1;
            Key { namespace: key.namespace, route: "*".into(), ..Key::default() }
        };
        // one for each namespace comes on top; namespaces are those of proxies that are let in
        if self.series.len() < self.most.saturating_mul(2) || self.series.contains_key(&key) {
            self.series.entry(key).or_default().add(now, tally);
        }
    }

    /// How many series there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// How often something was counted together for want of room.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// The series of which something was heard in the window, by name.
    #[must_use]
    pub fn rates(&self, now: u64, query: &Query) -> Vec<Rates> {
        let window = query.window.max(1);
        let found = self.series.iter().filter(|(key, _)| query.wants(key));
        let summed = found.map(|(key, recent)| (key, recent.sum(now, window)));
        let heard = summed.filter(|(_, tally)| tally.requests() > 0);
        let mut rates: Vec<_> = heard.map(|(key, tally)| rates(key, &tally, window as f64)).collect();
        rates.sort_by(|a, b| a.key.cmp(&b.key));
        rates
    }

    /// The window piece by piece, all series of the query together.
    #[must_use]
    pub fn points(&self, now: u64, query: &Query) -> Vec<Point> {
        let window = query.window.max(1);
        let (seconds, _) = RINGS.get(ring_for(window)).copied().unwrap_or((1, 1));
        let mut pieces: std::collections::BTreeMap<u64, Tally> = std::collections::BTreeMap::new();
        let found = self.series.iter().filter(|(key, _)| query.wants(key));
        for (at, tally) in found.flat_map(|(_, recent)| recent.pieces(now, window)) {
            pieces.entry(at).or_default().add(tally);
        }
        let point = |(at, tally): (u64, Tally)| Point {
            ago: now.saturating_sub(at),
            seconds,
            requests: tally.requests(),
            failures: tally.failures,
            p99: quantile(&tally, 0.99),
        };
        pieces.into_iter().map(point).collect()
    }
}

impl Query {
    fn wants(&self, key: &Key) -> bool {
        let same =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        same(&self.namespace, &key.namespace)
            && same(&self.route, &key.route)
            && same(&self.cluster, &key.cluster)
            && same(&self.subset, &key.subset)
    }
}

fn rates(key: &Key, tally: &Tally, window: f64) -> Rates {
    let a_second = |count: u64| count as f64 / window;
    Rates {
        key: key.clone(),
        requests: a_second(tally.requests()),
        failures: a_second(tally.failures),
        codes: tally.codes.map(a_second),
        request_bytes: a_second(tally.request_bytes),
        response_bytes: a_second(tally.response_bytes),
        p50: quantile(tally, 0.5),
        p90: quantile(tally, 0.9),
        p99: quantile(tally, 0.99),
    }
}

fn quantile(tally: &Tally, share: f64) -> Option<f64> {
    tally.latency()?.quantile(share).map(|time| time.as_secs_f64())
}
