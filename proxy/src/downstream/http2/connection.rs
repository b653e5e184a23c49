//! The life of a connection: its streams become exchanges, until it is idle for too long, has carried what it may, or the
//! process drains.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use h2::RecvStream;
use h2::server::{Builder, Connection, SendResponse};
use http::Request;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use tokio::time::Instant;
use towpath_config::model::{Listener, ListenerId, Protocol};

use super::caller::Http2Caller;
use super::crew::{Crew, Seat};
use super::head;
use super::rewound::Rewound;
use super::session::{Begun, Open, Session};
use crate::codec::body::Framing;
use crate::codec::buffer::Buffer;
use crate::codec::grpc::{self, web::Dialect};
use crate::codec::h2::{Breach, Gathering, Guard, SMALL_FRAME};
use crate::codec::scratch::Scratch;
use crate::downstream::grpc_web::{self, GrpcWeb};
use crate::exchange::record::Record;
use crate::exchange::respond::{self, Shape};
use crate::exchange::subject::head_limits;
use crate::exchange::{HostCheck, Visit, serve};
use crate::filter::forwarded::Peer;
use crate::filter::reply::Refused;
use crate::local::{Local, Pinned};
use crate::observe::listener::ListenerStats;
use crate::observe::tally::ListenerCounter;
use crate::outcome::Reason;
use crate::snapshot::Snapshot;
use crate::sys::timer::{Elapsed, Timer, Waits};
use crate::sys::transport::Transport;

/// Streams that a client may open and reset before they are seen (CVE-2023-44487). The crate ends the connection beyond.
const RESETS_PENDING_MAX: usize = 20;

/// Streams that may end by a fault of the client (CVE-2025-8671). The crate ends the connection beyond.
const RESETS_LOCAL_MAX: usize = 256;

/// Octets of an answer that wait for the socket.
const SEND_BYTES_MAX: usize = 64 * 1024;

/// Frames of a few octets that wait to be passed on, of all requests of a connection. A call may send its messages faster than its
/// endpoint takes them, and those of others must not end with it.
const SMALL_FRAMES_MAX: usize = 16 * 1024;

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Its streams, each of which has a deadline of its own.
    Streams,
    /// The next request.
    Request,
    /// The end of the client's side.
    Goodbye,
}

/// A connection that speaks HTTP/2.
struct Carried<'t, S: Transport> {
    session: Rc<Session>,
    timer: &'t Timer,
    frames: Connection<Rewound<S>, Bytes>,
    outlet: Gathering<S>,
    linger: Duration,
    wait: Wait,
    served: u32,
    leaving: bool,
}

/// Carries a connection, of which `unread` was read already, to its end.
pub async fn run<S: Transport>(
    local: &Rc<Local>,
    crew: &Rc<Crew>,
    listener: &Arc<ListenerStats>,
    peer: &Peer,
    timer: &Timer,
    io: S,
    unread: Buffer,
) {
    let session = Session::new(local, crew, listener, peer, io.addresses());
    session.count(ListenerCounter::Http2Connections, 1);
    let snapshot = local.snapshot();
    let Some((_, rules)) = rules(&session, &snapshot) else { return };
    let linger = **rules.timeouts().linger();
    let due = (**rules.timeouts().header()).map(|limit| timer.now() + limit);
    let (limits, now) = (rules.limits(), local.timers().now());
    let guard = Guard::of_client(**limits.control_frames(), **limits.resets(), now);
    let outlet = Gathering::over(io);
    let io = Rewound::new(outlet.clone(), unread, Rc::clone(&session), guard, **limits.linger_bytes());
    let handshake = builder(rules).handshake(io);
    drop(snapshot);
    let frames = match timer.within(due, handshake).await {
        Ok(Ok(frames)) => frames,
        Ok(Err(fault)) => return session.fail(&fault),
        Err(Elapsed) => return session.count(ListenerCounter::Http2Errors, 1),
    };
    timer.arm(None);
    outlet.gather();
    let wait = Wait::Streams;
    let mut carried = Carried { session, timer, frames, outlet, linger, wait, served: 0, leaving: false };
    let mut signal = local.shared().drain_signal();
    // where nobody can tell of a drain any more, it has begun
    let mut drain = pin!(signal.wait_for(Option::is_some));
    let mut drained = false;
    poll_fn(|cx| {
        if !drained && drain.as_mut().poll(cx).is_ready() {
            drained = true;
            carried.drain(cx);
        }
        carried.poll(cx)
    })
    .await;
}

