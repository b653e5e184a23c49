//! Which resources serve a host, for proxies that load on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use towpath_config::parts::Served;
use towpath_wire::{Cache, Kind, Resource};

use super::desired::{Routing, full_name};

/// The hosts among these that some route serves. Each says the names of those routes, and of the clusters they lead to.
pub(super) fn resources(
    namespace: &str,
    routes: &BTreeMap<&Arc<str>, &Routing>,
    hosts: &BTreeSet<String>,
    cache: &mut Cache,
) -> Vec<Arc<Resource>> {
    let resources = hosts.iter().filter_map(|host| {
        let text = serving(namespace, routes, host)?;
        Some(cache.resource(Kind::Host, &format!("{namespace}/{host}"), &text))
    });
    resources.collect()
}

fn serving(namespace: &str, routes: &BTreeMap<&Arc<str>, &Routing>, host: &str) -> Option<String> {
    let serves = |route: &Routing| route.names.hosts.iter().any(|pattern| holds(pattern, host));
    let serving: Vec<_> = routes.iter().filter(|(_, route)| serves(route)).collect();
    if serving.is_empty() {
        return None;
    }
    let routes = serving.iter().map(|(name, _)| full_name(namespace, name)).collect();
    let clusters = serving.iter().flat_map(|(_, route)| &route.names.clusters);
    let clusters: BTreeSet<String> = clusters.map(|name| full_name(namespace, name)).collect();
    Some(Served { routes, clusters: clusters.into_iter().collect() }.text())
}

/// Whether a pattern of a route, `shop.example.com`, `*.example.com` or `*`, holds this host. As the proxy matches:
/// `*.example.com` is any name below it, and not `example.com` itself.
fn holds(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some("") => true,
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => pattern == host,
    }
}
