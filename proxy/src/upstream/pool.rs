//! STOP 9: endpoint → connection; this worker's own. The one used last is used first.

use std::cell::{Cell, RefCell};
use std::hash::BuildHasher;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hashbrown::{DefaultHashBuilder, HashMap};
use smallvec::SmallVec;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::allowance::{Allowance, Allowed};
use super::cluster::{ClusterState, Slot};
use super::connect::connect;
use super::endpoint::EndpointState;
use super::http2::Sessions;
use crate::codec::proxy_protocol::{Announcement, Ends};
use crate::observe::tally::ClusterCounter;
use crate::outcome::Reason;
use crate::sys::stream::Stream;
use crate::sys::timer::{Elapsed, Timer, earlier};
use crate::sys::transport::Transport;

/// A close that was seen sooner than this after the last use says nothing of the peer's idle timeout.
const LEARN_MIN: Duration = Duration::from_secs(1);

/// An upstream connection, idle or about to be used.
#[derive(Debug)]
pub struct Connection {
    /// The stream.
    pub io: Stream,
    /// What else belongs to it.
    pub holding: Holding,
}

/// What belongs to an upstream connection besides its stream.
#[derive(Debug)]
pub struct Holding {
    slot: Slot,
    _allowed: Allowed,
    endpoint: Arc<EndpointState>,
    announced: Option<Box<Announcement>>,
    reused: bool,
    since: Instant,
    idle: Option<Duration>,
}

impl Holding {
    /// Whether the connection has carried a request before.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        self.reused
    }

    /// The endpoint at its other end.
    #[must_use]
    pub fn endpoint(&self) -> &Arc<EndpointState> {
        &self.endpoint
    }
}

/// What the config says of the connections of a cluster.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// Connections of the cluster, over all workers.
    pub connections: u32,
    /// Requests that may wait for one.
    pub pending: u32,
    /// How long a request may wait for one.
    pub wait: Option<Duration>,
    /// How long a connection may be idle.
    pub idle: Option<Duration>,
    /// How long a new one may take.
    pub connect: Option<Duration>,
}

/// What a request wants of a pool.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    /// The cluster whose limits count.
    pub cluster: &'a Arc<ClusterState>,
    /// The endpoint.
    pub endpoint: &'a Arc<EndpointState>,
    /// What the config says.
    pub limits: &'a PoolLimits,
    /// Whose connection the endpoint is told that it is, where it is told. One that was told otherwise will not do.
    pub announcement: Option<&'a Announcement>,
    /// Whether only a new connection will do.
    pub fresh: bool,
    /// What wakes the request when it has waited too long.
    pub timer: &'a Timer,
    /// When the whole request must be over.
    pub due: Option<Instant>,
}

/// The idle connections of one worker.
#[derive(Debug)]
pub struct Pool {
    worker: usize,
    idle: RefCell<HashMap<u64, Vec<Connection>>>,
    /// Where connections lie that belong to one client.
    announced: RefCell<HashMap<Ends, SmallVec<[u64; 2]>>>,
    hashes: DefaultHashBuilder,
    queues: RefCell<HashMap<u64, Rc<Queue>>>,
    allowance: Arc<Allowance>,
    sessions: Sessions,
}

/// The requests of this worker that wait for a connection of one cluster.
#[derive(Debug, Default)]
struct Queue {
    waiting: Cell<u32>,
    notify: Notify,
}

/// Counts a waiting request, also when it is cancelled.
struct Waiting<'a> {
    pool: &'a Pool,
    cluster: u64,
    queue: Rc<Queue>,
}

impl<'a> Waiting<'a> {
    fn begin(pool: &'a Pool, cluster: u64) -> Self {
        let queue = Rc::clone(pool.queues.borrow_mut().entry(cluster).or_default());
        queue.waiting.set(queue.waiting.get() + 1);
        Self { pool, cluster, queue }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.queue.waiting.set(self.queue.waiting.get() - 1);
        if self.queue.waiting.get() == 0 {
            self.pool.queues.borrow_mut().remove(&self.cluster);
        }
    }
}

impl Pool {
    /// The empty pool of this worker; `allowance` is what it shares with those of other workers.
    #[must_use]
    pub fn new(worker: usize, allowance: Arc<Allowance>) -> Self {
        Self {
            worker,
            idle: RefCell::default(),
            announced: RefCell::default(),
            hashes: DefaultHashBuilder::default(),
            queues: RefCell::default(),
            allowance,
            sessions: Sessions::default(),
        }
    }

