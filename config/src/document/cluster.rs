//! The section `clusters`.

use std::time::Duration;

mod admission;
mod breaker;
mod budget;
mod ejection;
mod health;

pub(crate) use admission::AdmissionDoc;
pub(crate) use breaker::BreakerDoc;
pub(crate) use budget::RetryBudgetDoc;
pub(crate) use ejection::{EjectionDoc, FailurePercentageDoc, SuccessRateDoc};
pub(crate) use health::{HealthDoc, WrittenHealth};

use super::{DnsDoc, PolicyDoc};
use crate::language::{OrNone, Pairs, ShortOr, document};
use crate::model::{Address, Balance, ClusterProtocol, Percent, ProxyVersion};
use crate::source::At;
use crate::units::Size;
use crate::values::{Line, Name, Whole};

document! {
    /// One cluster.
    pub(crate) struct ClusterDoc as "a cluster such as `{endpoints: [127.0.0.1:3000]}`" {
        /// The addresses that answer for it.
        endpoints: Vec<At<ShortOr<Address, EndpointDoc>>>,
        /// A name whose addresses answer for it, instead of `endpoints`.
        dns: DnsDoc,
        /// Parts of the cluster, by name.
        subsets: Pairs<Name, SubsetDoc>,
        /// What the endpoints speak: `h1` for HTTP/1.1, or `h2` for HTTP/2 without a word before it.
        protocol: ClusterProtocol = ClusterProtocol::Http1,
        /// The version of the PROXY protocol in which the endpoints are told whose connection it is; they are not told when
        /// left out.
        proxy_protocol: ProxyVersion,
        ..settings: ClusterSettingsDoc,
        ..policy: PolicyDoc,
    }
}

document! {
    /// What a cluster inherits from `defaults`.
    pub(crate) struct ClusterSettingsDoc as "a map" {
        /// How an endpoint is chosen.
        balance: Balance = Balance::LeastRequest,
        /// Limits, per proxy process.
        limits: ClusterLimitsDoc,
        /// How long an unused upstream connection is kept, if the peer does not say less.
        idle_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(60)),
        /// After how long without a word from an endpoint, while a request is open, it is asked by a PING of HTTP/2 whether it
        /// is still there.
        ping_interval: OrNone<Duration> = OrNone::None,
        /// How long it may take to answer a PING; the connection is given up beyond.
        ping_timeout: Duration = Duration::from_secs(20),
        /// When an endpoint that keeps failing gets no more requests for a while; of each endpoint apart.
        breaker: OrNone<BreakerDoc>,
        /// When an endpoint that fails more than others gets no requests for a while.
        ejection: OrNone<EjectionDoc>,
        /// Where fewer endpoints than this can be picked, all are again, ejected ones too: rather a few failures than one that
        /// is overrun.
        panic: OrNone<Percent> = OrNone::Some(Percent(500_000)),
        /// How endpoints are asked whether they are well; those that are not get no requests.
        health: WrittenHealth,
        /// How many retries there may be beside the requests; `none` for as many as fail.
        retry_budget: OrNone<RetryBudgetDoc>,
        /// When requests are turned away because too many of them fail.
        admission: OrNone<AdmissionDoc>,
    }
}

document! {
    /// Limits of a cluster.
    pub(crate) struct ClusterLimitsDoc as "a map" {
        /// Connections open at once, idle ones included.
        connections: Whole<1, 10_000_000> = Whole(1024),
        /// Requests that wait for a connection; 503 beyond.
        pending: Whole<0, 10_000_000> = Whole(1024),
        /// Requests under way; 503 beyond.
        requests: OrNone<Whole<1, 10_000_000>> = OrNone::None,
        /// So much of `requests` those of routes of low importance may take up.
        requests_low: Percent = Percent(800_000),
        /// The same for those of normal importance; less than all leaves room for those of high importance.
        requests_normal: Percent = Percent(Percent::ALL),
        /// Size of one answer's head, status line included; 502 beyond.
        header_bytes: Size<1024, { 16 << 20 }> = Size(256 << 10),
        /// Number of headers of one answer; 502 beyond.
        header_count: Whole<1, 256> = Whole(256),
        /// Interim answers (1xx) to one request; 502 beyond.
        interim_responses: Whole<0, 10_000> = Whole(32),
        /// Endpoints that are tried for one connection of a TCP listener, each once.
        connect_attempts: Whole<1, 100> = Whole(3),
        /// How much of a request's body is kept, so that it can be sent again; a larger one is sent once only.
        replay_bytes: Size<0, { 16 << 20 }> = Size(64 << 10),
        /// Retries under way at once, with their pauses; no further request is sent again beyond.
        retries: Whole<1, 10_000_000> = Whole(1024),
        /// Requests open at once on one HTTP/2 connection, if the endpoint does not allow fewer; a further connection is opened
        /// beyond.
        streams: Whole<1, 10_000> = Whole(100),
        /// What an endpoint may send of one HTTP/2 answer before it is passed on; it waits beyond.
        stream_window: Size<{ 16 << 10 }, { 1 << 30 }> = Size(64 << 10),
        /// What an endpoint may send of all answers of an HTTP/2 connection before it is passed on; it waits beyond.
        connection_window: Size<{ 64 << 10 }, { 1 << 30 }> = Size(8 << 20),
    }
}

document! {
    /// One address that answers for a cluster.
    pub(crate) struct EndpointDoc as "an endpoint" {
        /// IP and port, or a Unix socket.
        address: Address; required,
        /// Its share is weight / sum of weights; 0 gets nothing.
        weight: Whole<0, 1_000_000> = Whole(1),
        /// What subsets select by.
        labels: Pairs<Line, Line>,
        /// Region and zone, such as `eu-1/a`.
        locality: Line,
    }
}

document! {
    /// The endpoints of a cluster that carry some labels.
    pub(crate) struct SubsetDoc as "a subset such as `{labels: {version: v1}}`" {
        /// Labels that an endpoint must carry, all of them.
        labels: Pairs<Line, Line>; required,
        ..policy: PolicyDoc,
    }
}
