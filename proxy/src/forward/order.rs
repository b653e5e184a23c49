//! What is to be sent, and under which limits.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;
use towpath_config::model::{Cluster, Destination};

use super::choose::Choice;
use super::tries::Tries;
use crate::codec::digits::decimal;
use crate::codec::fields::Fields;
use crate::codec::grpc;
use crate::codec::h1::Asked;
use crate::codec::message::{RequestHead, ResponseHead};
use crate::codec::outgoing::Outgoing;
use crate::codec::proxy_protocol::Announcement;
use crate::filter::deadline::Clock;
use crate::filter::forwarded::Peer;
use crate::local::Local;
use crate::outcome::{GrpcStatus, Reason};
use crate::snapshot::LiveCluster;
use crate::upstream::attempt::RequestLine;
use crate::upstream::endpoint::{Active, Outcome};
use crate::upstream::pool::PoolLimits;

/// One request, decided upon.
#[derive(Debug)]
pub struct Order<'a> {
    /// The request as it came.
    pub head: &'a RequestHead,
    /// What changes of its fields.
    pub out: &'a mut Outgoing,
    /// Whether it is a call of gRPC.
    pub is_grpc: bool,
    /// The request line that goes out.
    pub line: RequestLine<'a>,
    /// The chosen destination.
    pub destination: &'a Destination,
    /// Its cluster.
    pub cluster: &'a Cluster,
    /// The live side of the cluster.
    pub live: &'a LiveCluster,
    /// What the endpoint is told of the caller before everything else.
    pub announcement: Option<Announcement>,
    /// Whose word on time holds.
    pub clock: Clock,
    /// When the whole exchange must be over.
    pub due: Option<Instant>,
    /// How long the caller may stand still.
    pub body_timeout: Option<Duration>,
    /// How often it was sent, and when it is sent again.
    pub tries: Tries<'a>,
}

impl Order<'_> {
    /// Tells the endpoint of this attempt how much of the time is left.
    pub fn tell_time(&mut self) {
        if self.clock == Clock::Call {
            let left = self.due.map(|due| due.saturating_duration_since(Instant::now()));
            self.clock.tell(&self.head.fields, left, self.out);
        }
    }

    /// A deadline that has passed before that of the whole exchange is that of the try.
    #[must_use]
    pub fn due_reason(&self, reason: Reason) -> Reason {
        let is_over = self.due.is_some_and(|due| due <= Instant::now());
        if reason == Reason::Timeout && !is_over { Reason::TryTimeout } else { reason }
    }

    /// Tells the next endpoint that it is not the first one.
    pub fn tell_attempt(&mut self, name: &str, number: u32) {
        self.out.remove(&self.head.fields, name.as_bytes());
        self.out.add_with(name.as_bytes(), |text| decimal(number.into(), text));
    }

    /// What decides how the answer is read.
    #[must_use]
    pub fn asked(&self) -> Asked {
        self.line.asked
    }

    /// Among which endpoints one is chosen.
    #[must_use]
    pub fn choice(&self) -> Choice<'_> {
        let subset = self.tries.subset(*self.destination.subset());
        Choice { subset, cluster: self.cluster, live: self.live }
    }

    /// Takes in that an endpoint has answered with this head.
    pub fn answered(&self, local: &Local, active: &Active, head: &ResponseHead) {
        let said = if self.is_grpc { grpc::status(&head.fields) } else { None };
        let status = match head.status {
            // how a call of gRPC went stands behind its body
            200 if self.is_grpc && said.is_none() => {
                // a stream may last: for a breaker it is enough that it has begun
                if active.is_trial() {
                    self.choice().saw(local, active, Outcome::Success);
                }
                return;
            }
            status if self.is_grpc => said.or_else(|| Some(GrpcStatus::of_http(status))),
            _ => None,
        };
        self.choice().saw(local, active, Outcome::answered(head.status, status));
    }

    /// Takes in how the answer's body ended.
    pub fn ended(
        &self,
        local: &Local,
        active: &Active,
        passed: Result<u64, Reason>,
        trailers: Option<&Fields>,
    ) {
        let said = trailers.filter(|_| self.is_grpc).and_then(grpc::status);
        match (passed, said) {
            (Err(reason), _) => self.failed(local, active, reason),
            (Ok(_), Some(status)) => self.choice().saw(local, active, Outcome::answered(200, Some(status))),
            (Ok(_), None) => {}
        }
    }

    /// Takes in that an attempt has failed, as far as the endpoint has a part in it. A caller that gives it less time than
    /// the route does must not make it look slow to others.
    pub fn failed(&self, local: &Local, active: &Active, reason: Reason) {
        let policy = self.destination.policy();
        let hurried = || self.clock.limit(&self.head.fields, policy) != **policy.timeout();
        if let Some(outcome) = Outcome::failed(reason)
            && !(reason == Reason::Timeout && hurried())
        {
            self.choice().saw(local, active, outcome);
        }
    }

    /// What the config says of the cluster's connections.
    #[must_use]
    pub fn pool_limits(&self) -> PoolLimits {
        pool_limits(self.cluster, self.destination)
    }
}

/// What the endpoints of a cluster are told of a connection of this peer, whose socket has these addresses.
#[must_use]
pub fn announcement(
    cluster: &Cluster,
    peer: &Peer,
    addresses: impl FnOnce() -> Option<(SocketAddr, SocketAddr)>,
) -> Option<Announcement> {
    let version = **cluster.proxy_protocol().as_ref()?;
    Some(Announcement { version, ends: peer.ends(addresses).copied() })
}

/// What the config says of the connections of a cluster that are made for this destination.
#[must_use]
pub fn pool_limits(cluster: &Cluster, destination: &Destination) -> PoolLimits {
    PoolLimits {
        connections: **cluster.limits().connections(),
        pending: **cluster.limits().pending(),
        wait: **destination.policy().pending_timeout(),
        idle: **cluster.idle_timeout(),
        connect: **destination.policy().connect_timeout(),
    }
}
