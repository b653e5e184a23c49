//! How clusters, subsets and endpoints stand.

use std::collections::BTreeMap;

use tokio::time::Instant;
use towpath_config::model::{Address, Cluster};

use crate::admin::documents::retries_left;
use crate::observe::expose::{Exposition, Shape};
use crate::observe::metrics::write_tallies;
use crate::observe::series::OVERFLOW;
use crate::snapshot::{LiveCluster, Snapshot};
use crate::upstream::balance::EndpointSet;
use crate::upstream::endpoint::{EndpointState, Moment};

/// A gauge by its name, what it means, and how it is read.
type Gauge<T> = (&'static str, &'static str, fn(&T) -> u64);

/// The same for what is written of a cluster, and what is known of it.
type ClusterGauge = (&'static str, &'static str, fn(&Cluster, &LiveCluster) -> u64);

/// A cluster as it was written, and as it stands.
type Pair<'a> = (&'a Cluster, &'a LiveCluster);

const BY_CLUSTER: [ClusterGauge; 4] = [
    (
        "towpath_cluster_connections",
        "Connections open to the endpoints of a cluster, idle ones included.",
        |_, live| live.state().open().into(),
    ),
    ("towpath_cluster_connections_limit", "As many connections as a cluster may have.", |cluster, _| {
        (**cluster.limits().connections()).into()
    }),
    ("towpath_cluster_pending", "Requests that wait for a connection of a cluster.", |_, live| {
        live.state().pending().into()
    }),
    (
        "towpath_cluster_pending_limit",
        "As many requests as may wait for a connection of a cluster.",
        |cluster, _| (**cluster.limits().pending()).into(),
    ),
];

const BY_SUBSET: [Gauge<EndpointSet>; 2] = [
    ("towpath_subset_active", "Requests under way at the endpoints of a subset.", |set| {
        set.members().map(|(endpoint, _)| u64::from(endpoint.active())).sum()
    }),
    ("towpath_subset_endpoints", "Endpoints of a subset that can be chosen.", |set| {
        set.members().count() as u64
    }),
];

const BY_ENDPOINT: [Gauge<EndpointState>; 2] = [
    ("towpath_endpoint_active", "Requests under way at an endpoint.", |state| state.active().into()),
    ("towpath_endpoint_idle", "Idle connections to an endpoint.", |state| state.idle().into()),
];

pub(super) fn write(text: &mut Exposition, snapshot: &Snapshot) {
    let config = snapshot.config();
    let pairs: Vec<Pair<'_>> =
        config.cluster_ids().filter_map(|id| Some((config.cluster(id)?, snapshot.cluster(id)?))).collect();
    for (name, help, read) in BY_CLUSTER {
        let mut family = text.family(name, Shape::Gauge, help);
        pairs.iter().for_each(|pair| family.sample(&[("cluster", pair.0.name())], read(pair.0, pair.1)));
    }
    let tallies: Vec<_> =
        pairs.iter().map(|(cluster, live)| (cluster.name().as_str(), live.state().tally())).collect();
    write_tallies(text, "cluster", &tallies);
    let tallies: Vec<_> =
        pairs.iter().map(|(cluster, live)| (cluster.name().as_str(), live.state().resilience())).collect();
    write_tallies(text, "cluster", &tallies);
    write_retries(text, &pairs);
    write_subsets(text, &pairs);
    let limit = **config.process().limits().series() as usize;
    write_endpoints(text, &pairs, limit);
    write_breakers(text, &pairs, limit);
    write_ejected(text, &pairs);
}

