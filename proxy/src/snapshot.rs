//! *Snapshot*: what the workers run. The compiled [`Config`], ids resolved; live state of clusters is carried over by
//! name.

use std::sync::Arc;
use std::time::SystemTime;

use hashbrown::HashMap;
use towpath_config::model::{
    Action, Address, Cluster, ClusterId, Config, Forward, Listener, ListenerId, Route, RouteId,
};

use crate::observe::listener::ListenerStats;
use crate::observe::series::{OVERFLOW, Series, SeriesBook, SeriesKey};
use crate::route::index::Index;
use crate::upstream::balance::EndpointSet;
use crate::upstream::cluster::{ClusterState, EndpointState};

/// One immutable version of everything that a request needs to know.
#[derive(Debug)]
pub struct Snapshot {
    generation: u64,
    loaded: SystemTime,
    config: Config,
    index: Index,
    listeners: Vec<Arc<ListenerStats>>,
    clusters: Vec<LiveCluster>,
    routes: Vec<RouteSeries>,
    unrouted: Arc<Series>,
    overflowed: usize,
}

/// A cluster of the config with what is known of it while it lives.
#[derive(Debug)]
pub struct LiveCluster {
    state: Arc<ClusterState>,
    endpoints: HashMap<Address, Arc<EndpointState>>,
    all: EndpointSet,
    subsets: Vec<EndpointSet>,
}

impl LiveCluster {
    fn next(old: Option<&Self>, cluster: &Cluster, workers: usize) -> Self {
        let state = old.map_or_else(
            || Arc::new(ClusterState::new(cluster.name(), workers)),
            |old| Arc::clone(&old.state),
        );
        let endpoints: HashMap<_, _> = cluster
            .endpoints()
            .iter()
            .map(|endpoint| {
                let known = old.and_then(|old| old.endpoints.get(endpoint.address())).cloned();
                let address = endpoint.address().clone();
                (address.clone(), known.unwrap_or_else(|| Arc::new(EndpointState::new(address))))
            })
            .collect();
        let members = |positions: &mut dyn Iterator<Item = usize>| {
            EndpointSet::new(positions.filter_map(|position| {
                let endpoint = cluster.endpoints().get(position)?;
                Some((Arc::clone(endpoints.get(endpoint.address())?), *endpoint.weight()))
            }))
        };
        let all = members(&mut (0..cluster.endpoints().len()));
        let subsets =
            cluster.subsets().iter().map(|subset| members(&mut subset.endpoints().iter().copied())).collect();
        Self { state, endpoints, all, subsets }
    }

    /// The live state of one endpoint.
    #[must_use]
    pub fn endpoint(&self, address: &Address) -> Option<&Arc<EndpointState>> {
        self.endpoints.get(address)
    }

    /// The live state.
    #[must_use]
    pub fn state(&self) -> &Arc<ClusterState> {
        &self.state
    }

    /// The endpoints of a subset, or all.
    #[must_use]
    pub fn endpoints(&self, subset: Option<usize>) -> &EndpointSet {
        subset.and_then(|position| self.subsets.get(position)).unwrap_or(&self.all)
    }
}

/// Where the requests of one route are counted.
#[derive(Debug)]
struct RouteSeries {
    local: Arc<Series>,
    destinations: Vec<Arc<Series>>,
}

impl RouteSeries {
    fn new(config: &Config, route: &Route, ration: &mut Ration<'_>) -> Self {
        let class = route.class().as_deref().unwrap_or_default();
        let local = ration.series(SeriesKey::new(route.name(), "", "", class));
        let destinations = match route.action() {
            Action::Forward(forward) => destination_series(config, route.name(), class, forward, ration),
            Action::Redirect(_) | Action::Respond(_) => Vec::new(),
        };
        Self { local, destinations }
    }
}

fn destination_series(
    config: &Config,
    route: &str,
    class: &str,
    forward: &Forward,
    ration: &mut Ration<'_>,
) -> Vec<Arc<Series>> {
    let mut series = |destination: &towpath_config::model::Destination| {
        let cluster = config.cluster(*destination.cluster());
        let name = cluster.map_or("", |cluster| cluster.name());
        let subset = destination.subset().and_then(|position| cluster?.subsets().get(position));
        ration.series(SeriesKey::new(route, name, subset.map_or("", |subset| subset.name()), class))
    };
    forward.split().destinations().iter().map(&mut series).collect()
}

