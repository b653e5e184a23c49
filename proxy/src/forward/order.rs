//! What is to be sent, and under which limits.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;
use towpath_config::model::{Cluster, Destination};

use crate::codec::h1::Asked;
use crate::codec::message::RequestHead;
use crate::codec::outgoing::Outgoing;
use crate::codec::proxy_protocol::Announcement;
use crate::filter::deadline::Clock;
use crate::filter::forwarded::Peer;
use crate::snapshot::LiveCluster;
use crate::upstream::attempt::RequestLine;
use crate::upstream::pool::PoolLimits;

/// One request, decided upon.
#[derive(Debug)]
pub struct Order<'a> {
    /// The request as it came.
    pub head: &'a RequestHead,
    /// What changes of its fields.
    pub out: &'a mut Outgoing,
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
}

impl Order<'_> {
    /// Tells the endpoint of this attempt how much of the time is left.
    pub fn tell_time(&mut self) {
        if self.clock == Clock::Call {
            let left = self.due.map(|due| due.saturating_duration_since(Instant::now()));
            self.clock.tell(&self.head.fields, left, self.out);
        }
    }

    /// What decides how the answer is read.
    #[must_use]
    pub fn asked(&self) -> Asked {
        self.line.asked
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
