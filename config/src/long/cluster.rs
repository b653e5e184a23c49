//! The section `clusters`.

use serde_json::{Map, Value, json};

use super::table::{labels, optional, or_none, size};
use crate::language::Write;
use crate::model::{Cluster, ClusterLimits, Dns, DnsQuery, Endpoint, Subset};
use crate::values::ClusterProtocol;

pub(super) fn cluster(cluster: &Cluster) -> Value {
    let (key, origin) = match &cluster.dns {
        Some(name) => ("dns", dns(name)),
        None => ("endpoints", cluster.endpoints.iter().map(endpoint).collect()),
    };
    let mut object = json!({
        key: origin,
        "subsets": cluster.subsets.iter().map(subset).collect::<Map<_, _>>(),
        "protocol": ClusterProtocol::Http1.write(),
        "balance": cluster.balance.write(),
        "limits": limits(&cluster.limits),
        "idle_timeout": or_none(cluster.idle_timeout.as_ref()),
    });
    let proxy_protocol = cluster.proxy_protocol.as_ref().map(|version| version.write());
    optional(&mut object, "proxy_protocol", proxy_protocol);
    object
}

fn limits(limits: &ClusterLimits) -> Value {
    json!({
        "connections": *limits.connections,
        "pending": *limits.pending,
        "header_bytes": size((*limits.header_bytes).into()).write(),
        "header_count": *limits.header_count,
        "interim_responses": *limits.interim_responses,
        "connect_attempts": *limits.connect_attempts,
        "replay_bytes": size((*limits.replay_bytes).into()).write(),
    })
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
