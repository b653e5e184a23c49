//! The connections of one worker to one endpoint, and the requests that wait for one of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::session::{Lease, Room, Session};
use crate::codec::proxy_protocol::Announcement;
use crate::observe::tally::ClusterCounter;
use crate::outcome::Reason;
use crate::sys::timer::Timers;
use crate::upstream::cluster::ClusterState;
use crate::upstream::endpoint::EndpointState;
use crate::upstream::pool::Want;

/// Requests that are told at once of a new connection, each of which tells another: all that begin together have their place in
/// every queue of the connection.
const AT_ONCE_MAX: u32 = 32;

/// Further connections.
#[derive(Debug)]
struct Further {
    /// How many are being opened.
    opening: Cell<u32>,
    /// How many requests one will likely take.
    each: Cell<u32>,
}

/// The connections to one endpoint that were announced in one way.
#[derive(Debug)]
pub(super) struct Place {
    worker: usize,
    pub(super) cluster: Arc<ClusterState>,
    pub(super) endpoint: Arc<EndpointState>,
    pub(super) announcement: Option<Announcement>,
    pub(super) timers: Rc<Timers>,
    all: RefCell<Vec<Rc<Session>>>,
    /// Those that had room when they were last looked at. The one used last is used first, so that few are used.
    free: RefCell<Vec<Rc<Session>>>,
    further: Further,
    waiting: Cell<u32>,
    failures: Cell<(u32, Reason)>,
    /// Whether the client is gone whose connections these are.
    abandoned: Cell<bool>,
    news: Notify,
}

impl Place {
    pub(super) fn new(worker: usize, want: &Want<'_>, streams: u32) -> Self {
        Self {
            worker,
            cluster: Arc::clone(want.cluster),
            endpoint: Arc::clone(want.endpoint),
            announcement: want.announcement.copied(),
            timers: Rc::clone(want.timer.timers()),
            all: RefCell::default(),
            free: RefCell::default(),
            further: Further { opening: Cell::new(0), each: Cell::new(streams) },
            waiting: Cell::new(0),
            failures: Cell::new((0, Reason::ConnectFailure)),
            abandoned: Cell::new(false),
            news: Notify::new(),
        }
    }

    pub(super) fn count(&self, counter: ClusterCounter, count: u64) {
        self.cluster.tally().add(self.worker, counter, count);
    }

    /// A request's place on a connection that has room.
    pub(super) fn take(&self) -> Option<Lease> {
        let mut free = self.free.borrow_mut();
        while let Some(session) = free.last() {
            if session.room() == Room::Some {
                return Some(Lease::begin(session));
            }
            session.listed.set(false);
            free.pop();
        }
        None
    }

    /// Whether the connection that would be taken has carried nothing for so long that its end may stand unread.
    pub(super) fn is_stale(&self, limit: std::time::Duration) -> bool {
        let free = self.free.borrow();
        free.last().is_some_and(|session| session.is_idle_for(limit, self.timers.now()))
    }

    /// Notes that a connection has room, and lets a request know that waits for it.
    pub(super) fn list(&self, session: &Rc<Session>) {
        if !session.listed.replace(true) {
            self.free.borrow_mut().push(Rc::clone(session));
        }
        if self.waiting.get() > 0 {
            self.news.notify_one();
        }
    }

    /// Ends when there may be room, or no hope for it.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// How many connections could not be opened, and why the last one was not.
    pub(super) fn failures(&self) -> (u32, Reason) {
        self.failures.get()
    }

    pub(super) fn is_opening(&self) -> bool {
        self.further.opening.get() > 0
    }

    /// Whether a further connection is to be opened: those that are being opened will not take all who wait. An endpoint
    /// that allows nothing on the last one would not allow more on another.
    pub(super) fn wants_another(&self) -> bool {
        let expected = u64::from(self.further.opening.get()) * u64::from(self.further.each.get());
        let is_barren = self.all.borrow().last().is_some_and(|last| last.allowed() == Some(0));
        u64::from(self.waiting.get()) > expected && !is_barren
    }

    /// Takes in a new connection, on which we open `streams` at once.
    fn add(&self, session: &Rc<Session>, streams: u32) {
        let allowed =
            session.allowed().map_or(streams, |allowed| streams.min(allowed.try_into().unwrap_or(u32::MAX)));
        self.further.each.set(allowed.max(1));
        self.all.borrow_mut().push(Rc::clone(session));
        self.list(session);
        (1..allowed.min(self.waiting.get()).min(AT_ONCE_MAX)).for_each(|_| self.news.notify_one());
    }

