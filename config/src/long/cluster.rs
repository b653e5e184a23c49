//! The section `clusters`.

use serde_json::{Map, Value, json};

mod health;
mod resilience;

use super::table::{labels, optional, or_none, size};
use crate::language::Write;
use crate::model::{Cluster, ClusterLimits, ClusterProtocol, Dns, DnsQuery, Endpoint, RetryBudget, Subset};

pub(super) fn cluster(cluster: &Cluster) -> Value {
    let (key, origin) = match &cluster.dns {
        Some(name) => ("dns", dns(name)),
        None => ("endpoints", cluster.endpoints.iter().map(endpoint).collect()),
    };
    let mut object = json!({
        key: origin,
        "subsets": cluster.subsets.iter().map(subset).collect::<Map<_, _>>(),
        "protocol": cluster.protocol.write(),
        "balance": cluster.balance.write(),
        "limits": limits(&cluster.limits),
        "idle_timeout": or_none(cluster.idle_timeout.as_ref()),
        "retry_budget": cluster.resilience.retry_budget.as_ref().map_or_else(|| json!("none"), budget),
    });
    if *cluster.protocol == ClusterProtocol::Http2 {
        http2(cluster, &mut object);
    }
    resilience::write(&cluster.resilience, &mut object);
    let proxy_protocol = cluster.proxy_protocol.as_ref().map(|version| version.write());
    optional(&mut object, "proxy_protocol", proxy_protocol);
    object
}

fn budget(budget: &RetryBudget) -> Value {
    json!({
        "ratio": budget.ratio.write(),
        "floor": or_none(budget.floor.as_ref()),
        "window": budget.window.write(),
    })
}

fn limits(limits: &ClusterLimits) -> Value {
    let mut object = json!({
        "connections": *limits.connections,
        "pending": *limits.pending,
        "header_bytes": size((*limits.header_bytes).into()).write(),
        "header_count": *limits.header_count,
        "interim_responses": *limits.interim_responses,
        "connect_attempts": *limits.connect_attempts,
        "replay_bytes": size((*limits.replay_bytes).into()).write(),
        "retries": *limits.retries,
    });
    if let Some(all) = *limits.requests.all {
        optional(&mut object, "requests", Some(json!(all)));
        optional(&mut object, "requests_low", Some(limits.requests.low.write()));
        optional(&mut object, "requests_normal", Some(limits.requests.normal.write()));
    }
    object
}

/// What has a meaning for HTTP/2 only.
fn http2(cluster: &Cluster, object: &mut Value) {
    let Cluster { limits, pings, .. } = cluster;
    let window = |octets: u32| Some(size(octets.into()).write());
    optional(object, "ping_interval", Some(or_none(pings.interval.as_ref())));
    optional(object, "ping_timeout", Some(pings.timeout.write()));
    if let Some(written) = object.get_mut("limits") {
        optional(written, "streams", Some(json!(*limits.streams)));
        optional(written, "stream_window", window(*limits.stream_window));
        optional(written, "connection_window", window(*limits.connection_window));
    }
}

fn dns(dns: &Dns) -> Value {
    let mut object = json!({
        "mode": dns.mode.write(),
        "family": dns.family.write(),
        "ttl_min": dns.ttl_min.write(),
        "ttl_max": dns.ttl_max.write(),
        "addresses_max": dns.addresses_max,
    });
    let query = match &dns.query {
        DnsQuery::Host { name, port } => vec![("name", json!(name)), ("port", json!(port))],
        DnsQuery::Service(name) => vec![("srv", json!(name))],
    };
    query.into_iter().for_each(|(key, value)| optional(&mut object, key, Some(value)));
    object
}

fn endpoint(endpoint: &Endpoint) -> Value {
    let mut object = json!({
        "address": endpoint.address.write(),
        "weight": endpoint.weight,
        "labels": labels(&endpoint.labels),
    });
    optional(&mut object, "locality", endpoint.locality.as_ref().map(|locality| json!(locality)));
    object
}

fn subset(subset: &Subset) -> (String, Value) {
    (subset.name.clone(), json!({"labels": labels(&subset.labels)}))
}
