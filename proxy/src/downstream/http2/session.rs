//! What the streams of one connection share.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::Request;

use super::crew::Crew;
use crate::codec::h2::Breach;
use crate::filter::forwarded::Peer;
use crate::local::Local;
use crate::observe::listener::ListenerStats;
use crate::observe::stats::Counter;
use crate::observe::tally::ListenerCounter;

/// Answers that may stand still, each with as much as was read at once.
const STALLED_MAX: u32 = 4;

/// The same, of a client that has not taken anything yet.
const STALLED_MAX_AT_FIRST: u32 = 1;

/// What a client does with its answers.
#[derive(Debug, Default)]
struct Answers {
    /// How many stand still.
    stalled: Cell<u32>,
    /// Whether some of one was taken.
    taken: Cell<bool>,
}

/// One connection, as its streams see it.
#[derive(Debug)]
pub(super) struct Session {
    /// The worker.
    pub(super) local: Rc<Local>,
    /// The listener it came in by.
    pub(super) listener: Arc<ListenerStats>,
    /// Who is at the other end.
    pub(super) peer: Peer,
    /// The addresses of its socket.
    pub(super) addresses: Option<(SocketAddr, SocketAddr)>,
    /// Our side has ended, or is about to.
    pub(super) ending: Cell<bool>,
    /// The client's last words are waited for no longer.
    pub(super) hasty: Cell<bool>,
    /// Why the connection has to end at once.
    pub(super) breach: Cell<Option<Breach>>,
    /// The tasks that carry its streams.
    pub(super) crew: Rc<Crew>,
    /// The last stream that was begun.
    pub(super) begun: Cell<u32>,
    open: Cell<u32>,
    answers: Answers,
    waits: RefCell<Option<Waker>>,
}

impl Session {
    pub(super) fn new(
        local: &Rc<Local>,
        crew: &Rc<Crew>,
        listener: &Arc<ListenerStats>,
        peer: &Peer,
        addresses: Option<(SocketAddr, SocketAddr)>,
    ) -> Rc<Self> {
        let (local, listener, peer) = (Rc::clone(local), Arc::clone(listener), peer.clone());
        let (ending, hasty, breach, begun, open, answers) = Default::default();
        let (waits, crew) = (RefCell::default(), Rc::clone(crew));
        Rc::new(Self {
            local,
            listener,
            peer,
            addresses,
            ending,
            hasty,
            breach,
            crew,
            begun,
            open,
            answers,
            waits,
        })
    }

    /// Counts up at the listener.
    pub(super) fn count(&self, counter: ListenerCounter, count: u64) {
        self.listener.tally().add(self.local.worker(), counter, count);
    }

    /// Counts a connection that ends with this fault. A client that only goes away has not broken anything.
    pub(super) fn fail(&self, fault: &h2::Error) {
        if !fault.is_io() && !fault.is_remote() {
            self.end(fault.reason().unwrap_or(Reason::NO_ERROR));
        }
    }

    /// Counts a connection that ends with this code, by a fault of the client.
    pub(super) fn end(&self, reason: Reason) {
        self.count(ListenerCounter::Http2Errors, 1);
        self.count(ListenerCounter::Http2Floods, (reason == Reason::ENHANCE_YOUR_CALM).into());
    }

    /// Whether so many answers stand still that of one that would stand still too no more than a little is read.
    pub(super) fn is_stalled(&self) -> bool {
        let Answers { stalled, taken } = &self.answers;
        stalled.get() >= if taken.get() { STALLED_MAX } else { STALLED_MAX_AT_FIRST }
    }

    /// Notes that the client has taken some of an answer.
    pub(super) fn take(&self) {
        self.answers.taken.set(true);
    }

    /// Whether a stream is open; the task is woken when the last of them ends.
    pub(super) fn poll_busy(&self, cx: &Context<'_>) -> bool {
        let busy = self.open.get() > 0;
        if busy {
            let mut waits = self.waits.borrow_mut();
            match waits.as_mut() {
                Some(waker) => waker.clone_from(cx.waker()),
                None => *waits = Some(cx.waker().clone()),
            }
        }
        busy
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // nobody else may use what was opened in the name of this client
        if let Some(client) = self.peer.known_ends() {
            self.local.pool().forget(client);
        }
    }
}

/// A stream that has begun.
#[derive(Debug)]
pub(super) struct Begun {
    /// Counts it.
    pub(super) open: Open,
    /// What it asks.
    pub(super) request: Request<RecvStream>,
    /// The way back.
    pub(super) respond: SendResponse<Bytes>,
}

/// A stream, counted as open until dropped.
#[derive(Debug)]
pub(super) struct Open(pub(super) Rc<Session>);

impl Open {
    pub(super) fn begin(session: &Rc<Session>) -> Self {
        session.open.set(session.open.get() + 1);
        session.count(ListenerCounter::Http2Streams, 1);
        session.count(ListenerCounter::Http2StreamsOpen, 1);
        Self(Rc::clone(session))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let session = &self.0;
        session.count(ListenerCounter::Http2StreamsOpen, 1_u64.wrapping_neg());
        session.open.set(session.open.get().saturating_sub(1));
        if session.open.get() == 0
            && let Some(waker) = session.waits.take()
        {
            waker.wake();
        }
        if std::thread::panicking() {
            session.local.stats().add(Counter::WorkerPanics, 1);
        }
    }
}

/// An answer that stands still since the client grants no room for it; counted until dropped.
#[derive(Debug)]
pub(super) struct Stalled(Rc<Session>);

impl Stalled {
    pub(super) fn begin(session: &Rc<Session>) -> Self {
        session.answers.stalled.set(session.answers.stalled.get() + 1);
        Self(Rc::clone(session))
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        let stalled = &self.0.answers.stalled;
        stalled.set(stalled.get().saturating_sub(1));
    }
}