    /// Looks for room on a connection that had none, for the sake of those who wait.
    pub(super) fn look(&self, session: &Rc<Session>) {
        if self.waiting.get() == 0 || session.is_leaving() {
            return;
        }
        match session.room() {
            Room::Some if !session.listed.get() => self.list(session),
            Room::Closed => self.news.notify_waiters(),
            Room::Some | Room::None => {}
        }
    }

    /// Forgets a connection that has ended. One that nobody has used might as well not have been opened.
    pub(super) fn remove(&self, session: &Rc<Session>) {
        self.count(ClusterCounter::Evicted, (session.open() == 0 && !session.is_leaving()).into());
        // sees whether there was a GOAWAY
        session.room();
        session.leave();
        if !session.is_used() && session.open() == 0 {
            self.failures.set((self.failures.get().0.wrapping_add(1), Reason::UpstreamReset));
        }
        let is_other = |other: &Rc<Session>| !Rc::ptr_eq(other, session);
        self.all.borrow_mut().retain(is_other);
        self.free.borrow_mut().retain(is_other);
        self.news.notify_waiters();
    }

    /// Whether there is nothing here.
    pub(super) fn is_empty(&self) -> bool {
        self.all.borrow().is_empty() && self.waiting.get() == 0 && self.further.opening.get() == 0
    }

    /// What is done once a second.
    pub(super) fn sweep(&self, now: Instant, is_wanted: bool) {
        self.cluster.remind();
        for session in self.all.borrow().iter() {
            if session.sweep(now, is_wanted && !self.abandoned.get()) {
                self.list(session);
            }
        }
    }

    /// Ends one connection that carries nothing; says whether there was one.
    pub(super) fn evict(&self) -> bool {
        let all = self.all.borrow();
        let idle = all.iter().find(|session| session.open() == 0 && !session.is_leaving());
        idle.inspect(|session| session.leave()).is_some()
    }

    /// Lets one connection go as soon as what it carries is finished, unless it is wanted here; says whether there was one.
    pub(super) fn yield_one(&self) -> bool {
        let all = self.all.borrow();
        let here = all.iter().find(|session| !session.is_leaving()).filter(|_| self.waiting.get() == 0);
        here.inspect(|session| session.leave()).is_some()
    }

    /// Ends every connection as soon as it carries nothing, also one that is being opened: nobody else may use them.
    pub(super) fn abandon(&self) {
        self.abandoned.set(true);
        self.all.borrow().iter().for_each(|session| session.leave());
    }

    /// The same client is there again; says whether it was gone.
    pub(super) fn take_back(&self) -> bool {
        self.abandoned.replace(false)
    }

    /// Lets another request know that there is more room than one has taken.
    pub(super) fn pass_on(&self) {
        let more = self.free.borrow().last().is_some_and(|session| session.room() == Room::Some);
        if more && self.waiting.get() > 0 {
            self.news.notify_one();
        }
    }
}

/// Counts a waiting request, also when it is cancelled.
pub(super) struct Waiting<'a>(&'a Place);

impl<'a> Waiting<'a> {
    pub(super) fn begin(place: &'a Place) -> Self {
        place.waiting.set(place.waiting.get() + 1);
        Self(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get() - 1);
    }
}

/// A connection that is being opened. When it is dropped it has failed, unless it has succeeded.
pub(super) struct Opening {
    place: Rc<Place>,
    failed: Option<Reason>,
}

impl Opening {
    pub(super) fn begin(place: &Rc<Place>) -> Self {
        place.further.opening.set(place.further.opening.get() + 1);
        Self { place: Rc::clone(place), failed: Some(Reason::ConnectFailure) }
    }

    pub(super) fn place(&self) -> &Rc<Place> {
        &self.place
    }

    /// It has failed, for this reason.
    pub(super) fn fail(mut self, reason: Reason) {
        self.failed = Some(reason);
    }

    /// It is open, for `streams` requests at once.
    pub(super) fn succeed(mut self, session: &Rc<Session>, streams: u32) {
        self.failed = None;
        self.place.add(session, streams);
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        let place = &self.place;
        place.further.opening.set(place.further.opening.get() - 1);
        if let Some(reason) = self.failed {
            place.failures.set((place.failures.get().0.wrapping_add(1), reason));
            place.news.notify_waiters();
        }
    }
}
