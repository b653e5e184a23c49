//! The life of a connection: it is opened, tells and is told the terms, carries streams, and ends.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, Connection, SendRequest};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;
use towpath_config::model::Cluster;

use super::heartbeat::{Heartbeat, Silent};
use super::place::{Opening, Place};
use super::session::{Link, Session, Terms};
use crate::codec::h2::{Breach, Gathering, Guard, SMALL_FRAME};
use crate::observe::tally::ClusterCounter;
use crate::outcome::Reason;
use crate::sys::stream::Stream;
use crate::sys::timer::{Elapsed, Timer, Timers};
use crate::upstream::allowance::Allowed;
use crate::upstream::cluster::Slot;
use crate::upstream::connect::connect;
use crate::upstream::endpoint::EndpointState;
use crate::upstream::pool::Want;

/// Octets of a request that wait for the socket.
const SEND_BYTES_MAX: usize = 64 * 1024;

/// Streams that the crate knows for a second after we have reset them, beside those that have their room.
const RESETS_KEPT_MIN: u32 = 128;

/// Streams that may end by a fault of the endpoint, as long as the connection lives. The crate ends it beyond.
const RESETS_LOCAL_MAX: usize = 1024;

/// Octets that are read before those get their turn whom they are for: what comes of heads waits for them, and no window holds
/// it back.
const READ_MAX: usize = 64 * 1024;

/// Frames of a few octets that wait to be passed on, of all answers of a connection.
const SMALL_FRAMES_MAX: usize = 128 * 1024;

/// What the endpoint allows as long as it has said nothing (RFC 9113 §6.5.2 has no such number).
const UNTOLD: usize = usize::MAX - 1;

/// What the config says of the connections of a cluster.
#[derive(Debug, Clone, Copy)]
struct Rules {
    terms: Terms,
    stream_window: u32,
    connection_window: u32,
    header_bytes: u32,
    pings: Option<(Duration, Duration)>,
    connect: Option<Duration>,
}

impl Rules {
    fn new(cluster: &Cluster, connect: Option<Duration>) -> Self {
        let limits = cluster.limits();
        Self {
            terms: Terms { streams: **limits.streams(), idle: **cluster.idle_timeout() },
            stream_window: **limits.stream_window(),
            connection_window: **limits.connection_window(),
            header_bytes: **limits.header_bytes(),
            pings: (**cluster.pings().interval()).map(|interval| (interval, **cluster.pings().timeout())),
            connect,
        }
    }

    fn builder(&self) -> Builder {
        let mut builder = Builder::new();
        builder
            .enable_push(false)
            .initial_max_send_streams(UNTOLD)
            .initial_window_size(self.stream_window)
            // a head that is too large is told apart by us, as long as it is not far too large
            .max_header_list_size(self.header_bytes.saturating_mul(2))
            .max_concurrent_reset_streams(self.terms.streams.max(RESETS_KEPT_MIN) as usize)
            .max_local_error_reset_streams(Some(RESETS_LOCAL_MAX))
            .max_send_buffer_size(SEND_BYTES_MAX)
            .data_frame_budget(SMALL_FRAMES_MAX * SMALL_FRAME);
        builder
    }
}

/// Opens a connection, and carries it to its end, in a task of its own: who asked for it may go away.
pub(super) fn open(opening: Opening, slot: Slot, allowed: Allowed, want: &Want<'_>, cluster: &Cluster) {
    let rules = Rules::new(cluster, want.limits.connect);
    // where it is now: its place may have been made when it was elsewhere
    let endpoint = Arc::clone(want.endpoint);
    let link = Rc::new(Link::up_to(rules.connection_window, want.timer.now()));
    let known = Rc::clone(&link);
    let task = tokio::task::spawn_local(async move {
        let _held = (slot, allowed);
        let place = Rc::clone(opening.place());
        let timer = place.timers.timer();
        match establish(&place, &endpoint, &rules, &timer, known).await {
            Ok((session, frames, outlet)) => {
                place.count(ClusterCounter::Connections, 1);
                opening.succeed(&session, rules.terms.streams);
                carry(session, (frames, outlet), rules.pings, timer).await;
            }
            Err(reason) => {
                place.count(ClusterCounter::ConnectFailures, 1);
                opening.fail(reason);
            }
        }
    });
    // it is new, and this thread's: it has not begun
    let _ = link.task.set(task.abort_handle());
}

type Outlet = Gathering<Stream>;
type Frames = Connection<Counted, Bytes>;

