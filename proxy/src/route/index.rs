//! From a request to its route in a time that does not grow with the number of routes: a hash of the host, then a
//! tree of path segments, then the few candidates that are left, in their computed order.

use hashbrown::HashMap;
use towpath_config::model::{Config, HostPattern, RouteId};

use crate::route::miss::Miss;
use crate::route::view::RequestView;

mod connections;
mod entry;
mod expressions;
mod run;
mod site;
mod tree;

#[cfg(test)]
mod tests;

pub use connections::Connections;
use entry::Entry;
use site::Site;

/// The route that takes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// The route.
    pub route: RouteId,
    /// Position in its conditions of the one that holds.
    pub condition: usize,
}

/// Built once for each [`Config`], and asked with that one only.
#[derive(Debug, Default)]
pub struct Index {
    /// As the computed order.
    entries: Vec<Entry>,
    /// Boxed: a table has more places than sites, and a site is large.
    exact: HashMap<Box<str>, Box<Site>>,
    suffixes: HashMap<Box<str>, Site>,
    /// Length of the longest suffix: a host of a thousand labels costs no thousand long hashes.
    suffix_bytes_max: usize,
    any: Option<Site>,
}

impl Index {
    /// The index of `config.order()`.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let mut hosts: HashMap<&HostPattern, Vec<u32>> = HashMap::new();
        for (position, candidate) in config.order().iter().enumerate() {
            let route = config.route(candidate.route());
            if let Some(host) = route.and_then(|route| route.hosts().get(candidate.host())) {
                hosts.entry(host).or_default().push(position as u32);
            }
        }
        let entries = config.order().iter().map(|candidate| Entry::new(config, candidate)).collect();
        let mut index = Self { entries, ..Self::default() };
        for (host, positions) in hosts {
            let site = Site::new(config, &positions);
            match host {
                HostPattern::Exact(name) => {
                    index.exact.insert(name.as_str().into(), Box::new(site));
                }
                HostPattern::Suffix(suffix) => {
                    index.suffix_bytes_max = index.suffix_bytes_max.max(suffix.len());
                    index.suffixes.insert(suffix.as_str().into(), site);
                }
                HostPattern::Any => index.any = Some(site),
            }
        }
        index
    }

    /// The first candidate in the computed order of which all holds.
    ///
    /// # Errors
    /// The furthest stage that any candidate reached, when none holds.
    pub fn find(&self, config: &Config, view: &RequestView<'_>) -> Result<Match, Miss> {
        let mut furthest = Miss::NoHost;
        for site in self.sites(view.host) {
            match site.find(&self.entries, config, view) {
                Ok(found) => return Ok(found),
                Err(miss) => furthest = furthest.max(miss),
            }
        }
        Err(furthest)
    }

    /// What answers for this host: the exact name, then suffixes from the longest on, then any.
    fn sites<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a Site> {
        self.exact.get(host).map(Box::as_ref).into_iter().chain(self.below(host)).chain(&self.any)
    }

    fn below<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a Site> {
        // no host is searched for dots when no suffix could be found by them
        let searched = if self.suffixes.is_empty() { "" } else { host };
        memchr::memchr_iter(b'.', searched.as_bytes())
            .filter(|dot| *dot > 0 && host.len() - dot <= self.suffix_bytes_max)
            .filter_map(|dot| self.suffixes.get(host.get(dot..)?))
    }
}
