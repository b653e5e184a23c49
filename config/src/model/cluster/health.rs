//! `health` of a cluster.

use std::fmt;
use std::time::Duration;

use crate::model::{Percent, StatusRange, readable};

/// What an endpoint is asked, and what says that it is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// `http`: a GET.
    Http {
        /// The path.
        path: String,
        /// `statuses` that say that it is well. Default `2xx`.
        statuses: Vec<StatusRange>,
        /// `at_once`: statuses by which it is unhealthy without a second check. Default none.
        at_once: Vec<StatusRange>,
    },
    /// `grpc`: this service, by the health protocol of gRPC; empty for the server as a whole.
    Grpc(String),
    /// `tcp`: a connection.
    Tcp,
}

readable! {
    /// How the endpoints of a cluster are asked whether they are well.
    #[derive(PartialEq, Eq)]
    pub struct HealthCheck {
        /// What is asked.
        ask: Ask,
        /// `host` that is named; the endpoint's address where there is none.
        host: Option<String>,
        /// `interval` from one check to the next. Default 5 s.
        interval: Duration,
        /// `timeout` of one check. Default 2 s.
        timeout: Duration,
        /// `jitter`: so much of the interval is added at most. Default 10%.
        jitter: Option<Percent>,
        /// `unhealthy` after so many failures in a row. Default 3.
        unhealthy: u32,
        /// `healthy` again after so many successes in a row. Default 2.
        healthy: u32,
        /// `start_up`: so long failures of an endpoint that was never healthy do not count. Default none.
        start_up: Option<Duration>,
        /// `no_traffic_interval`: the interval while nothing is sent to the cluster. Default none.
        no_traffic_interval: Option<Duration>,
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { path, .. } => write!(f, "http {path}"),
            Self::Grpc(service) if service.is_empty() => f.write_str("grpc"),
            Self::Grpc(service) => write!(f, "grpc {service}"),
            Self::Tcp => f.write_str("tcp"),
        }
    }
}

/// Statuses that say that an endpoint is well, where nobody says otherwise.
pub(crate) fn well_statuses() -> [StatusRange; 1] {
    [StatusRange { first: 200, last: 299 }]
}