/// The listener, as long as it takes requests.
fn rules<'s>(session: &Session, snapshot: &'s Snapshot) -> Option<(ListenerId, &'s Listener)> {
    snapshot.listener_of(&session.listener).filter(|(_, listener)| *listener.protocol() == Protocol::Http)
}

/// What the client is told, and what is kept of it.
fn builder(listener: &Listener) -> Builder {
    let limits = listener.limits();
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(**limits.streams())
        .initial_window_size(**limits.stream_window())
        .initial_connection_window_size(**limits.connection_window())
        .enable_connect_protocol()
        // a head that is too large is answered, and counted, by us, as long as it is not far too large
        .max_header_list_size((**limits.header_bytes()).saturating_mul(2))
        .max_pending_accept_reset_streams(RESETS_PENDING_MAX)
        .max_local_error_reset_streams(Some(RESETS_LOCAL_MAX))
        .max_send_buffer_size(SEND_BYTES_MAX)
        .data_frame_budget(SMALL_FRAMES_MAX * SMALL_FRAME);
    builder
}

impl<S: Transport> Carried<'_, S> {
    /// Takes streams and sends frames until the connection has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.frames.poll_accept(cx) {
                Poll::Ready(Some(Ok((request, respond)))) => {
                    self.begin(request, respond);
                    continue;
                }
                Poll::Ready(Some(Err(fault))) => {
                    self.session.fail(&fault);
                    return Poll::Ready(());
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => self.outlet.send(cx),
            }
            if let Some(breach) = self.session.breach.take() {
                self.end(breach);
                continue;
            }
            self.watch(cx);
            if !self.timer.poll_fired(cx) {
                return Poll::Pending;
            }
            if self.wait == Wait::Request {
                self.leave();
            } else if self.session.hasty.replace(true) {
                return Poll::Ready(());
            } else {
                self.session.count(ListenerCounter::LingersCut, 1);
            }
        }
    }

    /// Sets the deadline of what is waited for, when that has changed.
    fn watch(&mut self, cx: &Context<'_>) {
        let leaving = self.leaving || self.session.ending.get();
        let wait = match (self.session.poll_busy(cx), leaving) {
            (true, _) => Wait::Streams,
            (false, false) => Wait::Request,
            (false, true) => Wait::Goodbye,
        };
        if std::mem::replace(&mut self.wait, wait) == wait {
            return;
        }
        let now = self.timer.now();
        match wait {
            Wait::Streams => self.timer.arm(None),
            Wait::Request => {
                let local = &self.session.local;
                let snapshot = local.snapshot();
                // a listener that is gone waits for nobody
                let limit = rules(&self.session, &snapshot)
                    .map_or(Some(Duration::ZERO), |(_, listener)| **listener.timeouts().idle());
                self.timer.arm_for(Waits::Idle, local.closes_idle(limit.map(|limit| now + limit)));
            }
            Wait::Goodbye => self.timer.arm(Some(now + self.linger)),
        }
    }

    /// The process is about to end: who is busy is told at once, who is idle has its moment.
    fn drain(&mut self, cx: &Context<'_>) {
        if self.session.poll_busy(cx) {
            self.leave();
        }
    }

    /// Tells the client that no further request is wanted; those that are on their way are still taken.
    fn leave(&mut self) {
        if !std::mem::replace(&mut self.leaving, true) {
            self.frames.graceful_shutdown();
        }
    }

    /// Ends the connection by a frame that the crate was not shown: says why, and drops what still comes.
    fn end(&mut self, breach: Breach) {
        self.session.end(breach.reason());
        self.leaving = true;
        self.frames.abrupt_shutdown(breach.reason());
    }

    /// Makes an exchange of a stream.
    fn begin(&mut self, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        let local = &self.session.local;
        let snapshot = local.snapshot();
        let Some((_, listener)) = rules(&self.session, &snapshot) else {
            respond.send_reset(h2::Reason::REFUSED_STREAM);
            return self.leave();
        };
        self.session.begun.set(u32::from(respond.stream_id()));
        self.served = self.served.saturating_add(1);
        let limit = **listener.limits().requests_per_connection();
        if local.ends_connections() || limit.is_some_and(|limit| self.served >= limit) {
            self.leave();
        }
        let begun = Box::new(Begun { open: Open::begin(&self.session), request, respond });
        if let Some(begun) = self.session.crew.give(begun) {
            tokio::task::spawn_local(carry(Seat::of(begun)));
        }
    }
}