    /// Which worker's it is.
    #[must_use]
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// The connections that carry several requests at once.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Makes room for the requests of other workers that wait for a connection, for ever.
    pub async fn yield_to_others(&self) {
        loop {
            let mut wanted = pin!(self.allowance.wanted().notified());
            // what is said from here on is heard, also while this worker looks
            wanted.as_mut().enable();
            self.evict_wanted();
            wanted.await;
        }
    }

    /// An idle connection of this endpoint that looks alive, or a new one, or a place in the queue for one.
    ///
    /// # Errors
    /// No connection can be had, or not in time.
    pub async fn checkout(&self, want: &Want<'_>) -> Result<Connection, Reason> {
        if let Some(connection) = self.take_idle(want) {
            return Ok(connection);
        }
        let slot = match want.cluster.try_slot(want.limits.connections) {
            Some(slot) => slot,
            // what is rare is kept out of the memory of every exchange
            None => match Box::pin(self.wait(want)).await? {
                Granted::Connection(connection) => return Ok(connection),
                Granted::Slot(slot) => slot,
            },
        };
        Box::pin(self.open(slot, want)).await
    }

    async fn open(&self, slot: Slot, want: &Want<'_>) -> Result<Connection, Reason> {
        let Want { cluster, endpoint, limits, announcement, timer, due, .. } = *want;
        let allowed = self.allow()?;
        let connect_due = limits.connect.map(|limit| Instant::now() + limit);
        let outcome = connect(endpoint.address(), announcement, timer, earlier(due, connect_due)).await;
        let counter =
            if outcome.is_ok() { ClusterCounter::Connections } else { ClusterCounter::ConnectFailures };
        cluster.tally().add(self.worker, counter, 1);
        let whole_request = due.is_some_and(|due| due <= Instant::now());
        let io = outcome.map_err(|reason| match reason {
            Reason::ConnectTimeout if whole_request => Reason::Timeout,
            reason => reason,
        })?;
        let endpoint = Arc::clone(endpoint);
        Ok(Connection {
            io,
            holding: Holding {
                slot,
                _allowed: allowed,
                endpoint,
                announced: announcement.copied().map(Box::new),
                reused: false,
                since: timer.now(),
                idle: limits.idle,
            },
        })
    }

    /// The right to open one more connection, in the place of an idle one if need be.
    ///
    /// # Errors
    /// The process has no file left for it.
    pub fn allow(&self) -> Result<Allowed, Reason> {
        let allowed = self.allowance.take().or_else(|| {
            self.evict_any();
            self.allowance.take()
        });
        allowed.ok_or(Reason::FileLimit)
    }

    /// Makes room for those who lack a slot, here and on the other workers.
    pub fn make_room(&self) {
        self.evict_wanted();
        self.allowance.wanted().notify_waiters();
    }

    async fn wait(&self, want: &Want<'_>) -> Result<Granted, Reason> {
        let Want { cluster, limits, timer, due, .. } = *want;
        let _pending = cluster.try_pending(limits.pending).ok_or(Reason::PendingLimit)?;
        let _lacking = cluster.lack();
        let waiting = Waiting::begin(self, cluster.id());
        let wait_due = limits.wait.map(|limit| Instant::now() + limit);
        loop {
            if let Some(connection) = self.take_idle(want) {
                return Ok(Granted::Connection(connection));
            }
            self.evict_wanted();
            if let Some(slot) = cluster.try_slot(limits.connections) {
                return Ok(Granted::Slot(slot));
            }
            self.allowance.wanted().notify_waiters();
            let freed = async {
                tokio::select! {
                    () = waiting.queue.notify.notified() => {}
                    () = cluster.released() => {}
                }
            };
            timer.within(earlier(due, wait_due), freed).await.map_err(|Elapsed| {
                let whole_request = due.is_some_and(|due| wait_due.is_none_or(|wait_due| due <= wait_due));
                if whole_request { Reason::Timeout } else { Reason::PendingTimeout }
            })?;
        }
    }

