//! STOP 2: a connection between its requests. While it is idle it holds no buffer and no exchange.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use tokio::time::Instant;
use towpath_config::model::{Listener, ListenerId, Protocol};

use super::berth::{Berths, Busy};
use super::grpc_web::{self, GrpcWeb};
use super::http1::{Http1Caller, NoRequest};
use super::http2::{self, Crew};
use super::introduction::{Wanted, introduced, wanted};
use crate::codec::buffer::Buffer;
use crate::codec::h1::Wired;
use crate::codec::message::RequestHead;
use crate::codec::scratch::Scratch;
use crate::exchange::passage::pass;
use crate::exchange::record::Record;
use crate::exchange::respond::{self, Shape};
use crate::exchange::{Ending, HostCheck, Visit, serve};
use crate::filter::forwarded::Peer;
use crate::local::Local;
use crate::observe::listener::ListenerStats;
use crate::observe::stats::Counter;
use crate::observe::tally::ListenerCounter;
use crate::outcome::Reason;
use crate::snapshot::Snapshot;
use crate::sys::timer::{Elapsed, Timer, Waits};
use crate::sys::transport::Transport;

/// One connection, for as long as it lives.
pub(super) struct Connection {
    local: Rc<Local>,
    crew: Rc<Crew>,
    listener: Arc<ListenerStats>,
    peer: Peer,
    timer: Timer,
    served: Cell<u32>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // nobody else may use what was opened in the name of this client
        if let Some(client) = self.peer.known_ends() {
            self.local.pool().forget(client);
        }
    }
}

/// Notices when a bug of ours ended a connection.
struct Open(Rc<Local>);

impl Drop for Open {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stats().add(Counter::WorkerPanics, 1);
        }
    }
}

/// Carries a connection from its first byte to its end.
pub async fn run<S: Transport + 'static>(
    local: Rc<Local>,
    crew: Rc<Crew>,
    berths: Rc<Berths<S>>,
    mut io: S,
    listener: Arc<ListenerStats>,
    mut peer: Peer,
) {
    let _open = Open(Rc::clone(&local));
    let timer = local.timers().timer();
    let Some((protocol, wanted)) = terms(&local, &listener, &peer) else { return };
    let mut unread = None;
    if let Some(wanted) = wanted {
        unread = Box::pin(introduced(&local, &listener, &timer, wanted, &mut io, &mut peer)).await;
        if unread.is_none() {
            return;
        }
    }
    // a connection that waits holds no buffer
    unread = unread.filter(|unread| !unread.is_empty());
    if protocol == Protocol::Tcp {
        return Box::pin(pass(&local, &listener, &peer, &timer, io, unread)).await;
    }
    let connection = Rc::new(Connection { local, crew, listener, peer, timer, served: Cell::new(0) });
    loop {
        if unread.is_none() && !connection.wait(&io).await {
            return;
        }
        let busy = Busy { connection: Rc::clone(&connection), io, unread: unread.take() };
        let Some(idle) = berths.serve(busy).await else { return };
        io = idle;
    }
}

/// What the listener speaks, and whether this peer has to say first whose connection it is.
fn terms(local: &Local, listener: &ListenerStats, peer: &Peer) -> Option<(Protocol, Option<Wanted>)> {
    let snapshot = local.snapshot();
    let (_, listener) = snapshot.listener(listener.name())?;
    Some((*listener.protocol(), wanted(listener, peer.origin)))
}

