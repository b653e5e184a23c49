//! One connection, as the requests see it that are streams of it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::SendStream;
use h2::client::{ResponseFuture, SendRequest};
use http::Request;
use http::uri::Authority;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::place::Place;
use crate::codec::h2::Credit;
use crate::observe::tally::ClusterCounter;

/// How long a request that we have given up keeps its room. The endpoint may still be at work on it, and what is on its way
/// of the answer has to be known for what it is; and who gives requests up by the thousand must not look to the endpoint
/// like an attacker, who would cost all others their connection (CVE-2023-44487).
pub(super) const GIVEN_UP: Duration = Duration::from_secs(1);

/// How long a connection may take to close that carries nothing any more.
const CLOSING: Duration = Duration::from_secs(5);

/// What the config says of a connection, when it is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// Requests open at once.
    pub(super) streams: u32,
    /// How long it may carry nothing.
    pub(super) idle: Option<Duration>,
}

/// The task of a connection, and the octets that passed by it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) task: OnceCell<AbortHandle>,
    pub(super) received: Cell<u64>,
    pub(super) written: Cell<u64>,
    /// What the endpoint may send.
    pub(super) credit: Rc<Credit>,
}

impl Link {
    /// Of a connection on which so many octets may stand at most that nobody has taken.
    pub(super) fn up_to(window: u32, now: Instant) -> Self {
        let (task, received, written) = Default::default();
        Self { task, received, written, credit: Rc::new(Credit::up_to(window, now)) }
    }
}

/// Whether a connection takes a further request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// It does.
    Some,
    /// Not before another one has ended, or the endpoint allows more.
    None,
    /// Never again.
    Closed,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) place: Rc<Place>,
    pub(super) link: Rc<Link>,
    terms: Terms,
    /// How new requests come in; none when no more are wanted. The connection ends when it is gone, and the last stream.
    door: RefCell<Option<SendRequest<Bytes>>>,
    open: Cell<u32>,
    /// When those were given up that still have their room.
    given_up: RefCell<VecDeque<Instant>>,
    /// Whether a request has ended on it.
    used: Cell<bool>,
    since: Cell<Instant>,
    /// Whether it stands among those of its place that have room.
    pub(super) listed: Cell<bool>,
    /// The last `:authority`, which the next request most likely has as well.
    authority: RefCell<Option<Authority>>,
}

impl Session {
    pub(super) fn new(place: &Rc<Place>, link: Rc<Link>, terms: Terms, door: SendRequest<Bytes>) -> Rc<Self> {
        place.endpoint.count_idle(true);
        Rc::new(Self {
            place: Rc::clone(place),
            link,
            terms,
            door: RefCell::new(Some(door)),
            open: Cell::new(0),
            given_up: RefCell::default(),
            used: Cell::new(false),
            since: Cell::new(place.timers.now()),
            listed: Cell::new(false),
            authority: RefCell::default(),
        })
    }

