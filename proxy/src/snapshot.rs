//! *Snapshot*: what the workers run. The compiled [`Config`], ids resolved; live state of clusters is carried over by
//! name.

use std::sync::Arc;
use std::time::SystemTime;

use hashbrown::HashMap;
use towpath_config::model::{
    Action, Chunks, Cluster, ClusterId, Config, Endpoint, Forward, Listener, ListenerId, Route, RouteId,
};

use crate::observe::listener::ListenerStats;
use crate::observe::series::{OVERFLOW, Series, SeriesBook, SeriesKey};
use crate::route::index::{Connections, Index};
use crate::upstream::endpoint::EndpointState;

mod live;
mod logs;

pub use live::{LiveCluster, LiveName};
pub use logs::AccessLogs;

/// One immutable version of everything that a request needs to know.
#[derive(Debug, Clone)]
pub struct Snapshot {
    generation: u64,
    loaded: SystemTime,
    config: Arc<Config>,
    index: Arc<Index>,
    connections: Arc<Connections>,
    listeners: Vec<Arc<ListenerStats>>,
    clusters: Chunks<LiveCluster>,
    routes: Arc<[RouteSeries]>,
    unrouted: Arc<Series>,
    overflowed: usize,
    logs: Option<Arc<AccessLogs>>,
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
            .map(|old| old.clusters.iter().map(|live| (live.state().name(), &**live)).collect())
            .unwrap_or_default();
        let clusters = config
            .clusters()
            .iter()
            .map(|cluster| {
                let old = known.get(cluster.name().as_str()).copied();
                Arc::new(
                    old.map_or_else(|| LiveCluster::new(cluster, book.workers()), |old| old.next(cluster)),
                )
            })
            .collect();
        let listeners = config.listeners().iter().map(|listener| {
            let known = old.and_then(|old| old.listener_stats(listener.name()));
            known.map_or_else(|| Arc::new(ListenerStats::new(listener.name(), book.workers())), Arc::clone)
        });
        let logs = AccessLogs::next(old.and_then(|old| old.logs.as_deref()), &config, book.workers());
        let left = **config.process().limits().series() as usize;
        let mut ration = Ration { book, left, overflow: None, overflowed: 0 };
        let routes =
            config.routes().iter().map(|route| RouteSeries::new(&config, route, &mut ration)).collect();
        Self {
            generation: old.map_or(1, |old| old.generation + 1),
            loaded: SystemTime::now(),
            index: Arc::new(Index::new(&config)),
            connections: Arc::new(Connections::new(&config)),
            listeners: listeners.collect(),
            clusters,
            routes,
            overflowed: ration.overflowed,
            logs: logs.map(Arc::new),
            unrouted: book.series(SeriesKey::new("", "", "", "")),
            config: Arc::new(config),
        }
    }

    /// What a process of a fleet starts with: no table yet, only what concerns the process.
    #[must_use]
    pub fn before_any_table(config: Config, book: &SeriesBook) -> Self {
        Self { generation: 0, ..Self::next(None, config, book) }
    }

    /// Whether it is of a table at all.
    #[must_use]
    pub fn has_table(&self) -> bool {
        self.generation > 0
    }

    /// The same snapshot, in which the name of a cluster stands for these endpoints; `None` when it does so already.
    #[must_use]
    pub fn answered(&self, cluster: &str, endpoints: &[Endpoint]) -> Option<Self> {
        let id = self.config.cluster_id(cluster)?;
        let live = self.cluster(id)?.answered(self.config.cluster(id)?, endpoints)?;
        let mut next = self.clone();
        next.clusters.set(id.index(), Arc::new(live));
        Some(next)
    }

    /// The same snapshot, in which these clusters have these endpoints: all other clusters are shared. `None` when one is
    /// not there, or has a name instead of endpoints.
    #[must_use]
    pub fn with_endpoints<'a>(
        &self,
        changes: impl IntoIterator<Item = (&'a str, Vec<Endpoint>)>,
    ) -> Option<Self> {
        let (config, changed) = self.config.with_endpoints(changes)?;
        let mut next = self.clone();
        for id in changed {
            let live = self.cluster(id)?.next(config.cluster(id)?);
            next.clusters.set(id.index(), Arc::new(live));
        }
        Some(Self { config: Arc::new(config), ..next })
    }

    /// Takes over what names have come to stand for in `current` while this snapshot was made.
    pub fn catch_up(&mut self, current: &Self) {
        let named = self.config.clusters().iter().enumerate().filter(|(_, cluster)| cluster.dns().is_some());
        for (position, cluster) in named {
            if let Some(now) = current.live(cluster.name()) {
                self.clusters.set(position, Arc::new(now.next(cluster)));
            }
        }
    }

    fn live(&self, cluster: &str) -> Option<&LiveCluster> {
        self.cluster(self.config.cluster_id(cluster)?)
    }

    /// The name that the cluster of this name has instead of endpoints.
    #[must_use]
    pub fn name(&self, cluster: &str) -> Option<&LiveName> {
        self.live(cluster)?.name()
    }

    /// The clusters that have a name, and their names.
    pub fn names(&self) -> impl Iterator<Item = (&str, &LiveName)> {
        self.clusters.iter().filter_map(|live| Some((live.state().name(), live.name()?)))
    }

    /// The clusters of the first table whose names have not been resolved yet, as long as that is worth waiting for.
    #[must_use]
    pub fn awaited_names(&self, now: SystemTime) -> Vec<&str> {
        let age = now.duration_since(self.loaded).unwrap_or_default();
        let limit = *self.config.process().dns().startup_timeout();
        if self.generation > 1 || limit.is_none_or(|limit| age >= limit) {
            return Vec::new();
        }
        self.names().filter(|(_, name)| name.is_open()).map(|(cluster, _)| cluster).collect()
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

    /// The routes of TCP listeners.
    #[must_use]
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// A cluster's live side.
    #[must_use]
    pub fn cluster(&self, id: ClusterId) -> Option<&LiveCluster> {
        self.clusters.get(id.index()).map(|live| &**live)
    }

    /// The clusters, as they are written and as they live.
    pub fn clusters(&self) -> impl Iterator<Item = (&Cluster, &Arc<LiveCluster>)> {
        self.config.clusters().iter().map(|cluster| &**cluster).zip(self.clusters.iter())
    }

    /// Whether the cluster of this name still has this endpoint.
    #[must_use]
    pub fn has_endpoint(&self, cluster: &str, endpoint: &EndpointState) -> bool {
        self.live(cluster).is_some_and(|live| live.knows(endpoint))
    }

    /// The listener of this name.
    #[must_use]
    pub fn listener(&self, name: &str) -> Option<(ListenerId, &Listener)> {
        let found = self.config.listeners().binary_search_by(|listener| listener.name().as_str().cmp(name));
        self.listener_at(found.ok()?)
    }

    /// The listener whose connections are counted there.
    #[must_use]
    pub fn listener_of(&self, stats: &ListenerStats) -> Option<(ListenerId, &Listener)> {
        match self.listeners.iter().position(|known| std::ptr::eq(&**known, stats)) {
            Some(position) => self.listener_at(position),
            // a listener that was gone for a while is counted anew
            None => self.listener(stats.name()),
        }
    }

    fn listener_at(&self, position: usize) -> Option<(ListenerId, &Listener)> {
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

    /// The access logs, when there are any.
    #[must_use]
    pub fn access_logs(&self) -> Option<&AccessLogs> {
        self.logs.as_deref()
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

#[cfg(test)]
mod tests;