/// Connects, and waits until the endpoint has said what it allows: one that speaks no HTTP/2 gets no request.
async fn establish(
    place: &Rc<Place>,
    endpoint: &EndpointState,
    rules: &Rules,
    timer: &Timer,
    link: Rc<Link>,
) -> Result<(Rc<Session>, Frames, Outlet), Reason> {
    let due = rules.connect.map(|limit| Instant::now() + limit);
    let address = endpoint.address();
    let io = connect(address, place.announcement.as_ref(), timer, due).await?;
    let (guard, timers) = (Guard::of_endpoint(timer.now()), Rc::clone(timer.timers()));
    let outlet = Gathering::over(io);
    let io =
        Counted { io: outlet.clone(), link: Rc::clone(&link), turn: READ_MAX, guard, breach: None, timers };
    let shaken = timer.within(due, settle(rules.builder(), io)).await;
    timer.arm(None);
    match shaken {
        Ok(Ok((door, frames))) => Ok((Session::new(place, link, rules.terms, door), frames, outlet)),
        Ok(Err(fault)) if is_breach(&fault) => {
            // whoever tries again and again is not told each time
            if place.failures().0 == 0 {
                tracing::warn!(endpoint = %address, %fault, "an endpoint does not speak HTTP/2, as `protocol: h2` says");
            }
            Err(Reason::BadResponse)
        }
        Ok(Err(fault)) => {
            tracing::debug!(endpoint = %address, %fault, "an endpoint closes a connection before it has begun");
            Err(Reason::ConnectFailure)
        }
        Err(Elapsed) => {
            tracing::debug!(endpoint = %address, "an endpoint does not answer in HTTP/2 in time");
            Err(Reason::ConnectTimeout)
        }
    }
}

async fn settle(builder: Builder, io: Counted) -> Result<(SendRequest<Bytes>, Frames), h2::Error> {
    let (door, mut frames) = builder.handshake(io).await?;
    poll_fn(|cx| match Pin::new(&mut frames).poll(cx) {
        Poll::Ready(Err(fault)) => Poll::Ready(Err(fault)),
        Poll::Ready(Ok(())) => Poll::Ready(Err(h2::Reason::NO_ERROR.into())),
        Poll::Pending if frames.max_concurrent_send_streams() == UNTOLD => Poll::Pending,
        Poll::Pending => Poll::Ready(Ok(())),
    })
    .await?;
    Ok((door, frames))
}

/// Whether the endpoint broke the protocol, and did not only go away.
fn is_breach(fault: &h2::Error) -> bool {
    match fault.get_io() {
        Some(fault) => fault.kind() == io::ErrorKind::InvalidData,
        None => !fault.is_remote(),
    }
}

/// A connection until it ends, however it does.
struct Carried(Rc<Session>);

impl Drop for Carried {
    fn drop(&mut self) {
        self.0.place.remove(&self.0);
    }
}

async fn carry(
    session: Rc<Session>,
    (mut frames, outlet): (Frames, Outlet),
    pings: Option<(Duration, Duration)>,
    timer: Timer,
) {
    let carried = Carried(session);
    outlet.gather();
    let session = &carried.0;
    let mut heart = pings
        .zip(frames.ping_pong())
        .map(|((interval, timeout), pings)| Heartbeat::new(pings, timer, interval, timeout));
    let ended = poll_fn(|cx| {
        loop {
            if let Poll::Ready(ended) = Pin::new(&mut frames).poll(cx) {
                return Poll::Ready(ended.map_err(Some));
            }
            let Some(window) = session.link.credit.grow(session.place.timers.now(), cx) else { break };
            frames.set_target_window_size(window);
        }
        outlet.send(cx);
        session.place.look(session);
        match heart.as_mut().map_or(Poll::Pending, |heart| heart.poll(cx, session)) {
            Poll::Ready(Silent) => Poll::Ready(Err(None)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await;
    let counter = match &ended {
        Err(None) => ClusterCounter::Http2PingTimeouts,
        Err(Some(fault)) if is_breach(fault) => ClusterCounter::Http2Errors,
        Ok(()) | Err(Some(_)) => return,
    };
    session.count(counter, 1);
    let fault = ended.err().flatten();
    let fault = fault.as_ref().map_or(&"no answer to a PING" as &dyn std::fmt::Display, |fault| fault);
    tracing::debug!(endpoint = %session.place.endpoint.address(), %fault, "a connection is given up");
}

/// A stream that counts what passes, and lets nothing pass that may not.
#[derive(Debug)]
struct Counted {
    io: Outlet,
    link: Rc<Link>,
    /// How much may be read in this turn.
    turn: usize,
    guard: Guard,
    /// What the endpoint broke: nothing is read any more.
    breach: Option<Breach>,
    timers: Rc<Timers>,
}

impl Counted {
    fn wrote(&mut self, slices: &[IoSlice<'_>], count: usize) -> usize {
        self.link.written.set(self.link.written.get() + count as u64);
        // what an endpoint is told was all said by others
        self.guard.send_some(slices, count, u32::MAX);
        self.link.credit.note(self.guard.credit());
        count
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        window: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let broken = |breach| Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, breach)));
        if let Some(breach) = self.breach {
            return broken(breach);
        }
        if self.turn == 0 {
            self.turn = READ_MAX;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = window.filled().len();
        let Poll::Ready(read) = Pin::new(&mut self.io).poll_read(cx, window) else {
            self.turn = READ_MAX;
            return Poll::Pending;
        };
        read?;
        let received = window.filled().len() - before;
        self.turn = self.turn.saturating_sub(received);
        self.link.received.set(self.link.received.get() + received as u64);
        let now = self.timers.now();
        let judged = self.guard.receive(window, before, now);
        self.link.credit.note(self.guard.credit());
        if let Err(breach) = judged {
            self.breach = Some(breach);
            if window.filled().len() == before {
                return broken(breach);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        Poll::Ready(Ok(self.wrote(&[IoSlice::new(bytes)], count)))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, slices))?;
        Poll::Ready(Ok(self.wrote(slices, count)))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
