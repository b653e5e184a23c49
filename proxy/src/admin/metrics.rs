//! `/metrics`: what the workers counted, and how clusters and the route table stand.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use hyper::StatusCode;
use towpath_config::model::Address;

use super::context::Site;
use super::pages::Asked;
use super::reply::Reply;
use crate::observe::expose::{Exposition, Format, Shape};
use crate::observe::metrics;
use crate::shared::Shared;
use crate::snapshot::{LiveCluster, Snapshot};
use crate::sys::{files, memory};
use crate::upstream::cluster::EndpointState;

#[cfg(test)]
mod tests;

pub(super) fn page(site: &Site, asked: &Asked) -> Reply {
    let format = Format::negotiate(&asked.accept);
    let body = exposition(&site.shared, format);
    Reply { content_type: format.content_type(), ..Reply::text(StatusCode::OK, body) }
}

fn exposition(shared: &Shared, format: Format) -> String {
    let snapshot = shared.snapshot();
    let mut text = Exposition::new(format);
    write_process(&mut text, shared, &snapshot);
    write_clusters(&mut text, &snapshot);
    metrics::write_stats(&mut text, shared.stats());
    metrics::write_series(&mut text, shared.series());
    text.finish()
}

fn write_process(text: &mut Exposition, shared: &Shared, snapshot: &Snapshot) {
    let process = snapshot.config().process();
    let labels = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("id", process.id()),
        ("namespace", process.namespace()),
        ("locality", process.locality().as_deref().unwrap_or_default()),
    ];
    text.family("towpath_build", Shape::Info, "This proxy.").sample(&labels, 1);
    let mut gauge = |name, help, value: f64| text.family(name, Shape::Gauge, help).sample(&[], value);
    let pressure = shared.pressure();
    gauge(
        "towpath_memory_pressure",
        "0: low, 1: high, no connection is kept; 2: full, requests get 503.",
        pressure as u8 as f64,
    );
    if let Some(limit) = **process.limits().memory() {
        gauge("towpath_memory_limit_bytes", "The memory that the route table allows.", limit as f64);
    }
    let help = "Connections from clients that may be open: as the route table says, as far as there are files for them.";
    gauge("towpath_downstream_connections_limit", help, shared.connections_max().into());
    gauge("process_max_fds", "Files that the process may have open.", shared.files().all as f64);
    if let Some(open) = files::open() {
        gauge("process_open_fds", "Files that the process has open.", open as f64);
    }
    if let Some(octets) = memory::resident() {
        gauge("process_resident_memory_bytes", "Memory that is resident.", octets as f64);
    }
    let help = "Counts up with each route table that goes live; 1 is the first.";
    gauge("towpath_config_generation", help, snapshot.generation() as f64);
    let help = "When the live route table went live.";
    gauge("towpath_config_loaded_timestamp_seconds", help, seconds(snapshot.loaded()));
    let help = "1 when the newest route table was refused and an older one is live, else 0.";
    gauge("towpath_config_rejected", help, if shared.rejection().is_some() { 1.0 } else { 0.0 });
    let help = "0 while it serves, 1 while it asks not to be chosen, 2 once it takes nothing new.";
    gauge("towpath_drain_stage", help, f64::from(shared.phase() as u8));
    let mut family =
        text.family("towpath_worker_connections", Shape::Gauge, "Connections that a worker carries.");
    for (worker, connections) in shared.connections_by_worker().enumerate() {
        family.sample(&[("worker", &worker.to_string())], connections);
    }
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64 / 1000.0
}

fn write_clusters(text: &mut Exposition, snapshot: &Snapshot) {
    type ClusterGauge = (&'static str, &'static str, fn(&LiveCluster) -> u32);
    type EndpointGauge = (&'static str, &'static str, fn(&EndpointState) -> u32);
    const BY_CLUSTER: [ClusterGauge; 2] = [
        (
            "towpath_cluster_connections",
            "Connections open to the endpoints of a cluster, idle ones included.",
            |live| live.state().open(),
        ),
        ("towpath_cluster_pending", "Requests that wait for a connection of a cluster.", |live| {
            live.state().pending()
        }),
    ];
    const BY_ENDPOINT: [EndpointGauge; 2] = [
        ("towpath_endpoint_active", "Requests under way at an endpoint.", EndpointState::active),
        ("towpath_endpoint_idle", "Idle connections to an endpoint.", EndpointState::idle),
    ];
    let clusters = || snapshot.config().cluster_ids().filter_map(|id| snapshot.cluster(id));
    for (name, help, read) in BY_CLUSTER {
        let mut family = text.family(name, Shape::Gauge, help);
        clusters().for_each(|live| family.sample(&[("cluster", live.state().name())], read(live)));
    }
    let endpoints = endpoints(snapshot);
    for (name, help, read) in BY_ENDPOINT {
        let mut family = text.family(name, Shape::Gauge, help);
        for ((cluster, address), endpoint) in &endpoints {
            let address = address.to_string();
            family.sample(&[("cluster", *cluster), ("endpoint", &address)], read(endpoint));
        }
    }
}

/// Every endpoint with its cluster's name; once, though a table may name it twice.
fn endpoints(snapshot: &Snapshot) -> BTreeMap<(&str, &Address), &EndpointState> {
    let config = snapshot.config();
    let rows = config.cluster_ids().filter_map(|id| Some((config.cluster(id)?, snapshot.cluster(id)?)));
    rows.flat_map(|(cluster, live)| {
        let states = cluster.endpoints().iter().filter_map(|endpoint| live.endpoint(endpoint.address()));
        states.map(|state| ((cluster.name().as_str(), state.address()), state.as_ref()))
    })
    .collect()
}