impl Connection {
    /// The listener, as long as it takes requests.
    fn listener<'s>(&self, snapshot: &'s Snapshot) -> Option<(ListenerId, &'s Listener)> {
        snapshot.listener_of(&self.listener).filter(|(_, listener)| *listener.protocol() == Protocol::Http)
    }

    /// Waits for a next request; says whether there is one.
    async fn wait<S: Transport>(&self, io: &S) -> bool {
        let snapshot = self.local.snapshot();
        let Some((_, listener)) = self.listener(&snapshot) else { return false };
        let limit = **listener.timeouts().idle();
        drop(snapshot);
        let due = self.local.closes_idle(limit.map(|limit| self.timer.now() + limit));
        self.timer.arm_for(Waits::Idle, due);
        poll_fn(|cx| {
            if io.poll_readable(cx).is_ready() {
                return Poll::Ready(true);
            }
            if self.timer.poll_fired(cx) { Poll::Ready(false) } else { Poll::Pending }
        })
        .await
    }

    /// Serves requests until none is at hand. Gives the stream back when the connection stays open.
    pub(super) async fn busy<S: Transport>(&self, io: S, unread: Option<Buffer>) -> Option<S> {
        let mut snapshot = self.local.snapshot();
        let before = unread.as_ref().map_or(0, |unread| unread.filled().len() as u64);
        let mut caller = Http1Caller::new(io, unread.unwrap_or_else(|| self.local.buffers().lend()));
        let mut scratch = self.local.scratch();
        let ending = loop {
            match self.exchange(&snapshot, &mut caller, &mut scratch).await {
                Some(Ending::Keep) if !caller.is_persistent() => break Some(Ending::Close),
                Some(Ending::Keep) if caller.has_input() => snapshot = self.local.snapshot(),
                ending => break ending,
            }
        };
        let (received, sent) = caller.wire().traffic();
        for (counter, count) in
            [(ListenerCounter::BytesReceived, before + received), (ListenerCounter::BytesSent, sent)]
        {
            self.listener.tally().add(self.local.worker(), counter, count);
        }
        self.local.put_scratch(scratch);
        match ending {
            Some(Ending::Keep) => caller.release(),
            Some(Ending::Close) => {
                caller.conclude();
                if let Some((_, listener)) = self.listener(&snapshot) {
                    self.linger(&mut caller, listener).await;
                }
                None
            }
            Some(Ending::Cut) => None,
            None => {
                let (io, unread) = caller.hand_over()?;
                // the connection may live for days
                drop((caller, snapshot));
                Box::pin(http2::run(
                    &self.local,
                    &self.crew,
                    &self.listener,
                    &self.peer,
                    &self.timer,
                    io,
                    unread,
                ))
                .await;
                None
            }
        }
    }

    /// Lets the caller read the last answer. Who does not end in time is cut off.
    async fn linger<S: Transport>(&self, caller: &mut Http1Caller<S>, listener: &Listener) {
        let due = Instant::now() + **listener.timeouts().linger();
        let bytes = **listener.limits().linger_bytes();
        let ended = self.timer.within(Some(due), caller.linger(bytes)).await;
        self.listener.tally().add(
            self.local.worker(),
            ListenerCounter::LingersCut,
            (ended != Ok(true)).into(),
        );
    }

    /// Reads one request and serves it by the table that was live when it began; nothing when the client speaks HTTP/2.
    async fn exchange<S: Transport>(
        &self,
        snapshot: &Arc<Snapshot>,
        caller: &mut Http1Caller<S>,
        scratch: &mut Scratch,
    ) -> Option<Ending> {
        let Some((id, listener)) = self.listener(snapshot) else { return Some(Ending::Close) };
        let read = self.read(caller, listener, &mut scratch.request).await;
        let served = self.served.get() + 1;
        self.served.set(served);
        let limit = **listener.limits().requests_per_connection();
        let last = self.local.ends_connections() || limit.is_some_and(|limit| served >= limit);
        let pressure = self.local.shared().pressure();
        let (listener, peer, timer) = ((id, listener), &self.peer, &self.timer);
        let visit = Visit { snapshot, listener, peer, timer, last, pressure, host: HostCheck::Not };
        let (_, listener) = listener;
        Some(match read {
            Ok(()) => match grpc_web::dialect(listener, &mut scratch.request) {
                None => serve(&self.local, &visit, scratch, caller).await,
                Some(dialect) => {
                    self.listener.tally().add(self.local.worker(), ListenerCounter::GrpcWeb, 1);
                    let mut caller = GrpcWeb::new(caller, dialect);
                    Box::pin(serve(&self.local, &visit, scratch, &mut caller)).await
                }
            },
            Err(NoRequest::Gone) => Ending::Close,
            Err(NoRequest::Refused(Reason::BadVersion | Reason::BadRequest))
                if served == 1 && caller.is_http2() =>
            {
                return None;
            }
            Err(NoRequest::Refused(reason)) => {
                let visit = Visit { last: true, ..visit };
                let shape = Shape {
                    head_only: false,
                    reason: *listener.http().reason_header(),
                    patience: **listener.timeouts().body(),
                };
                let mut record = Record::begin(&self.local, &visit, None, Instant::now());
                respond::refuse(&reason.into(), shape, &visit, caller, &mut record).await;
                Ending::Close
            }
        })
    }

    /// Reads the head of a request, in the time that it may take.
    async fn read<S: Transport>(
        &self,
        caller: &mut Http1Caller<S>,
        listener: &Listener,
        head: &mut RequestHead,
    ) -> Result<(), NoRequest> {
        let due = (**listener.timeouts().header()).map(|limit| self.timer.now() + limit);
        let read = self.timer.within(due, poll_fn(|cx| caller.poll_request(cx, listener, head))).await;
        // who has not begun a request is not told that it took too long
        let late =
            || if caller.has_input() { NoRequest::Refused(Reason::HeadTimeout) } else { NoRequest::Gone };
        read.unwrap_or_else(|Elapsed| Err(late()))
    }
}

#[cfg(test)]
mod tests;