    /// Takes a connection back. One that somebody waits for goes to a request of this worker, or is closed for one of
    /// another worker.
    pub fn put_back(&self, mut connection: Connection, now: Instant) {
        let holding = &mut connection.holding;
        let wanted = holding.slot.is_wanted();
        let queue = wanted.then(|| self.queues.borrow().get(&holding.slot.cluster_id()).cloned()).flatten();
        if wanted && queue.is_none() {
            return;
        }
        holding.reused = true;
        holding.since = now;
        holding.endpoint.count_idle(true);
        let place = self.place(&holding.endpoint, holding.announced.as_deref());
        if let Some(ends) = holding.announced.as_ref().and_then(|announced| announced.ends) {
            let mut announced = self.announced.borrow_mut();
            let places = announced.entry(ends).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
        self.idle.borrow_mut().entry(place).or_default().push(connection);
        if let Some(queue) = queue {
            queue.notify.notify_one();
        }
    }

    /// Where connections to this endpoint lie that were announced so.
    fn place(&self, endpoint: &EndpointState, announcement: Option<&Announcement>) -> u64 {
        match announcement {
            None => endpoint.id(),
            // two that fall on one place are told apart when they are taken
            Some(announcement) => self.hashes.hash_one((endpoint.id(), announcement)),
        }
    }

    fn take_idle(&self, want: &Want<'_>) -> Option<Connection> {
        if want.fresh {
            return None;
        }
        let mut pool = self.idle.borrow_mut();
        let stack = pool.get_mut(&self.place(want.endpoint, want.announcement))?;
        while let Some(connection) = stack.pop() {
            connection.holding.endpoint.count_idle(false);
            let is_same = connection.holding.announced.as_deref() == want.announcement;
            if is_same && is_alive(&connection, want.limits.idle, want.timer.now()) {
                want.cluster.tally().add(self.worker, ClusterCounter::Reused, 1);
                return Some(connection);
            }
            want.cluster.tally().add(self.worker, ClusterCounter::Evicted, 1);
        }
        None
    }

    /// Closes the idle connections that are of use to nobody but a client that is gone.
    pub fn forget(&self, client: &Ends) {
        self.sessions.forget(client);
        let places = self.announced.borrow_mut().remove(client);
        let mut pool = self.idle.borrow_mut();
        for connection in places.into_iter().flatten().filter_map(|place| pool.remove(&place)).flatten() {
            connection.holding.endpoint.count_idle(false);
        }
    }

    /// Closes one idle connection of every cluster for which somebody waits: of one endpoint, the one unused for longest. Gives
    /// the clusters.
    fn evict_wanted(&self) -> SmallVec<[u64; 4]> {
        let mut seen = SmallVec::<[u64; 4]>::new();
        for stack in self.idle.borrow_mut().values_mut() {
            let Some(slot) = stack.first().map(|oldest| &oldest.holding.slot) else { continue };
            if slot.is_wanted() && !seen.contains(&slot.cluster_id()) {
                seen.push(slot.cluster_id());
                stack.remove(0).holding.endpoint.count_idle(false);
            }
        }
        self.sessions.evict_wanted(&mut seen);
        seen
    }

    /// Closes one idle connection, wherever it leads.
    fn evict_any(&self) {
        let mut pool = self.idle.borrow_mut();
        if let Some(stack) = pool.values_mut().find(|stack| !stack.is_empty()) {
            stack.remove(0).holding.endpoint.count_idle(false);
        } else {
            // its place is free when it has said good-bye, for the next request
            self.sessions.evict_any();
        }
    }

    /// Drops what the peers have closed, what is too old, and what leads to an endpoint that `lives` no longer knows by its
    /// cluster's name.
    pub fn sweep(&self, now: Instant, lives: impl Fn(&str, &EndpointState) -> bool) {
        // who came back for a request that had given up meanwhile told nobody
        let mut seen = self.evict_wanted();
        self.sessions.yield_wanted(&mut seen);
        self.sessions.sweep(now, &lives);
        self.idle.borrow_mut().retain(|_, stack| {
            let gone = stack
                .first()
                .is_some_and(|Connection { holding, .. }| !lives(holding.slot.cluster(), &holding.endpoint));
            stack.retain(|connection| {
                let kept = !gone && is_alive(connection, connection.holding.idle, now);
                if !kept {
                    connection.holding.slot.tally().add(self.worker, ClusterCounter::Evicted, 1);
                    connection.holding.endpoint.count_idle(false);
                }
                kept
            });
            if let Some(connection) = stack.first() {
                connection.holding.endpoint.forget_keep_alive();
            }
            !stack.is_empty()
        });
    }
}

enum Granted {
    Connection(Connection),
    Slot(Slot),
}

/// Whether an idle connection may be used: the peer said and sent nothing, and is not about to close.
fn is_alive(connection: &Connection, idle: Option<Duration>, now: Instant) -> bool {
    let age = now.saturating_duration_since(connection.holding.since);
    if connection.io.has_news() {
        if age >= LEARN_MIN {
            connection.holding.endpoint.learn_keep_alive(age);
        }
        return false;
    }
    let learned = connection.holding.endpoint.keep_alive();
    // a peer closes at its limit, and the close needs a while to be seen here
    let safe = learned
        .map(|limit| limit.saturating_sub((limit / 10).max(Duration::from_millis(500)).min(limit / 2)));
    idle.is_none_or(|limit| age < limit) && safe.is_none_or(|limit| age < limit)
}

#[cfg(test)]
mod tests;
