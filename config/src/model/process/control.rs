//! `proxy.control`: where the table of a proxy of a fleet comes from.

use std::path::PathBuf;
use std::time::Duration;

use crate::model::{Placed, readable};

readable! {
    /// The control server that a proxy gets its table from.
    pub struct Control {
        /// `address` of its gRPC port: IP or name, with a port.
        address: String,
        /// `state`: the directory of the last good table, if it is kept.
        state: Option<PathBuf>,
        /// `on_demand`: whether routes and clusters are fetched with the first request to their host. Default `false`.
        on_demand: bool,
        /// `hold`: how long a request waits for a host that is not known yet. Default 5 s.
        hold: Placed<Duration>,
        /// `forget`: a host that nobody asked for in so long is let go. Default 10 min.
        forget: Duration,
        /// `telemetry`: whether counts are reported to the server. Default `true`.
        telemetry: bool,
        /// `limits`.
        limits: ControlLimits,
    }
}

readable! {
    /// What the server, and hosts that nobody knows, can make a proxy hold.
    pub struct ControlLimits {
        /// `message_bytes`: one message of the server. Default 16 MiB.
        message_bytes: Placed<u64>,
        /// `table_bytes`: the texts of all resources. Default 15 MiB.
        table_bytes: Placed<u64>,
        /// `waiting`: requests that wait for their host at once. Default 1000.
        waiting: Placed<u32>,
        /// `hosts` that are known, or known not to be there. Default 10000.
        hosts: Placed<u32>,
    }
}
