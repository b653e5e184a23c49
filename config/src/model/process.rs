//! The section `proxy`: what concerns the process as a whole.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::time::Duration;

use super::{Placed, Resolver, readable};

mod access_log;
mod control;

pub(crate) use access_log::LOG_VALUES;
pub use access_log::{
    AccessLog, LogCondition, LogField, LogFormat, LogPart, LogPlace, LogReason, LogTemplate, LogValue,
    Percent, REASONS, StatusRange,
};
pub use control::{Control, ControlLimits};

/// How many worker threads carry traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workers {
    /// As many as the CPU quota of the process allows.
    Auto,
    /// Exactly so many.
    Count(NonZeroU16),
}

readable! {
    /// The section `proxy`.
    pub struct Process {
        /// `id`: name of this proxy in logs, metrics and `Via`. Default `towpath`.
        id: String,
        /// `namespace`: where names without a namespace live. Default `default`.
        namespace: String,
        /// `labels`: what a listener's `proxies` selects by.
        labels: BTreeMap<String, String>,
        /// `locality`: region/zone of this proxy.
        locality: Option<String>,
        /// `workers`. Default `auto`.
        workers: Workers,
        /// `pin_workers`: whether each worker keeps to one CPU. Default `false`.
        pin_workers: bool,
        /// `admin`: address of the admin port; `none` closes it. Default 127.0.0.1:15000.
        admin: Option<SocketAddr>,
        /// `admin_timeout`, `upgrade_timeout`.
        timeouts: ProcessTimeouts,
        /// `dns`.
        dns: Resolver,
        /// `access_log`: none by default.
        access_logs: Vec<AccessLog>,
        /// `limits`.
        limits: ProcessLimits,
        /// `drain`.
        drain: Drain,
    }
}

readable! {
    /// How long others may keep the process waiting.
    pub struct ProcessTimeouts {
        /// `admin_timeout`: how long a client of the admin port may take for one thing. Default 10 s.
        admin: Placed<Duration>,
        /// `upgrade_timeout`: how long a process that takes over may take until it serves. Default 30 s.
        upgrade: Placed<Duration>,
    }
}

readable! {
    /// How the process ends.
    pub struct Drain {
        /// `delay`: how long connections are still taken once readiness fails. Default 5 s.
        delay: Option<Duration>,
        /// `spread`: over how long idle connections are then closed. Default 4 s.
        spread: Option<Duration>,
        /// `timeout`: how long what is open may take to end once nothing new is taken. Default 20 s.
        timeout: Duration,
    }
}

readable! {
    /// Limits of the whole process.
    pub struct ProcessLimits {
        /// `connections`: downstream connections over all listeners. Default 20000.
        connections: Placed<u32>,
        /// `memory` that is resident: from 90% on no connection stays open after its answer, from 100% on requests get
        /// 503 `overload`. Default 1GiB.
        memory: Placed<Option<u64>>,
        /// `reserved_files`: files that are left for everything but traffic; half of all at most. Default 512.
        reserved_files: Placed<u32>,
        /// `admin_connections` open at once. Default 64.
        admin_connections: Placed<u32>,
        /// `series`: routes and destinations that are counted apart. Default 10000.
        series: Placed<u32>,
        /// `access_log_bytes`: what may wait to be written, for each access log. Default 8MiB.
        access_log_bytes: Placed<u64>,
        /// `compression_bytes`: what compressors may hold at once. Default 64MiB; answers beyond are not compressed.
        compression_bytes: Placed<u64>,
    }
}
