//! `health` of a cluster.

use std::time::Duration;

use crate::language::{OneOrMany, OrNone, ShortOr, document};
use crate::model::{Percent, StatusRange, well_statuses};
use crate::values::{Asked, CheckedService, Flag, Hostname, PlainPath, Whole};

/// `none`, a path, `tcp`, or a map.
pub(crate) type WrittenHealth = OrNone<ShortOr<Asked, HealthDoc>>;

document! {
    /// How the endpoints are asked whether they are well. What is not written is inherited.
    pub(crate) struct HealthDoc as "`none`, a path such as `/healthz`, `tcp`, or a map" {
        /// Asks by GET for this path, in what the endpoints speak.
        http: PlainPath,
        /// Asks for this service by the health protocol of gRPC; `""` for the server as a whole. Only with `protocol: h2`.
        grpc: CheckedService,
        /// `true`: a connection is all that is asked for.
        tcp: Flag,
        /// The host that is named; the endpoint's address when left out. Not with `tcp`.
        host: Hostname,
        /// Answers that say that it is well. Only with `http`.
        statuses: OneOrMany<StatusRange> = OneOrMany::built_in(well_statuses()),
        /// Answers by which it is unhealthy at once, whatever `unhealthy` says. Only with `http`.
        at_once: OneOrMany<StatusRange>,
        /// From one check of an endpoint to the next.
        interval: Duration = Duration::from_secs(5),
        /// How long a check may take, the connection included; it has failed beyond. Less than `interval`.
        timeout: Duration = Duration::from_secs(2),
        /// So much later at most, by chance, each check is.
        jitter: OrNone<Percent> = OrNone::Some(Percent(100_000)),
        /// So many checks in a row must fail until it is unhealthy.
        unhealthy: Whole<1, 1000> = Whole(3),
        /// So many checks in a row must pass until it is healthy again; of an endpoint that has just come one is enough.
        healthy: Whole<1, 1000> = Whole(2),
        /// So long an endpoint that has just come may fail its checks: it starts.
        start_up: OrNone<Duration> = OrNone::None,
        /// The same as `interval`, while nothing is sent to the cluster.
        no_traffic_interval: OrNone<Duration> = OrNone::None,
    }
}
