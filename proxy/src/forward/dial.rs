//! An endpoint for a connection that nobody looks into: pick, connect, and another one where the first does not take it.

use smallvec::SmallVec;
use towpath_config::model::{Cluster, Destination};

use super::choose::Choice;
use super::order::pool_limits;
use crate::codec::proxy_protocol::Announcement;
use crate::filter::chain::Permitted;
use crate::local::Local;
use crate::outcome::Reason;
use crate::snapshot::LiveCluster;
use crate::sys::timer::Timer;
use crate::upstream::endpoint::{Active, Outcome};
use crate::upstream::pool::{Connection, Want};

/// Where a connection wants to go.
#[derive(Debug)]
pub struct Wish<'a> {
    /// The chosen destination.
    pub destination: &'a Destination,
    /// Its cluster.
    pub cluster: &'a Cluster,
    /// The live side of the cluster.
    pub live: &'a LiveCluster,
    /// What the endpoint is told of the client.
    pub announcement: Option<Announcement>,
}

/// A connection to an endpoint, counted there until dropped.
#[derive(Debug)]
pub struct Dialled {
    /// The connection.
    pub connection: Connection,
    /// Counts it at its endpoint.
    pub active: Active,
}

/// Connects to one endpoint of the destination. Nothing was read of the client, so whoever does not take the connection
/// leaves it to the next one; no endpoint is tried twice.
///
/// # Errors
/// None can be chosen, or none of so many took it: the reason is that of the last one.
pub async fn dial(
    local: &Local,
    _permitted: &Permitted,
    wish: &Wish<'_>,
    timer: &Timer,
) -> Result<Dialled, Reason> {
    let limits = pool_limits(wish.cluster, wish.destination);
    let choice = Choice { subset: *wish.destination.subset(), cluster: wish.cluster, live: wish.live };
    let mut tried = SmallVec::<[u64; 8]>::new();
    let mut last = None;
    for _ in 0..**wish.cluster.limits().connect_attempts() {
        let active = match choice.choose(local, &tried) {
            Ok(active) => active,
            Err(reason) => return Err(last.unwrap_or(reason)),
        };
        let want = Want {
            cluster: wish.live.state(),
            endpoint: active.endpoint(),
            limits: &limits,
            announcement: wish.announcement.as_ref(),
            fresh: true,
            timer,
            due: None,
        };
        match local.pool().checkout(&want).await {
            Ok(connection) => {
                choice.saw(local, &active, Outcome::Success);
                return Ok(Dialled { connection, active });
            }
            Err(reason @ (Reason::ConnectFailure | Reason::ConnectTimeout)) => {
                choice.saw(local, &active, Outcome::Local);
                last = Some(reason);
            }
            Err(reason) => return Err(reason),
        }
        tried.push(active.endpoint().id());
    }
    Err(last.unwrap_or_else(|| wish.live.lack()))
}
