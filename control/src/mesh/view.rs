//! What one proxy gets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use towpath_config::parts::Scope;
use towpath_wire::{Cache, Identity, Kind, Resource, Resources, View};

use super::desired::{Desired, Published, Routing};
use super::hosts;

/// What a view depends on: proxies of the same key get the same view.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ViewKey {
    namespace: Arc<str>,
    /// The listeners that the proxy opens.
    listeners: BTreeSet<Arc<str>>,
    /// The scopes that are about it.
    scopes: BTreeSet<String>,
}

impl ViewKey {
    /// The namespace that the view is of.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }
}

impl Desired {
    /// The key of a proxy's view, which changes with listeners and scopes, not with routes and clusters.
    #[must_use]
    pub fn key(&self, identity: &Identity) -> ViewKey {
        let namespace: Arc<str> = identity.namespace.as_str().into();
        let Some(published) = self.namespaces.get(&namespace) else {
            return ViewKey { namespace, ..ViewKey::default() };
        };
        let opens = |proxies: &[(String, String)]| {
            proxies.iter().all(|(name, value)| identity.labels.get(name) == Some(value))
        };
        let listeners = published.listeners.iter().filter(|(_, one)| opens(&one.proxies));
        let scopes = published.of.law().scopes().iter().filter(|(_, scope)| scope.selects(&identity.labels));
        ViewKey {
            namespace,
            listeners: listeners.map(|(name, _)| Arc::clone(name)).collect(),
            scopes: scopes.map(|(name, _)| name.clone()).collect(),
        }
    }

    /// The view of this key. A proxy that gets it can compile it: all that something in it names is in it. `hosts` are
    /// those that proxies of the key have asked for; of `old`, lists that did not change are kept.
    #[must_use]
    pub fn view(&self, key: &ViewKey, hosts: &BTreeSet<String>, old: &View, cache: &mut Cache) -> View {
        let Some(published) = self.namespaces.get(&key.namespace) else { return View::default() };
        let routes = routes(published, key);
        let named =
            |routes: &BTreeMap<&Arc<str>, &Routing>, of: fn(&Routing) -> &[String]| -> BTreeSet<String> {
                routes.values().flat_map(|route| of(route)).cloned().collect()
            };
        let clusters = named(&routes, |route| &route.names.clusters);
        // a route may name listeners that this proxy does not open: they have to be there for it to be understood
        let listeners = named(&routes, |route| route.names.listeners.as_deref().unwrap_or_default());
        let listeners = published
            .listeners
            .iter()
            .filter(|(name, _)| key.listeners.contains(*name) || listeners.contains(&***name));
        let listed = |known: &BTreeMap<Arc<str>, Arc<Resource>>| {
            clusters.iter().filter_map(|name| known.get(name.as_str()).cloned()).collect::<Vec<_>>()
        };
        let asked = hosts::resources(&key.namespace, &routes, hosts, cache);
        View::default()
            .with(Kind::Settings, kept(old, Kind::Settings, published.settings.iter().cloned().collect()))
            .with(Kind::Cluster, kept(old, Kind::Cluster, listed(&published.clusters)))
            .with(Kind::Endpoints, kept(old, Kind::Endpoints, listed(&published.endpoints)))
            .with(
                Kind::Listener,
                kept(old, Kind::Listener, listeners.map(|(_, one)| Arc::clone(&one.resource)).collect()),
            )
            .with(
                Kind::Route,
                kept(old, Kind::Route, routes.values().map(|one| Arc::clone(&one.resource)).collect()),
            )
            .with(Kind::Host, kept(old, Kind::Host, asked))
    }
}

/// The routes that lead somewhere from the listeners of the key, all of whose destinations are in its scopes.
fn routes<'a>(published: &'a Published, key: &ViewKey) -> BTreeMap<&'a Arc<str>, &'a Routing> {
    let opened = || published.listeners.iter().filter(|(name, _)| key.listeners.contains(*name));
    let any_http = opened().any(|(_, listener)| listener.http);
    let scopes: Vec<&Scope> =
        key.scopes.iter().filter_map(|name| published.of.law().scopes().get(name)).collect();
    let reached = |cluster: &String| {
        scopes.is_empty() || scopes.iter().any(|scope| scope.reaches(&key.namespace, cluster))
    };
    let leads = |route: &Routing| match &route.names.listeners {
        Some(names) => names.iter().any(|name| key.listeners.contains(name.as_str())),
        None => any_http,
    };
    let routes = published.routes.iter();
    routes.filter(|(_, route)| leads(route) && route.names.clusters.iter().all(reached)).collect()
}

/// The old list, when it has the same resources.
fn kept(old: &View, kind: Kind, mut resources: Vec<Arc<Resource>>) -> Arc<Resources> {
    let known = old.of(kind);
    resources.sort_by(|one, other| one.name().cmp(other.name()));
    let same = known.len() == resources.len()
        && known.iter().zip(&resources).all(|(known, resource)| Arc::ptr_eq(known, resource));
    if same { Arc::clone(known) } else { Resources::new(resources) }
}
