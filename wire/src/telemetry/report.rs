//! The messages.

use prost::Message;

use super::sketch::Sketch;

/// What a proxy did since its report before, and how it stands.
#[derive(Clone, PartialEq, Message)]
pub struct Telemetry {
    /// `proxy.id`.
    #[prost(string, tag = "1")]
    pub id: String,
    /// `proxy.namespace`.
    #[prost(string, tag = "2")]
    pub namespace: String,
    /// Counts up with each report of this stream, from 1.
    #[prost(uint64, tag = "3")]
    pub sequence: u64,
    /// The time that the counts are of, in ms.
    #[prost(uint32, tag = "4")]
    pub interval_millis: u32,
    /// Requests, by where they went.
    #[prost(message, repeated, tag = "5")]
    pub series: Vec<Series>,
    /// What happened towards endpoints, by cluster.
    #[prost(message, repeated, tag = "6")]
    pub clusters: Vec<Cluster>,
    /// Answers that the proxy made by itself, by reason.
    #[prost(message, repeated, tag = "7")]
    pub local_replies: Vec<Count>,
    /// How it stands.
    #[prost(message, optional, tag = "8")]
    pub state: Option<State>,
}

/// Requests of one route to one destination. The labels are those of `towpath_requests`; empty text stands for "none".
#[derive(Clone, PartialEq, Message)]
pub struct Series {
    /// The route.
    #[prost(string, tag = "1")]
    pub route: String,
    /// The cluster.
    #[prost(string, tag = "2")]
    pub cluster: String,
    /// The subset: what a cohort got.
    #[prost(string, tag = "3")]
    pub subset: String,
    /// The class.
    #[prost(string, tag = "4")]
    pub class: String,
    /// Requests by class of status: 1xx to 5xx, other.
    #[prost(uint64, repeated, tag = "5")]
    pub codes: Vec<u64>,
    /// Requests that failed: by status, or by that of gRPC.
    #[prost(uint64, tag = "6")]
    pub failures: u64,
    /// Octets of request bodies; of connections of TCP listeners those from clients.
    #[prost(uint64, tag = "7")]
    pub request_bytes: u64,
    /// Octets of answer bodies; of connections of TCP listeners those to clients.
    #[prost(uint64, tag = "8")]
    pub response_bytes: u64,
    /// How long the requests took.
    #[prost(message, optional, tag = "9")]
    pub latency: Option<Sketch>,
    /// Connections of TCP listeners that ended, by the labels of their metric that say how.
    #[prost(message, repeated, tag = "10")]
    pub connections: Vec<Count>,
}

/// What happened towards the endpoints of one cluster.
#[derive(Clone, PartialEq, Message)]
pub struct Cluster {
    /// Its name in the proxy's table.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Retries, failed connections and the like, by the names of their metrics.
    #[prost(message, repeated, tag = "2")]
    pub counts: Vec<Count>,
}

/// A count under a name.
#[derive(Clone, PartialEq, Message)]
pub struct Count {
    /// Of what.
    #[prost(string, tag = "1")]
    pub name: String,
    /// How often.
    #[prost(uint64, tag = "2")]
    pub count: u64,
}

/// How a proxy stands.
#[derive(Clone, PartialEq, Message)]
pub struct State {
    /// `towpath_config_generation`.
    #[prost(uint64, tag = "1")]
    pub generation: u64,
    /// How long ago its table went live, in ms.
    #[prost(uint64, tag = "2")]
    pub table_age_millis: u64,
    /// Whether that table came from its disk, and no server has confirmed it yet.
    #[prost(bool, tag = "3")]
    pub from_disk: bool,
    /// How long its stream of resources has been connected, in ms; none when it is not.
    #[prost(uint64, optional, tag = "4")]
    pub connected_millis: Option<u64>,
    /// How many resources are live, by type.
    #[prost(message, repeated, tag = "5")]
    pub live: Vec<Live>,
    /// What it rejected, and why; at most 100.
    #[prost(message, repeated, tag = "6")]
    pub rejected: Vec<Named>,
    /// What waits for something that has not come, and for what; at most 100.
    #[prost(message, repeated, tag = "7")]
    pub waiting: Vec<Named>,
    /// How many more wait or were rejected.
    #[prost(uint32, tag = "8")]
    pub more: u32,
}

/// How many resources of a type are live.
#[derive(Clone, PartialEq, Message)]
pub struct Live {
    /// The [name](crate::Kind::name) of the type.
    #[prost(string, tag = "1")]
    pub kind: String,
    /// How many.
    #[prost(uint32, tag = "2")]
    pub count: u32,
}

/// A resource, and what is to be said of it.
#[derive(Clone, PartialEq, Message)]
pub struct Named {
    /// The [name](crate::Kind::name) of its type.
    #[prost(string, tag = "1")]
    pub kind: String,
    /// `NAMESPACE/NAME`.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Why.
    #[prost(string, tag = "3")]
    pub reason: String,
}

/// What the server wishes of a proxy that reports.
#[derive(Clone, PartialEq, Message)]
pub struct Directive {
    /// The time between two reports from now on, in ms; 0 leaves it as it is.
    #[prost(uint32, tag = "1")]
    pub interval_millis: u32,
}
