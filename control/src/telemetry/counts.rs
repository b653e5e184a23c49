//! What proxies count by name: towards the endpoints of a cluster, and answers of their own by reason.

use std::collections::HashMap;

use towpath_wire::telemetry::Count;

use super::book::{Query, SILENCE_MAX};
use super::ring::{Recent, Sum};

#[cfg(test)]
mod tests;

/// So many names there may be in all; proxies of one version have some 80.
const NAMES_MAX: usize = 512;

/// Of what it is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountKey {
    /// The namespace of the proxies.
    pub namespace: String,
    /// The cluster; none where the proxies answered by themselves.
    pub cluster: Option<String>,
}

/// Counts by the number of their name, ascending.
#[derive(Debug, Clone, Default, PartialEq)]
struct Counts(Vec<(u16, u64)>);

impl Sum for Counts {
    fn add(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            match self.0.binary_search_by_key(name, |(known, _)| *known) {
                Ok(place) => {
                    if let Some((_, total)) = self.0.get_mut(place) {
                        *total = total.saturating_add(*count);
                    }
                }
                Err(place) => self.0.insert(place, (*name, *count)),
            }
        }
    }
}

/// All of them, with their recent time; so many places and no more.
#[derive(Debug)]
pub struct CountBook {
    names: Vec<String>,
    places: HashMap<CountKey, Recent<Counts>>,
    most: usize,
    swept: u64,
}

impl CountBook {
    /// A book for at most so many places.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { names: Vec::new(), places: HashMap::new(), most, swept: 0 }
    }

    /// Counts what is of now. What has no room is not kept.
    pub fn add(&mut self, now: u64, place: CountKey, counts: Vec<Count>) {
        let mut sum = Counts::default();
        for Count { name, count } in counts {
            if let Some(number) = self.number(name) {
                sum.add(&Counts(vec![(number, count)]));
            }
        }
        if sum.0.is_empty() {
            return;
        }
        if self.places.len() >= self.most && !self.places.contains_key(&place) {
            if self.swept < now {
                // once a second at most: it looks at all of them
                self.swept = now;
                self.places.retain(|_, recent| recent.last() + SILENCE_MAX >= now);
            }
            if self.places.len() >= self.most {
                return;
            }
        }
        self.places.entry(place).or_default().add(now, &sum);
    }

    fn number(&mut self, name: String) -> Option<u16> {
        let known = self.names.iter().position(|known| *known == name);
        let number = known.or_else(|| {
            (self.names.len() < NAMES_MAX).then(|| {
                self.names.push(name);
                self.names.len() - 1
            })
        });
        number.and_then(|number| u16::try_from(number).ok())
    }

    /// What was counted in the window of each place in which something was, by place and name.
    #[must_use]
    pub fn sums(&self, now: u64, query: &Query) -> Vec<(CountKey, Vec<(String, u64)>)> {
        let wanted = |place: &CountKey| query.wants_place(&place.namespace, place.cluster.as_deref());
        let found = self.places.iter().filter(|(place, _)| wanted(place));
        let summed = found.map(|(place, recent)| {
            let Counts(counts) = recent.sum(now, query.window.max(1));
            let named = counts
                .into_iter()
                .filter_map(|(number, count)| Some((self.names.get(usize::from(number))?.clone(), count)));
            (place.clone(), named.collect::<Vec<_>>())
        });
        let mut sums: Vec<_> = summed.filter(|(_, counts)| !counts.is_empty()).collect();
        sums.sort_unstable();
        sums
    }
}
