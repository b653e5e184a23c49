//! What is live, encoded: each text once, whoever gets it.

use std::collections::BTreeMap;
use std::sync::Arc;

use towpath_config::parts::{Part, References, Section};
use towpath_wire::{Cache, Kind, Resource};

use super::namespace::Namespace;
use super::state::State;

/// All namespaces of a mesh, encoded.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    pub(super) namespaces: BTreeMap<Arc<str>, Arc<Published>>,
}

/// One namespace, encoded.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) of: Arc<Namespace>,
    pub(super) settings: Option<Arc<Resource>>,
    /// By name, each list.
    pub(super) listeners: BTreeMap<Arc<str>, Listening>,
    pub(super) routes: BTreeMap<Arc<str>, Routing>,
    /// Those of other namespaces among them, under their long names.
    pub(super) clusters: BTreeMap<Arc<str>, Arc<Resource>>,
    pub(super) endpoints: BTreeMap<Arc<str>, Arc<Resource>>,
}

/// A listener, and who opens it.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) resource: Arc<Resource>,
    /// Labels of the proxies that open it, all of them.
    pub(super) proxies: Vec<(String, String)>,
    pub(super) http: bool,
}

/// A route, and what it names.
#[derive(Debug)]
pub(super) struct Routing {
    pub(super) resource: Arc<Resource>,
    pub(super) names: References,
}

impl Desired {
    /// What is live of this state. Of `old`, which was made with the same cache, whatever did not change is kept.
    #[must_use]
    pub fn new(state: &State, old: &Self, cache: &mut Cache) -> Self {
        let published = |(name, namespace): (&Arc<str>, &Arc<Namespace>)| {
            let known = old.namespaces.get(name).filter(|known| Arc::ptr_eq(&known.of, namespace));
            let published =
                known.cloned().unwrap_or_else(|| Arc::new(Published::new(name, namespace, cache)));
            (Arc::clone(name), published)
        };
        Self { namespaces: state.namespaces().map(published).collect() }
    }

    /// Every resource of every namespace, as its own proxies get it. A cluster of another namespace stands here once
    /// for each namespace that has it.
    pub fn resources(&self) -> impl Iterator<Item = (Kind, &Arc<Resource>)> {
        self.namespaces.values().flat_map(|published| published.resources())
    }
}

impl Published {
    fn new(name: &str, namespace: &Arc<Namespace>, cache: &mut Cache) -> Self {
        let mut published = Self {
            of: Arc::clone(namespace),
            settings: None,
            listeners: BTreeMap::new(),
            routes: BTreeMap::new(),
            clusters: BTreeMap::new(),
            endpoints: BTreeMap::new(),
        };
        for part in namespace.parts() {
            published.add(name, part, cache);
        }
        published
    }

    fn add(&mut self, namespace: &str, part: &Part, cache: &mut Cache) {
        let local: Arc<str> = part.name().name().into();
        let full = full_name(namespace, &local);
        match part.name().section() {
            Section::Settings => self.settings = Some(cache.resource(Kind::Settings, &full, part.text())),
            Section::Listener => {
                let resource = cache.resource(Kind::Listener, &full, part.text());
                let listening = Listening { resource, proxies: part.proxies(), http: part.speaks_http() };
                self.listeners.insert(local, listening);
            }
            Section::Route => {
                let resource = cache.resource(Kind::Route, &full, part.text());
                self.routes
                    .insert(local, Routing { resource, names: seen_from(namespace, part.references()) });
            }
            Section::Cluster => {
                self.clusters.insert(local, cache.resource(Kind::Cluster, &full, part.text()));
            }
            Section::Endpoints => {
                self.endpoints.insert(local, cache.resource(Kind::Endpoints, &full, part.text()));
            }
        }
    }

    fn resources(&self) -> impl Iterator<Item = (Kind, &Arc<Resource>)> {
        let settings = self.settings.iter().map(|resource| (Kind::Settings, resource));
        let listeners = self.listeners.values().map(|one| (Kind::Listener, &one.resource));
        let routes = self.routes.values().map(|one| (Kind::Route, &one.resource));
        let clusters = self.clusters.values().map(|resource| (Kind::Cluster, resource));
        let endpoints = self.endpoints.values().map(|resource| (Kind::Endpoints, resource));
        settings.chain(listeners).chain(routes).chain(clusters).chain(endpoints)
    }
}

/// `NAMESPACE/NAME` of what a table of `namespace` calls `name`, or `payments:name`.
pub(super) fn full_name(namespace: &str, name: &str) -> String {
    match name.split_once(':') {
        Some((other, name)) => format!("{other}/{name}"),
        None => format!("{namespace}/{name}"),
    }
}

/// `shop:checkout` is `checkout` in `shop`.
fn seen_from(namespace: &str, mut names: References) -> References {
    let own = format!("{namespace}:");
    for cluster in &mut names.clusters {
        if let Some(local) = cluster.strip_prefix(&own) {
            *cluster = local.to_owned();
        }
    }
    names
}