/// The series that one table may have; what it wants beyond is counted together. The routes are looked at in the order
/// of their names, so the same table always leaves out the same.
struct Ration<'a> {
    book: &'a SeriesBook,
    left: usize,
    overflow: Option<Arc<Series>>,
    overflowed: usize,
}

impl Ration<'_> {
    fn series(&mut self, key: SeriesKey) -> Arc<Series> {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            return self.book.series(key);
        }
        self.overflowed += 1;
        let overflow =
            self.overflow.get_or_insert_with(|| self.book.series(SeriesKey::new(OVERFLOW, "", "", "")));
        Arc::clone(overflow)
    }
}

impl Snapshot {
    /// The snapshot of `config`. Clusters that `old` has too keep their live state, series keep their counts.
    #[must_use]
    pub fn next(old: Option<&Self>, config: Config, book: &SeriesBook) -> Self {
        let known: HashMap<&str, &LiveCluster> = old
            .map(|old| old.clusters.iter().map(|live| (live.state.name(), live)).collect())
            .unwrap_or_default();
        let clusters = config
            .clusters()
            .iter()
            .map(|cluster| {
                LiveCluster::next(known.get(cluster.name().as_str()).copied(), cluster, book.workers())
            })
            .collect();
        let listeners = config.listeners().iter().map(|listener| {
            let known = old.and_then(|old| old.listener_stats(listener.name()));
            known.map_or_else(|| Arc::new(ListenerStats::new(listener.name(), book.workers())), Arc::clone)
        });
        let left = **config.process().limits().series() as usize;
        let mut ration = Ration { book, left, overflow: None, overflowed: 0 };
        let routes =
            config.routes().iter().map(|route| RouteSeries::new(&config, route, &mut ration)).collect();
        Self {
            generation: old.map_or(1, |old| old.generation + 1),
            loaded: SystemTime::now(),
            index: Index::new(&config),
            listeners: listeners.collect(),
            clusters,
            routes,
            overflowed: ration.overflowed,
            unrouted: book.series(SeriesKey::new("", "", "", "")),
            config,
        }
    }

    /// Counts up with each table that went live; 1 is the first.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// When it was made.
    #[must_use]
    pub fn loaded(&self) -> SystemTime {
        self.loaded
    }

    /// What was compiled.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The index over all routes.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// A cluster's live side.
    #[must_use]
    pub fn cluster(&self, id: ClusterId) -> Option<&LiveCluster> {
        self.clusters.get(id.index())
    }

    /// Whether the cluster of this name still has this endpoint.
    #[must_use]
    pub fn has_endpoint(&self, cluster: &str, endpoint: &EndpointState) -> bool {
        let position = self.config.clusters().binary_search_by(|known| known.name().as_str().cmp(cluster));
        let live = position.ok().and_then(|position| self.clusters.get(position));
        live.and_then(|live| live.endpoint(endpoint.address()))
            .is_some_and(|known| known.id() == endpoint.id())
    }

    /// The listener of this name.
    #[must_use]
    pub fn listener(&self, name: &str) -> Option<(ListenerId, &Listener)> {
        let position =
            self.config.listeners().binary_search_by(|listener| listener.name().as_str().cmp(name)).ok()?;
        let id = self.config.listener_ids().nth(position)?;
        self.config.listener(id).map(|listener| (id, listener))
    }

    /// Where the connections of the listener of this name are counted.
    #[must_use]
    pub fn listener_stats(&self, name: &str) -> Option<&Arc<ListenerStats>> {
        let position = self.listeners.binary_search_by(|known| known.name().cmp(name)).ok()?;
        self.listeners.get(position)
    }

    /// Where connections are counted, in the order of the listeners.
    #[must_use]
    pub fn listeners(&self) -> &[Arc<ListenerStats>] {
        &self.listeners
    }

    /// How many destinations of routes are counted together, because `limits.series` are counted apart.
    #[must_use]
    pub fn overflowed(&self) -> usize {
        self.overflowed
    }

    /// Where an exchange is counted: by destination, by route alone, or as unrouted.
    #[must_use]
    pub fn series(&self, route: Option<RouteId>, destination: Option<usize>) -> &Arc<Series> {
        let Some(route) = route.and_then(|route| self.routes.get(route.index())) else {
            return &self.unrouted;
        };
        destination.and_then(|position| route.destinations.get(position)).unwrap_or(&route.local)
    }
}
