//! The section `clusters`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::{Address, Dns, Importance, Percent, Place, Placed, readable};

mod admission;
mod breaker;
mod budget;
mod chunks;
mod ejection;
mod health;
mod resilience;

pub use admission::AdmissionControl;
pub use breaker::Breaker;
pub use budget::{Rate, RetryBudget};
pub use chunks::Chunks;
pub use ejection::{Ejection, FailurePercentage, SuccessRate, Thousandths};
pub(crate) use health::well_statuses;
pub use health::{Ask, HealthCheck};
pub use resilience::Resilience;

/// How an endpoint is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// `round-robin`: in turn, by weight.
    RoundRobin,
    /// `least-request`: the less busy of two drawn by weight. The default.
    LeastRequest,
    /// `random`: drawn by weight.
    Random,
}

/// What the endpoints of a cluster speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterProtocol {
    /// `h1`: HTTP/1.1. The default.
    Http1,
    /// `h2`: HTTP/2, with prior knowledge (RFC 9113 §3.3).
    Http2,
}

/// How the endpoints are told whose connection it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyVersion {
    /// `v1`: a line of text.
    V1,
    /// `v2`: octets.
    V2,
}

readable! {
    /// One cluster.
    pub struct Cluster {
        /// Its name.
        name: String,
        /// Where it is written.
        place: Place,
        /// `endpoints`, in the order written; empty where there is `dns`.
        endpoints: Vec<Endpoint>,
        /// `dns`: the name whose addresses are the endpoints.
        dns: Option<Box<Placed<Dns>>>,
        /// `protocol` of the endpoints.
        protocol: Placed<ClusterProtocol>,
        /// `proxy_protocol`: connections to the endpoints begin with a header that names the client.
        proxy_protocol: Option<Placed<ProxyVersion>>,
        /// `subsets`, sorted by name.
        subsets: Vec<Subset>,
        /// `balance`.
        balance: Placed<Balance>,
        /// `limits`, per proxy process.
        limits: ClusterLimits,
        /// `idle_timeout`: how long an unused upstream connection is kept, if the peer does not say less.
        /// Default 60 s.
        idle_timeout: Placed<Option<Duration>>,
        /// `ping_interval` and `ping_timeout`.
        pings: Pings,
        /// How it bears it that endpoints fail.
        resilience: Resilience,
    }
}

readable! {
    /// How an endpoint of HTTP/2 is asked whether it is still there.
    pub struct Pings {
        /// `ping_interval`: after how long without a word, while a request is open. Default none.
        interval: Placed<Option<Duration>>,
        /// `ping_timeout`: how long the answer may take. Default 20 s.
        timeout: Placed<Duration>,
    }
}

readable! {
    /// One address that answers for a cluster.
    pub struct Endpoint {
        /// `address`.
        address: Address,
        /// `weight`. Default 1; 0 gets nothing.
        weight: u32,
        /// `labels`.
        labels: BTreeMap<String, String>,
        /// `locality`: region/zone.
        locality: Option<String>,
        /// Where it is written.
        place: Place,
    }
}

impl Endpoint {
    /// The same, in another text: only its line there is known.
    pub(crate) fn on_line(self, line: u32) -> Self {
        Self { place: Place::At { line, column: 1 }, ..self }
    }

    /// One that a name stands for, which is written at `place`.
    #[must_use]
    pub fn resolved(address: SocketAddr, weight: u32, place: Place) -> Self {
        Self { address: address.into(), weight, labels: BTreeMap::new(), locality: None, place }
    }
}

impl Cluster {
    /// The same cluster with other endpoints.
    pub(super) fn with_endpoints(&self, endpoints: Vec<Endpoint>) -> Self {
        let mut changed = Self { endpoints, ..self.clone() };
        for subset in &mut changed.subsets {
            subset.endpoints = subset.members(&changed.endpoints);
        }
        changed
    }
}

impl Subset {
    /// The positions of those endpoints that carry all labels of the subset.
    pub(crate) fn members(&self, endpoints: &[Endpoint]) -> Vec<usize> {
        let members = endpoints.iter().enumerate().filter(|(_, endpoint)| self.holds(endpoint));
        members.map(|(position, _)| position).collect()
    }

    /// Whether an endpoint carries all labels of the subset.
    #[must_use]
    pub fn holds(&self, endpoint: &Endpoint) -> bool {
        self.labels.iter().all(|(name, value)| endpoint.labels.get(name) == Some(value))
    }
}

readable! {
    /// The endpoints of a cluster that carry some labels.
    pub struct Subset {
        /// Its name.
        name: String,
        /// Where it is written.
        place: Place,
        /// `labels` that an endpoint must carry.
        labels: BTreeMap<String, String>,
        /// Positions in the cluster's endpoints, ascending; may be empty.
        endpoints: Vec<usize>,
    }
}

readable! {
    /// `limits` of a cluster, over all workers of a process.
    pub struct ClusterLimits {
        /// `connections` open at once, idle ones included. Default 1024.
        connections: Placed<u32>,
        /// `pending`: requests waiting for a connection. Default 1024; 503 `pending-limit` beyond.
        pending: Placed<u32>,
        /// `requests` under way, by importance. Default none; 503 `request-limit` beyond.
        requests: RequestLimits,
        /// `header_bytes` of one answer, status line included. Default 256KiB; 502 `response-head-too-large` beyond.
        header_bytes: Placed<u32>,
        /// `header_count` of one answer. Default 256; 502 `response-head-too-large` beyond.
        header_count: Placed<u32>,
        /// `interim_responses` to one request. Default 32; 502 `bad-response` beyond.
        interim_responses: Placed<u32>,
        /// `connect_attempts`: endpoints that are tried for one connection of a TCP listener. Default 3.
        connect_attempts: Placed<u32>,
        /// `replay_bytes`: how much of a request's body is kept for a second attempt. Default 64KiB.
        replay_bytes: Placed<u32>,
        /// `retries` under way at once, with their pauses. Default 1024; no further request is sent again beyond.
        retries: Placed<u32>,
        /// `streams` of one HTTP/2 connection open at once. Default 100.
        streams: Placed<u32>,
        /// `stream_window`: what an endpoint may send of one HTTP/2 answer before it is passed on. Default 64KiB.
        stream_window: Placed<u32>,
        /// `connection_window`: the same of all answers of a connection. Default 8MiB.
        connection_window: Placed<u32>,
    }
}

readable! {
    /// How many requests of a cluster may be under way.
    pub struct RequestLimits {
        /// `requests`. Default none.
        all: Placed<Option<u32>>,
        /// `requests_low`: so much of it those of low importance may take up. Default 80%.
        low: Placed<Percent>,
        /// `requests_normal`: the same for those of normal importance. Default 100%.
        normal: Placed<Percent>,
    }
}

impl RequestLimits {
    /// How many may be under way, one of this importance included.
    #[must_use]
    pub fn of(&self, importance: Importance) -> Option<u32> {
        let part = |all: u32, share: Percent| {
            let millionths = u64::from(all) * u64::from(share.millionths());
            // never more than all of it
            millionths.div_ceil(Percent::ALL.into()) as u32
        };
        (*self.all).map(|all| match importance {
            Importance::Low => part(all, *self.low),
            Importance::Normal => part(all, *self.normal),
            Importance::High => all,
        })
    }
}
