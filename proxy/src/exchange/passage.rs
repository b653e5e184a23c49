//! One connection of a TCP listener, from its first moment to its record: snapshot → route → chain → destination →
//! endpoint → tunnel.

use std::sync::Arc;

use tokio::time::Instant;
use towpath_config::model::{Action, Address, Cluster, Forward, ListenerId};

use super::access::{self, Ended, Noted, unknown};
use super::decide::Way;
use crate::codec::body::Mouth;
use crate::codec::buffer::Buffer;
use crate::codec::fields::Fields;
use crate::codec::proxy_protocol::Announcement;
use crate::filter::chain::{self, Permitted};
use crate::filter::edits::Values;
use crate::filter::forwarded::Peer;
use crate::forward::dial::{Dialled, Wish, dial};
use crate::forward::order::announcement;
use crate::forward::tunnel::{Patience, tunnel};
use crate::local::Local;
use crate::observe::listener::ListenerStats;
use crate::observe::passage::Fate;
use crate::observe::series::{Sample, Series};
use crate::observe::tally::ListenerCounter;
use crate::outcome::Reason;
use crate::route::RequestView;
use crate::route::split::choose;
use crate::snapshot::{AccessLogs, Snapshot};
use crate::sys::memory::Pressure;
use crate::sys::stream::Origin;
use crate::sys::timer::Timer;
use crate::sys::transport::Transport;
use crate::upstream::pool::Connection;

/// A connection that may go on.
#[derive(Debug)]
pub struct Passage<'a> {
    /// What its route does.
    pub forward: &'a Forward,
    /// Position of the chosen destination.
    pub destination: usize,
    /// That no filter objected.
    pub permitted: Permitted,
}

/// What can be seen of a connection.
#[must_use]
pub fn view(listener: ListenerId, source: Origin, nothing: &Fields) -> RequestView<'_> {
    RequestView { listener, host: "", method: "", path: "", query: None, fields: nothing, source }
}

/// Decides. `way` is filled in as far as it was gone.
///
/// # Errors
/// The connection is closed.
pub fn decide<'a>(
    snapshot: &'a Snapshot,
    view: &RequestView<'_>,
    pressure: Pressure,
    rng: &mut fastrand::Rng,
    way: &mut Way,
) -> Result<Passage<'a>, Reason> {
    let config = snapshot.config();
    let found = snapshot.connections().find(config, view)?;
    way.route = Some(found.route);
    let route = config.route(found.route).ok_or(Reason::Internal)?;
    let permitted = chain::judge(route, view, pressure).map_err(|reply| reply.reason)?;
    let Action::Forward(forward) = route.action() else { return Err(Reason::Internal) };
    let chosen = choose(forward.split(), view, rng).ok_or(Reason::NoDestination)?;
    way.destination = Some(chosen.destination);
    Ok(Passage { forward, destination: chosen.destination, permitted })
}

/// Counts one connection when dropped.
struct Record<'a> {
    local: &'a Local,
    listener: &'a ListenerStats,
    peer: &'a Peer,
    series: Arc<Series>,
    started: Instant,
    endpoint: Option<Address>,
    fate: Fate,
    received: u64,
    sent: u64,
}

impl Record<'_> {
    fn pass(&mut self, received: u64, sent: u64) {
        let worker = self.local.worker();
        self.listener.tally().add(worker, ListenerCounter::BytesReceived, received);
        self.listener.tally().add(worker, ListenerCounter::BytesSent, sent);
        if let Some(cell) = self.series.passage(worker) {
            cell.pass(received, sent);
        }
        self.received += received;
        self.sent += sent;
    }

    /// Gives the access logs of the table that is live a line; the one it began with may have gone days ago.
    fn log(&self, snapshot: &Snapshot, logs: &AccessLogs) {
        let nothing = Fields::default();
        let [(_, route), (_, cluster), (_, subset), _] = self.series.key().labels();
        let values = Values {
            route,
            cluster,
            subset,
            variant: if subset.is_empty() { cluster } else { subset },
            endpoint: self.endpoint.as_ref(),
            ..unknown(self.listener.name(), self.peer, &nothing)
        };
        let noted = Noted::because(self.fate.fault());
        let sample = Sample {
            grpc: None,
            status: 0,
            elapsed: self.started.elapsed(),
            first_byte: None,
            request_bytes: self.received,
            response_bytes: self.sent,
        };
        let ended = Ended { values, subject: None, peer: self.peer, noted: &noted, sample: &sample };
        access::log(self.local, snapshot, logs, &ended);
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if let Some(cell) = self.series.passage(self.local.worker()) {
            cell.end(self.fate, self.started.elapsed());
        }
        let snapshot = self.local.snapshot();
        snapshot.access_logs().into_iter().for_each(|logs| self.log(&snapshot, logs));
    }
}