    /// Whether it takes a further request. One that does not any more begins to leave.
    pub(super) fn room(&self) -> Room {
        let mut door = self.door.borrow_mut();
        let Some(sender) = door.as_mut() else { return Room::Closed };
        match sender.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(fault)) => {
                self.count(ClusterCounter::Http2GoAways, (fault.is_go_away() && fault.is_remote()).into());
                drop(door);
                self.leave();
                return Room::Closed;
            }
            Poll::Pending => return Room::None,
        }
        let most = sender.current_max_send_streams().min(self.terms.streams as usize);
        self.forget_given_up(self.place.timers.now());
        if (self.open.get() as usize) + self.given_up.borrow().len() < most { Room::Some } else { Room::None }
    }

    /// How many requests the endpoint allows at once.
    pub(super) fn allowed(&self) -> Option<usize> {
        self.door.borrow().as_ref().map(SendRequest::current_max_send_streams)
    }

    /// Whether the endpoint takes WebSocket (RFC 8441 §3).
    pub(super) fn takes_websocket(&self) -> bool {
        let door = self.door.borrow();
        door.as_ref().is_some_and(SendRequest::is_extended_connect_protocol_enabled)
    }

    /// Requests that are open.
    pub(super) fn open(&self) -> u32 {
        self.open.get()
    }

    /// Whether it takes requests, or might once more.
    pub(super) fn is_leaving(&self) -> bool {
        self.door.borrow().is_none()
    }

    /// Whether it carries nothing, and has not for so long.
    pub(super) fn is_idle_for(&self, limit: Duration, now: Instant) -> bool {
        self.open.get() == 0 && now.saturating_duration_since(self.since.get()) >= limit
    }

    /// Takes no further request; what is open is finished, then the connection ends.
    pub(super) fn leave(&self) {
        if self.door.take().is_some() && self.open.get() == 0 {
            self.place.endpoint.count_idle(false);
            self.since.set(self.place.timers.now());
        }
    }

    /// Whether a request has ended on it.
    pub(super) fn is_used(&self) -> bool {
        self.used.get()
    }

    /// What is done about it once a second; says whether it has more room than before.
    pub(super) fn sweep(&self, now: Instant, is_wanted: bool) -> bool {
        if self.is_leaving() {
            // an endpoint that reads nothing is not told good-bye for ever
            if self.is_idle_for(CLOSING, now)
                && let Some(task) = self.link.task.get()
            {
                task.abort();
            }
            return false;
        }
        if !is_wanted || self.terms.idle.is_some_and(|limit| self.is_idle_for(limit, now)) {
            self.count(ClusterCounter::Evicted, (self.open.get() == 0).into());
            self.leave();
            return false;
        }
        self.forget_given_up(now)
    }

    /// Gives the room back of requests that were given up long enough ago; says whether there were such.
    fn forget_given_up(&self, now: Instant) -> bool {
        let mut given_up = self.given_up.borrow_mut();
        let before = given_up.len();
        while given_up.front().is_some_and(|since| now.saturating_duration_since(*since) >= GIVEN_UP) {
            given_up.pop_front();
        }
        given_up.len() < before
    }

    /// The `:authority` of a request; none when it is no authority.
    pub(super) fn authority(&self, host: &[u8]) -> Option<Authority> {
        let mut last = self.authority.borrow_mut();
        if let Some(last) = last.as_ref().filter(|last| last.as_str().as_bytes() == host) {
            return Some(last.clone());
        }
        let authority = Authority::try_from(host).ok()?;
        *last = Some(authority.clone());
        Some(authority)
    }

    /// Begins a stream.
    ///
    /// # Errors
    /// The crate does not take the request.
    pub(super) fn send(
        &self,
        request: Request<()>,
        ended: bool,
    ) -> Option<Result<(ResponseFuture, SendStream<Bytes>), h2::Error>> {
        // one that has sent keeps the stream until it may send again, and takes the wake-ups that are the stream's
        let mut door = self.door.borrow().clone()?;
        Some(door.send_request(request, ended))
    }

    pub(super) fn count(&self, counter: ClusterCounter, count: u64) {
        self.place.count(counter, count);
    }
}

/// The right to one request on a connection; given back when dropped.
#[derive(Debug)]
pub struct Lease {
    session: Rc<Session>,
    reused: bool,
    given_up: bool,
}

impl Lease {
    pub(super) fn begin(session: &Rc<Session>) -> Self {
        let open = session.open.get();
        if open == 0 {
            session.place.endpoint.count_idle(false);
        }
        session.open.set(open + 1);
        session.count(ClusterCounter::Http2StreamsOpen, 1);
        let reused = session.used.get();
        session.count(ClusterCounter::Reused, reused.into());
        Self { session: Rc::clone(session), reused, given_up: false }
    }

    pub(super) fn session(&self) -> &Rc<Session> {
        &self.session
    }

    /// Whether the connection has carried a request before.
    pub(super) fn is_reused(&self) -> bool {
        self.reused
    }

    /// Says that the request is reset by us, and that the endpoint may not know yet.
    pub(super) fn give_up(&mut self) {
        self.given_up = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let session = &self.session;
        session.count(ClusterCounter::Http2StreamsOpen, 1_u64.wrapping_neg());
        session.used.set(true);
        session.open.set(session.open.get().saturating_sub(1));
        if session.open.get() == 0 {
            session.since.set(session.place.timers.now());
        }
        if session.is_leaving() {
            return;
        }
        if session.open.get() == 0 {
            session.place.endpoint.count_idle(true);
        }
        if self.given_up {
            session.given_up.borrow_mut().push_back(session.place.timers.now());
        } else {
            session.place.list(session);
        }
    }
}
