//! A cluster while it lives.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashSet;
use towpath_config::model::{Address, Cluster, Dns, DnsMode, Endpoint, Place};

use crate::outcome::Reason;
use crate::upstream::balance::EndpointSet;
use crate::upstream::cluster::ClusterState;
use crate::upstream::endpoint::EndpointState;
use crate::upstream::names::{DnsVerdict, NameState, Standing};

/// A cluster of the config with what is known of it while it lives.
#[derive(Debug)]
pub struct LiveCluster {
    state: Arc<ClusterState>,
    endpoints: HashSet<ByAddress>,
    all: EndpointSet,
    subsets: Vec<EndpointSet>,
    /// Few clusters have one, and it is large.
    name: Option<Box<LiveName>>,
}

/// An endpoint that is found by its address, which stands in its state: a mesh has far more endpoints than calls them.
#[derive(Debug, Clone)]
struct ByAddress(Arc<EndpointState>);

impl Borrow<Address> for ByAddress {
    fn borrow(&self) -> &Address {
        self.0.address()
    }
}

impl Hash for ByAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.address().hash(state);
    }
}

impl PartialEq for ByAddress {
    fn eq(&self, other: &Self) -> bool {
        self.0.address() == other.0.address()
    }
}

impl Eq for ByAddress {}

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
        let known = old.filter(|known| known.dns == ***dns);
        let (state, answer) = known
            .map(|known| (Arc::clone(&known.state), Arc::clone(&known.answer)))
            .unwrap_or_else(|| (Arc::default(), Arc::new([])));
        Some(Self { dns: (***dns).clone(), place: dns.place(), state, answer })
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
        let name = LiveName::of(cluster, self.name());
        Self::with(Arc::clone(&self.state), Some(self), cluster, name)
    }

    /// The same cluster, whose name stands for these endpoints; `None` when it does so already.
    pub(super) fn answered(&self, cluster: &Cluster, endpoints: &[Endpoint]) -> Option<Self> {
        let name = self.name.as_ref()?;
        let key = |endpoint: &Endpoint| (endpoint.address().clone(), *endpoint.weight());
        if name.answer.iter().map(key).eq(endpoints.iter().map(key)) {
            return None;
        }
        let name = LiveName { answer: endpoints.into(), ..LiveName::clone(name) };
        Some(Self::with(Arc::clone(&self.state), Some(self), cluster, Some(name)))
    }

    fn with(state: Arc<ClusterState>, old: Option<&Self>, cluster: &Cluster, name: Option<LiveName>) -> Self {
        let written = name.as_ref().map_or(cluster.endpoints().as_slice(), |name| &name.answer);
        let former = old.filter(|_| name.as_ref().is_some_and(is_logical));
        let former = former.and_then(|old| old.endpoints.iter().next());
        let endpoints: HashSet<_> = written
            .iter()
            .map(|endpoint| {
                let known = old.and_then(|old| old.endpoints.get(endpoint.address())).cloned();
                known.unwrap_or_else(|| {
                    let address = endpoint.address().clone();
                    ByAddress(Arc::new(match former {
                        Some(ByAddress(former)) => former.moved(address),
                        None => EndpointState::new(address),
                    }))
                })
            })
            .collect();
        let set = |members: &mut dyn Iterator<Item = &Endpoint>| {
            EndpointSet::new(members.filter_map(|endpoint| {
                Some((Arc::clone(&endpoints.get(endpoint.address())?.0), *endpoint.weight()))
            }))
        };
        let all = set(&mut written.iter());
        let subsets = cluster.subsets().iter();
        let subsets =
            subsets.map(|subset| set(&mut written.iter().filter(|one| subset.holds(one)))).collect();
        Self { state, endpoints, all, subsets, name: name.map(Box::new) }
    }

    /// The live state of one endpoint.
    #[must_use]
    pub fn endpoint(&self, address: &Address) -> Option<&Arc<EndpointState>> {
        self.endpoints.get(address).map(|known| &known.0)
    }

    /// The live state of each endpoint, in no order.
    pub fn known(&self) -> impl Iterator<Item = &Arc<EndpointState>> {
        self.endpoints.iter().map(|known| &known.0)
    }

    /// Whether connections to this endpoint may still be used.
    #[must_use]
    pub fn knows(&self, endpoint: &EndpointState) -> bool {
        let same = |known: &Arc<EndpointState>| known.id() == endpoint.id();
        match self.name().is_some_and(is_logical) {
            true => self.endpoints.iter().any(|known| same(&known.0)),
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
        self.name.as_deref()
    }

    /// The endpoints of a subset, or all.
    #[must_use]
    pub fn endpoints(&self, subset: Option<usize>) -> &EndpointSet {
        subset.and_then(|position| self.subsets.get(position)).unwrap_or(&self.all)
    }

    /// The endpoints as they are written, or as the name says.
    #[must_use]
    pub fn written<'a>(&'a self, cluster: &'a Cluster) -> &'a [Endpoint] {
        self.name().map_or(cluster.endpoints(), LiveName::answer)
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
