//! A cluster while it lives.

use std::sync::Arc;

use hashbrown::HashMap;
use towpath_config::model::{Address, Cluster, Dns, DnsMode, Endpoint, Place};

use crate::outcome::Reason;
use crate::upstream::balance::EndpointSet;
use crate::upstream::cluster::{ClusterState, EndpointState};
use crate::upstream::names::{DnsVerdict, NameState, Standing};

/// A cluster of the config with what is known of it while it lives.
#[derive(Debug)]
pub struct LiveCluster {
    state: Arc<ClusterState>,
    endpoints: HashMap<Address, Arc<EndpointState>>,
    all: EndpointSet,
    subsets: Vec<EndpointSet>,
    name: Option<LiveName>,
}

/// The name of a cluster, and what it stands for.
#[derive(Debug, Clone)]
pub struct LiveName {
    dns: Dns,
    place: Place,
    state: Arc<NameState>,
    answer: Arc<[Endpoint]>,
}

impl LiveName {
    /// The name of `cluster`, if it has one; an `old` one that is asked for in the same way keeps its answer.
    fn of(cluster: &Cluster, old: Option<&Self>) -> Option<Self> {
        let dns = cluster.dns().as_ref()?;
        let known = old.filter(|known| known.dns == **dns);
        let (state, answer) = known
            .map(|known| (Arc::clone(&known.state), Arc::clone(&known.answer)))
            .unwrap_or_else(|| (Arc::default(), Arc::new([])));
        Some(Self { dns: (**dns).clone(), place: dns.place(), state, answer })
    }

    /// What has become of asking.
    #[must_use]
    pub fn state(&self) -> &NameState {
        &self.state
    }

    /// What is asked for, and how.
    #[must_use]
    pub fn dns(&self) -> &Dns {
        &self.dns
    }

    /// Where it is written.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether it has never been resolved.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.answer.is_empty() && self.state.standing() != Standing::Said(DnsVerdict::Resolved)
    }

    /// The endpoints of the last good answer.
    #[must_use]
    pub fn answer(&self) -> &[Endpoint] {
        &self.answer
    }
}

impl LiveCluster {
    /// The live side of a cluster that was not there before.
    pub(super) fn new(cluster: &Cluster, workers: usize) -> Self {
        let state = Arc::new(ClusterState::new(cluster.name(), workers));
        Self::with(state, None, cluster, LiveName::of(cluster, None))
    }

    /// The live side of `cluster` after this one: what is known of the same endpoints, and of the same name, is kept.
    pub(super) fn next(&self, cluster: &Cluster) -> Self {
        let name = LiveName::of(cluster, self.name.as_ref());
        Self::with(Arc::clone(&self.state), Some(self), cluster, name)
    }

    /// The same cluster, whose name stands for these endpoints; `None` when it does so already.
    pub(super) fn answered(&self, cluster: &Cluster, endpoints: &[Endpoint]) -> Option<Self> {
        let name = self.name.as_ref()?;
        let key = |endpoint: &Endpoint| (endpoint.address().clone(), *endpoint.weight());
        if name.answer.iter().map(key).eq(endpoints.iter().map(key)) {
            return None;
        }
        let name = LiveName { answer: endpoints.into(), ..name.clone() };
        Some(Self::with(Arc::clone(&self.state), Some(self), cluster, Some(name)))
    }

    fn with(state: Arc<ClusterState>, old: Option<&Self>, cluster: &Cluster, name: Option<LiveName>) -> Self {
        let written = name.as_ref().map_or(cluster.endpoints().as_slice(), |name| &name.answer);
        let former = old.filter(|_| name.as_ref().is_some_and(is_logical));
        let former = former.and_then(|old| old.endpoints.values().next());
        let endpoints: HashMap<_, _> = written
            .iter()
            .map(|endpoint| {
                let address = endpoint.address().clone();
                let known = old.and_then(|old| old.endpoints.get(&address)).cloned();
                let fresh = || {
                    let address = address.clone();
                    Arc::new(former.map_or_else(
                        || EndpointState::new(address.clone()),
                        |former| former.moved(address.clone()),
                    ))
                };
                (address.clone(), known.unwrap_or_else(fresh))
            })
            .collect();
        let set = |members: &mut dyn Iterator<Item = &Endpoint>| {
            EndpointSet::new(members.filter_map(|endpoint| {
                Some((Arc::clone(endpoints.get(endpoint.address())?), *endpoint.weight()))
            }))
        };
        let all = set(&mut written.iter());
        let subsets = cluster.subsets().iter();
        let subsets =
            subsets.map(|subset| set(&mut written.iter().filter(|one| subset.holds(one)))).collect();
        Self { state, endpoints, all, subsets, name }
    }

    /// The live state of one endpoint.
    #[must_use]
    pub fn endpoint(&self, address: &Address) -> Option<&Arc<EndpointState>> {
        self.endpoints.get(address)
    }

    /// Whether connections to this endpoint may still be used.
    #[must_use]
    pub fn knows(&self, endpoint: &EndpointState) -> bool {
        let same = |known: &Arc<EndpointState>| known.id() == endpoint.id();
        match self.name.as_ref().is_some_and(is_logical) {
            true => self.endpoints.values().any(same),
            false => self.endpoint(endpoint.address()).is_some_and(same),
        }
    }

    /// The live state.
    #[must_use]
    pub fn state(&self) -> &Arc<ClusterState> {
        &self.state
    }

    /// The name whose addresses are the endpoints.
    #[must_use]
    pub fn name(&self) -> Option<&LiveName> {
        self.name.as_ref()
    }

    /// The endpoints of a subset, or all.
    #[must_use]
    pub fn endpoints(&self, subset: Option<usize>) -> &EndpointSet {
        subset.and_then(|position| self.subsets.get(position)).unwrap_or(&self.all)
    }

    /// The endpoints as they are written, or as the name says.
    #[must_use]
    pub fn written<'a>(&'a self, cluster: &'a Cluster) -> &'a [Endpoint] {
        self.name.as_ref().map_or(cluster.endpoints(), LiveName::answer)
    }

    /// Why nothing can be chosen, where nothing can.
    #[must_use]
    pub fn lack(&self) -> Reason {
        match self.name.as_ref().map(|name| name.state.standing()) {
            None | Some(Standing::Said(DnsVerdict::Resolved)) => Reason::NoEndpoint,
            Some(Standing::Unasked | Standing::Pending) => Reason::DnsPending,
            Some(Standing::Said(_)) => Reason::DnsFailed,
        }
    }
}

fn is_logical(name: &LiveName) -> bool {
    *name.dns.mode() == DnsMode::Logical
}

#[cfg(test)]
mod tests;
