//! `dns` of a cluster, and of the process.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::readable;

/// What DNS is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsQuery {
    /// `name` and `port`: the addresses of a name (A and AAAA), each with this port.
    Host {
        /// `name`.
        name: String,
        /// `port`.
        port: u16,
    },
    /// `srv`: names with ports and weights (RFC 2782), and their addresses.
    Service(String),
}

impl fmt::Display for DnsQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { name, port } => write!(f, "{name}:{port}"),
            Self::Service(name) => write!(f, "srv {name}"),
        }
    }
}

/// What becomes of several addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsMode {
    /// `strict`: each one is an endpoint. The default.
    Strict,
    /// `logical`: the first one of the newest answer gets all new connections; older connections stay.
    Logical,
}

/// Which addresses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsFamily {
    /// `any`: A and AAAA. The default.
    Any,
    /// `v4`: A.
    V4,
    /// `v6`: AAAA.
    V6,
}

readable! {
    /// The name whose addresses are the endpoints of a cluster.
    #[derive(PartialEq, Eq)]
    pub struct Dns {
        /// `name` and `port`, or `srv`.
        query: DnsQuery,
        /// `mode`.
        mode: DnsMode,
        /// `family`.
        family: DnsFamily,
        /// `ttl_min`: an answer is held for at least so long. Default 1 s.
        ttl_min: Duration,
        /// `ttl_max`: an answer is held for at most so long. Default 5 min.
        ttl_max: Duration,
        /// `addresses_max`: of an answer with more, the rest is left out. Default 64.
        addresses_max: u32,
    }
}

readable! {
    /// `proxy.dns`: who is asked, and how long that may take.
    #[derive(PartialEq, Eq)]
    pub struct Resolver {
        /// `servers`; those of `/etc/resolv.conf` when empty.
        servers: Vec<SocketAddr>,
        /// `timeout` of one resolution, all its queries and their repetition together. Default 5 s.
        timeout: Duration,
        /// `startup_timeout`: so long the process is not ready for want of first answers. Default 10 s.
        startup_timeout: Option<Duration>,
    }
}
