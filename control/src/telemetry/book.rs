//! Every series with its recent time; so many and no more.

use std::collections::HashMap;

use super::ring::Recent;
use super::tally::Tally;

#[cfg(test)]
mod tests;

/// So long a series is kept of which nothing is heard, in seconds: as long as anything of it is.
pub(super) const SILENCE_MAX: u64 = 86_400;

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
    /// The last so many seconds.
    pub window: u64,
}

/// Every series.
#[derive(Debug)]
pub struct Book {
    series: HashMap<Key, Recent<Tally>>,
    most: usize,
    /// Requests that had to be counted together with those of other series.
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
            self.overflowed = self.overflowed.saturating_add(tally.requests());
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

    /// Requests that were counted together for want of room.
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// What each series counted in the window in which it counted something, by name.
    #[must_use]
    pub fn sums(&self, now: u64, query: &Query) -> Vec<(Key, Tally)> {
        let found = self.series.iter().filter(|(key, _)| query.wants(key));
        let summed = found.map(|(key, recent)| (key.clone(), recent.sum(now, query.window.max(1))));
        let mut sums: Vec<_> = summed.filter(|(_, tally)| !tally.is_empty()).collect();
        sums.sort_by(|(one, _), (other, _)| one.cmp(other));
        sums
    }
}

impl Query {
    /// Whether it asks for this cluster of a namespace too, apart from routes; for what is of no cluster without one.
    pub(super) fn wants_place(&self, namespace: &str, cluster: Option<&str>) -> bool {
        let same =
            |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        self.route.is_none() && same(&self.namespace, Some(namespace)) && same(&self.cluster, cluster)
    }

    fn wants(&self, key: &Key) -> bool {
        let same =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        same(&self.namespace, &key.namespace)
            && same(&self.route, &key.route)
            && same(&self.cluster, &key.cluster)
    }
}