/// Carries one stream after the other, of whichever connection of this worker.
async fn carry(seat: Rc<Seat>) {
    loop {
        // what was begun stands in the seat, and not in this task, which would keep room for it
        let Some(crew) = exchange(&seat).await else { return };
        if !crew.take_back(&seat) || !seat.next().await {
            return;
        }
    }
}

/// The answer to what cannot be taken as a request, and its shape.
fn refusal(reason: Reason, parts: &Parts, listener: &Listener) -> (Refused<'static>, Shape) {
    let mut reply = Refused::from(reason);
    if parts.headers.get(CONTENT_TYPE).is_some_and(|value| grpc::is_media_type(value.as_bytes())) {
        reply.speak_grpc();
    }
    let shape = Shape {
        head_only: parts.method == http::Method::HEAD,
        reason: *listener.http().reason_header(),
        patience: **listener.timeouts().body(),
    };
    (reply, shape)
}

/// A request that was taken off the connection.
struct Taken {
    open: Open,
    snapshot: Rc<Pinned>,
    scratch: Box<Scratch>,
    caller: Http2Caller,
    /// The dialect, where it is a call of gRPC-Web.
    read: Result<Option<Dialect>, (Refused<'static>, Shape)>,
}

/// Reads the head of what was begun; nothing when its listener takes no requests any more.
fn take(begun: Box<Begun>) -> Option<Taken> {
    let Begun { open, request, respond } = *begun;
    let session = &open.0;
    let snapshot = session.local.snapshot();
    let (_, listener) = rules(session, &snapshot)?;
    let mut scratch = session.local.scratch();
    let (parts, body) = request.into_parts();
    let limit = **listener.limits().body_bytes();
    let read = head::read(&parts, body.is_end_stream(), &head_limits(listener), &mut scratch.request);
    let read = read.and_then(|()| match scratch.request.framing {
        Framing::Length(length) if limit.is_some_and(|limit| length > limit) => Err(Reason::BodyTooLarge),
        _ => Ok(()),
    });
    let read = read.map_err(|reason| refusal(reason, &parts, listener));
    let head = read.is_ok().then_some(&scratch.request);
    let caller = Http2Caller::new(session, body, respond, head, limit);
    let read = read.map(|()| grpc_web::dialect(listener, &mut scratch.request));
    Some(Taken { open, snapshot, scratch, caller, read })
}

/// Carries the request that was given to this seat; gives the tasks to which it belongs.
async fn exchange(seat: &Seat) -> Option<Rc<Crew>> {
    let Taken { open, snapshot, mut scratch, mut caller, read } = take(seat.take()?)?;
    let session = &open.0;
    let listener = rules(session, &snapshot)?;
    let local = &session.local;
    let timer = local.timers().timer();
    let pressure = local.shared().pressure();
    let peer = &session.peer;
    let visit = Visit {
        snapshot: &snapshot,
        listener,
        peer,
        timer: &timer,
        last: false,
        pressure,
        host: HostCheck::Not,
    };
    let ending = match read {
        Ok(None) => serve(local, &visit, &mut scratch, &mut caller).await,
        Ok(Some(dialect)) => {
            session.count(ListenerCounter::GrpcWeb, 1);
            let mut caller = GrpcWeb::new(&mut caller, dialect);
            Box::pin(serve(local, &visit, &mut scratch, &mut caller)).await
        }
        Err((reply, shape)) => {
            let mut record = Record::begin(local, &visit, None, Instant::now());
            respond::refuse(&reply, shape, &visit, &mut caller, &mut record).await
        }
    };
    local.put_scratch(scratch);
    caller.end(ending);
    Some(Rc::clone(&session.crew))
}
