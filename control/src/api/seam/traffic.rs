//! What proxies tell of their requests.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// What is asked of the requests of late.
#[derive(Debug, Clone, Default)]
pub struct TrafficQuestion {
    /// How far back.
    pub window: Duration,
    /// Of this namespace only.
    pub namespace: Option<String>,
    /// Of this route only.
    pub route: Option<String>,
    /// Of this cluster only.
    pub cluster: Option<String>,
}

/// What is known of them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Traffic {
    /// How many seconds are in it; fewer than were asked for when no more is known.
    pub seconds: f64,
    /// How many proxies told of them.
    pub proxies: usize,
    /// By namespace, route, cluster, subset and class.
    pub series: Vec<TrafficSeries>,
    /// What happened towards endpoints, by cluster; nothing where a route was asked for.
    pub clusters: Vec<TrafficCluster>,
    /// Answers that proxies made by themselves; nothing where a route or a cluster was asked for.
    pub local_replies: Vec<LocalReplies>,
    /// Requests of series that were too many to be kept apart.
    pub left_out: u64,
}

/// One series.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TrafficSeries {
    /// Where the proxies stand.
    pub namespace: String,
    /// The route.
    pub route: String,
    /// The cluster; empty where the proxy answered by itself.
    pub cluster: String,
    /// The subset; empty without.
    pub subset: String,
    /// The class; empty without.
    pub class: String,
    /// How many requests ended.
    pub requests: u64,
    /// How many of them with a status from 500 on, or without an answer.
    pub errors: u64,
    /// Octets of the bodies of requests; of the route of a TCP listener those from clients.
    pub request_bytes: u64,
    /// Octets of the bodies of answers; of the route of a TCP listener those to clients.
    pub response_bytes: u64,
    /// How many connections of a TCP listener ended.
    pub connections: u64,
    /// How many of them could not be carried, or were broken off by the endpoint.
    pub connections_failed: u64,
    /// How long they took.
    #[serde(flatten)]
    pub durations: Durations,
}

/// How long requests took.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Durations {
    /// Half of them took no longer, in milliseconds; none when nothing was measured.
    pub p50_ms: Option<f64>,
    /// Nine of ten.
    pub p90_ms: Option<f64>,
    /// Ninety-nine of a hundred.
    pub p99_ms: Option<f64>,
}

/// What happened towards the endpoints of a cluster.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TrafficCluster {
    /// Where the proxies stand.
    pub namespace: String,
    /// The cluster.
    pub cluster: String,
    /// How often what happened, by the names of the proxies' metrics.
    pub counts: BTreeMap<String, u64>,
}

/// Answers that the proxies of a namespace made by themselves.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LocalReplies {
    /// Where the proxies stand.
    pub namespace: String,
    /// How many, by reason.
    pub reasons: BTreeMap<String, u64>,
}