/// A connection that has come to its endpoint. It holds no snapshot: it may live for days.
struct Arrived<'a> {
    record: Record<'a>,
    dialled: Dialled,
    patience: Patience,
}

/// Carries a connection, of which `unread` was read already, to its end. One that cannot be carried is reset.
pub async fn pass<S: Transport>(
    local: &Local,
    listener: &ListenerStats,
    peer: &Peer,
    timer: &Timer,
    mut io: S,
    unread: Option<Buffer>,
) {
    let Some(Arrived { mut record, dialled, patience }) =
        Box::pin(arrive(local, listener, peer, timer, &io)).await
    else {
        io.break_on_close();
        return;
    };
    let Dialled { connection: Connection { io: mut upstream, holding: _holding }, active: _active } = dialled;
    let caller = Mouth { io: &mut io, unread };
    let upstream = Mouth { io: &mut upstream, unread: None };
    let end = tunnel(local, timer, patience, caller, upstream, |up, down| record.pass(up, down)).await;
    record.fate = end.into();
}

/// Finds the endpoint. Where there is none, that is counted and logged.
async fn arrive<'a>(
    local: &'a Local,
    listener: &'a ListenerStats,
    peer: &'a Peer,
    timer: &Timer,
    io: &impl Transport,
) -> Option<Arrived<'a>> {
    let started = Instant::now();
    let snapshot = local.snapshot();
    let (id, _) = snapshot.listener(listener.name())?;
    let nothing = Fields::default();
    let view = view(id, peer.origin, &nothing);
    let mut way = Way::default();
    let pressure = local.shared().pressure();
    let decided = local.with_rng(|rng| decide(&snapshot, &view, pressure, rng, &mut way));
    let series = Arc::clone(snapshot.series(way.route, way.destination));
    series.passage(local.worker()).inspect(|cell| cell.begin());
    let (endpoint, fate) = (None, Fate::Cut);
    let mut record = Record { local, listener, peer, series, started, endpoint, fate, received: 0, sent: 0 };
    let outcome = match decided {
        Ok(passage) => {
            reach(local, &snapshot, &passage, timer, |cluster| announcement(cluster, peer, || io.addresses()))
                .await
        }
        Err(reason) => Err(reason),
    };
    match outcome {
        Ok((dialled, patience)) => {
            record.endpoint = Some(dialled.active.endpoint().address().clone());
            Some(Arrived { record, dialled, patience })
        }
        Err(reason) => {
            record.fate = Fate::Failed(reason);
            if local.may_log() {
                let route = way.route.and_then(|id| snapshot.config().route(id));
                let route = route.map_or("", |route| route.name());
                tracing::info!(%reason, listener = listener.name(), route, client = %peer.origin, "connection closed");
            }
            None
        }
    }
}

async fn reach(
    local: &Local,
    snapshot: &Snapshot,
    passage: &Passage<'_>,
    timer: &Timer,
    announce: impl FnOnce(&Cluster) -> Option<Announcement>,
) -> Result<(Dialled, Patience), Reason> {
    let destination =
        passage.forward.split().destinations().get(passage.destination).ok_or(Reason::Internal)?;
    let id = *destination.cluster();
    let cluster = snapshot.config().cluster(id).ok_or(Reason::Internal)?;
    let live = snapshot.cluster(id).ok_or(Reason::Internal)?;
    let wish = Wish { destination, cluster, live, announcement: announce(cluster) };
    let dialled = dial(local, &passage.permitted, &wish, timer).await?;
    Ok((dialled, (&**destination.policy()).into()))
}
