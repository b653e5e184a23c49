//! `control`: where the table of a proxy of a fleet comes from.

use std::time::Duration;

use crate::language::document;
use crate::units::Size;
use crate::values::{Flag, Line, ServerName, Whole};

document! {
    /// The control server that this proxy gets its listeners, routes and clusters from.
    pub(crate) struct ControlDoc as "a map such as `{address: 127.0.0.1:15011}`" {
        /// Where its gRPC port is: an address or a name, with a port.
        address: ServerName; required,
        /// The directory in which the last good table is kept, for a start without the server. Nothing is kept when left out.
        state: Line,
        /// Whether routes and clusters are fetched with the first request to their host, and not all at the start.
        on_demand: Flag = Flag(false),
        /// With `on_demand`: how long a request to a host that is not known yet waits for it.
        hold: Duration = Duration::from_secs(5),
        /// With `on_demand`: a host that nobody asked for in so long is let go; one that is not there is asked for again.
        forget: Duration = Duration::from_secs(600),
        /// Whether counts and durations are reported to the server once a second.
        telemetry: Flag = Flag(true),
        /// What the server, and hosts that nobody knows, can make the proxy hold.
        limits: ControlLimitsDoc,
    }
}

document! {
    /// Limits of the stream from the control server.
    pub(crate) struct ControlLimitsDoc as "a map" {
        /// One message of the server; a longer one ends the stream.
        message_bytes: Size<{ 64 << 10 }, { 64 << 20 }> = Size(16 << 20),
        /// The texts of all resources together; those that come beyond are rejected.
        table_bytes: Size<{ 64 << 10 }, { 16 << 20 }> = Size(15 << 20),
        /// With `on_demand`: requests that wait for their host at once; more get 503.
        waiting: Whole<1, 1_000_000> = Whole(1000),
        /// With `on_demand`: hosts that are known, or known not to be there; beyond them the longest unused goes.
        hosts: Whole<1, 1_000_000> = Whole(10_000),
    }
}