/// Of clusters to which there were requests that might have been sent again: a mesh has many more.
fn write_retries(text: &mut Exposition, pairs: &[Pair<'_>]) {
    let known = |pair: &Pair<'_>| pair.1.state().known_retries().is_some();
    let pairs: Vec<_> = pairs.iter().filter(|pair| known(pair)).collect();
    let help = "Retries under way, with their pauses, by cluster.";
    let mut family = text.family("towpath_cluster_retries", Shape::Gauge, help);
    for (cluster, live) in &pairs {
        family.sample(&[("cluster", cluster.name())], live.state().retries().under_way());
    }
    let help = "Retries that retry_budget would allow now, by cluster.";
    let mut family = text.family("towpath_cluster_retry_budget_left", Shape::Gauge, help);
    for (cluster, live) in &pairs {
        let left = retries_left(cluster, live).into_iter();
        left.for_each(|left| family.sample(&[("cluster", cluster.name())], left));
    }
    let tallies: Vec<_> = pairs
        .iter()
        .map(|(cluster, live)| (cluster.name().as_str(), live.state().retries().tally()))
        .collect();
    write_tallies(text, "cluster", &tallies);
}

fn write_subsets(text: &mut Exposition, pairs: &[Pair<'_>]) {
    for (name, help, read) in BY_SUBSET {
        let mut family = text.family(name, Shape::Gauge, help);
        for (cluster, live) in pairs {
            for (position, subset) in cluster.subsets().iter().enumerate() {
                let labels = [("cluster", cluster.name().as_str()), ("subset", subset.name().as_str())];
                family.sample(&labels, read(live.endpoints(Some(position))));
            }
        }
    }
}

/// Those beyond the limit are added up: a name may stand for any number of addresses.
fn write_endpoints(text: &mut Exposition, pairs: &[Pair<'_>], limit: usize) {
    let endpoints = endpoints(pairs);
    for (name, help, read) in BY_ENDPOINT {
        let mut family = text.family(name, Shape::Gauge, help);
        for ((cluster, address), endpoint) in endpoints.iter().take(limit) {
            family.sample(&[("cluster", *cluster), ("endpoint", &address.to_string())], read(endpoint));
        }
        if endpoints.len() > limit {
            let rest: u64 = endpoints.values().skip(limit).map(|endpoint| read(endpoint)).sum();
            family.sample(&[("cluster", OVERFLOW), ("endpoint", "")], rest);
        }
    }
}

/// Only of clusters that have breakers. Those beyond the limit are left out: states cannot be added up.
fn write_breakers(text: &mut Exposition, pairs: &[Pair<'_>], limit: usize) {
    let with = pairs.iter().filter(|(cluster, _)| cluster.resilience().breaker().is_some()).copied();
    let help = "How the breaker of an endpoint stands: 0 closed, 1 half open, 2 open.";
    let mut family = text.family("towpath_endpoint_breaker", Shape::Gauge, help);
    for ((cluster, address), endpoint) in endpoints(&with.collect::<Vec<_>>()).into_iter().take(limit) {
        let labels = [("cluster", cluster), ("endpoint", &address.to_string())];
        family.sample(&labels, endpoint.standing().breaker().code());
    }
}

/// Only of clusters that eject.
fn write_ejected(text: &mut Exposition, pairs: &[Pair<'_>]) {
    let now = Moment::of(Instant::now());
    let help = "Endpoints of a cluster that are ejected.";
    let mut family = text.family("towpath_cluster_ejected", Shape::Gauge, help);
    for (cluster, live) in pairs.iter().filter(|(cluster, _)| cluster.resilience().ejection().is_some()) {
        let members = live.endpoints(None).members();
        let ejected = members.filter(|(endpoint, _)| endpoint.standing().ejected(now).is_some()).count();
        family.sample(&[("cluster", cluster.name())], ejected as u64);
    }
}

/// Every endpoint with its cluster's name; once, though a table may name it twice.
fn endpoints<'a>(pairs: &[Pair<'a>]) -> BTreeMap<(&'a str, &'a Address), &'a EndpointState> {
    let rows = pairs.iter().flat_map(|(cluster, live)| {
        let states = live.written(cluster).iter().filter_map(|endpoint| live.endpoint(endpoint.address()));
        states.map(|state| ((cluster.name().as_str(), state.address()), state.as_ref()))
    });
    rows.collect()
}
