//! The section `proxy`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::language::{OrNone, Pairs, document};
use crate::model::Workers;
use crate::values::{Line, Name, Whole};

document! {
    /// What concerns the process as a whole.
    pub(crate) struct ProcessDoc as "a map" {
        /// The name of this proxy in logs, metrics and `Via`.
        id: Line = Line("towpath".into()),
        /// Where names without a namespace live.
        namespace: Name = Name("default".into()),
        /// What a listener's `proxies` selects by.
        labels: Pairs<Line, Line>,
        /// Region and zone of this proxy, such as `eu-1/a`.
        locality: Line,
        /// How many threads carry traffic: `auto` (as many as the CPU quota allows) or a number.
        workers: Workers = Workers::Auto,
        /// Address of the admin port; `none` closes it.
        admin: OrNone<SocketAddr> = OrNone::Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 15_000)),
        /// Limits over all listeners.
        limits: ProcessLimitsDoc,
        /// How long open exchanges may take to end after SIGTERM.
        drain_timeout: Duration = Duration::from_secs(30),
    }
}

document! {
    /// Limits of the whole process.
    pub(crate) struct ProcessLimitsDoc as "a map" {
        /// Connections of clients open at once, over all listeners.
        connections: Whole<1, 10_000_000> = Whole(20_000),
    }
}
