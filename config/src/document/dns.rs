//! `dns` of a cluster, and of the process.

use std::net::SocketAddr;
use std::time::Duration;

use crate::language::{OneOrMany, OrNone, document};
use crate::model::{DnsFamily, DnsMode};
use crate::values::{DnsName, ServiceName, Whole};

document! {
    /// The name whose addresses are the endpoints of a cluster.
    pub(crate) struct DnsDoc as "a name such as `{name: app.internal, port: 8080}`" {
        /// A name with addresses (A, AAAA, `/etc/hosts`); with `port`.
        name: DnsName,
        /// The port of each of its addresses.
        port: Whole<1, 65_535>,
        /// A service with names, ports and weights (SRV).
        srv: ServiceName,
        /// `strict`: every address is an endpoint. `logical`: the first address of the newest answer gets all new connections.
        mode: DnsMode = DnsMode::Strict,
        /// Which addresses are asked for.
        family: DnsFamily = DnsFamily::Any,
        /// An answer is held for at least so long, whatever its TTL.
        ttl_min: Duration = Duration::from_secs(1),
        /// An answer is held for at most so long, whatever its TTL.
        ttl_max: Duration = Duration::from_secs(300),
        /// Of an answer with more addresses the rest is left out.
        addresses_max: Whole<1, 1024> = Whole(64),
    }
}

document! {
    /// Who is asked for names, and how long that may take.
    pub(crate) struct ResolverDoc as "a map" {
        /// Name servers; those of `/etc/resolv.conf` when left out.
        servers: OneOrMany<SocketAddr>,
        /// How long one resolution may take, all its queries and their repetition together.
        timeout: Duration = Duration::from_secs(5),
        /// So long the process is not ready for want of the first answers to the names of its first table.
        startup_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(10)),
    }
}
