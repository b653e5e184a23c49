//! The section `proxy`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{AccessLogDoc, ResolverDoc};
use crate::language::{OneOrMany, OrNone, Pairs, ShortOr, document};
use crate::model::{LogPlace, Workers};
use crate::units::Size;
use crate::values::{Flag, Line, Name, Whole};

mod control;

pub(crate) use control::{ControlDoc, ControlLimitsDoc};

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
        /// Whether each worker keeps to one CPU.
        pin_workers: Flag = Flag(false),
        /// Address of the admin port; `none` closes it.
        admin: OrNone<SocketAddr> = OrNone::Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 15_000)),
        /// The control server that the table comes from; then this file has no `listeners`, `routes`, `clusters`, `defaults`.
        control: ControlDoc,
        ..shared: SharedDoc,
    }
}

document! {
    /// What the proxies of a fleet may have alike; the rest of `proxy` is each one's own.
    pub(crate) struct SharedDoc as "a map" {
        /// How long a client of the admin port may take for a head or a body, or to read a piece of the answer.
        admin_timeout: Duration = Duration::from_secs(10),
        /// How long a process that takes over may take until it serves.
        upgrade_timeout: Duration = Duration::from_secs(30),
        /// Who is asked for the names of clusters.
        dns: ResolverDoc,
        /// A line for each request; one log or several.
        access_log: OneOrMany<ShortOr<LogPlace, AccessLogDoc>>,
        /// Limits over all listeners.
        limits: ProcessLimitsDoc,
        /// How the process ends after SIGTERM.
        drain: DrainDoc,
    }
}

document! {
    /// How a process ends: it stops being chosen, then takes nothing new, then finishes what is open.
    pub(crate) struct DrainDoc as "a map" {
        /// How long connections are still taken once readiness fails, so that whoever chooses can hear of it; `none`
        /// takes nothing more at once.
        delay: OrNone<Duration> = OrNone::Some(Duration::from_secs(5)),
        /// Over how long idle connections are then closed; `none` closes them all at once.
        spread: OrNone<Duration> = OrNone::Some(Duration::from_secs(4)),
        /// How long what is open may take to end once nothing new is taken.
        timeout: Duration = Duration::from_secs(20),
    }
}

document! {
    /// Limits of the whole process.
    pub(crate) struct ProcessLimitsDoc as "a map" {
        /// Connections of clients open at once, over all listeners.
        connections: Whole<1, 10_000_000> = Whole(20_000),
        /// Resident memory: from 90% on no connection stays open after its answer, from 100% on requests get 503.
        memory: OrNone<Size<{ 1 << 20 }, { 1 << 50 }>> = OrNone::Some(Size(1 << 30)),
        /// Of the files that the process may open, those that are left for everything but traffic; half of them at most.
        reserved_files: Whole<1, 1_000_000> = Whole(512),
        /// Connections to the admin port open at once; the oldest one ends for a new one.
        admin_connections: Whole<1, 10_000> = Whole(64),
        /// Series of metrics: each route with each of its destinations is one. What the table has beyond is counted
        /// together.
        series: Whole<1, 1_000_000> = Whole(10_000),
        /// Lines of an access log that wait to be written, for each of them; more are dropped.
        access_log_bytes: Size<{ 64 << 10 }, { 1 << 30 }> = Size(8 << 20),
        /// What the compression of answers may hold at once; answers beyond are passed on as they are.
        compression_bytes: Size<{ 4 << 20 }, { 1 << 40 }> = Size(64 << 20),
    }
}
