//! The loop over attempts: pick, check out, send, judge, and once more where that is safe.

use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::Instant;
use towpath_config::model::ClusterProtocol;

use super::order::Order;
use super::replay::Replay;
use super::retry::Tried;
use super::transfer::{Transfer, Waits};
use super::tries;
use crate::codec::body::{Fill, Source};
use crate::codec::message::ResponseHead;
use crate::filter::chain::Permitted;
use crate::local::Local;
use crate::observe::tally::ClusterCounter;
use crate::outcome::Reason;
use crate::sys::timer::{Timer, earlier};
use crate::upstream::attempt::{Attempt, AttemptFault, Seen};
use crate::upstream::endpoint::Active;
use crate::upstream::http1::Http1Attempt;
use crate::upstream::http2::Http2Attempt;
use crate::upstream::pool::{Connection, Want};

/// An upstream that has answered: its head is read, its body follows.
#[derive(Debug)]
pub struct Answered<'a> {
    /// The connection.
    pub attempt: Attempt,
    /// Both directions, as far as they are.
    pub transfer: Transfer<'a>,
    /// Counts the request at its endpoint.
    pub active: Active,
}

/// What comes at once of an answer that nobody wants, so that its connection can be used again; more is not worth it.
const UNWANTED_BYTES_MAX: usize = 64 << 10;

impl Answered<'_> {
    /// Gives the connection back, if the answer was read to its end.
    pub fn put_back(&mut self, local: &Local) {
        if self.transfer.is_uploaded()
            && let Some(connection) = self.attempt.take_connection()
        {
            local.pool().put_back(connection, local.timers().now());
        }
    }

    /// Drops an answer that nobody wants.
    fn let_go(&mut self, local: &Local) {
        let mut cx = Context::from_waker(Waker::noop());
        let mut read = 0;
        while let Poll::Ready(Ok(Fill::Payload)) = self.attempt.poll_fill(&mut cx)
            && read < UNWANTED_BYTES_MAX
        {
            let count = self.attempt.payload().len();
            self.attempt.consume(count);
            read += count;
        }
        self.put_back(local);
    }
}

/// A caller that waits for an answer.
pub trait Waiting: Source {
    /// Whether this answer stands still and others at the same caller do, so that no more than a little of it is worth having.
    fn is_stalled(&mut self, _: &mut Context<'_>) -> bool {
        false
    }

    /// Ends when there is nobody any more who could be answered.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()>;

    /// Passes a 1xx head on (RFC 9110 §15.2).
    fn interim(&mut self, head: &ResponseHead) -> impl Future<Output = std::io::Result<()>>;
}

/// Sends a request to an endpoint of its destination, and once more where that is safe and wanted, and waits for the head of
/// the answer.
///
/// What has answered is made in `place` and stays there: it is large.
///
/// # Errors
/// No endpoint gave one; the reason says what the caller is told.
pub async fn send<'p, 't, C: Waiting>(
    local: &Rc<Local>,
    _permitted: &Permitted,
    order: &mut Order<'_>,
    caller: &mut C,
    timer: &'t Timer,
    head: &mut ResponseHead,
    place: &'p mut Option<Answered<'t>>,
) -> Result<&'p mut Answered<'t>, Reason> {
    let mut replay = Replay::up_to(**order.cluster.limits().replay_bytes() as usize);
    let mut fresh = false;
    tries::deposit(local, order);
    loop {
        let outcome = attempt(local, order, caller, (timer, fresh, &mut replay), head, place).await;
        let whole = replay.is_possible() || place.as_ref().is_none_or(|tried| tried.transfer.uploaded() == 0);
        let pause = match outcome {
            Err(fault) if !fresh && may_repeat(local, order, &fault, whole) => {
                let counts = order.live.state().tally();
                counts.add(local.worker(), ClusterCounter::ReusedReset, (fault.seen != Seen::Refused).into());
                counts.add(local.worker(), ClusterCounter::Repeats, 1);
                fresh = true;
                Some(Duration::ZERO)
            }
            Err(fault) => tries::again(local, order, Tried::Failed(fault), whole),
            Ok(()) => tries::again(local, order, Tried::Answered(head), whole),
        };
        let Some(pause) = pause else {
            order.tries.end();
            return match outcome {
                Ok(()) => place.as_mut().ok_or(Reason::Internal),
                Err(fault) => Err(fault.reason),
            };
        };
        replay.rewind();
        // the connection that has failed makes room for the next
        if let (Ok(()), Some(unwanted)) = (outcome, place.as_mut()) {
            unwanted.let_go(local);
        }
        *place = None;
        // what is rare is kept out of the memory of every exchange
        Box::pin(tries::wait(timer, pause, caller)).await?;
    }
}

/// Picks an endpoint, checks out, sends, and waits for the head of the answer.
async fn attempt<'t, C: Waiting>(
    local: &Rc<Local>,
    order: &mut Order<'_>,
    caller: &mut C,
    (timer, fresh, replay): (&'t Timer, bool, &mut Replay),
    head: &mut ResponseHead,
    place: &mut Option<Answered<'t>>,
) -> Result<(), AttemptFault> {
    let active = choose(local, order).map_err(AttemptFault::unsent)?;
    order.tries.begin(active.endpoint());
    let (limits, announcement) = (order.pool_limits(), order.announcement);
    let limit = order.tries.limit();
    let want = Want {
        cluster: order.live.state(),
        endpoint: active.endpoint(),
        limits: &limits,
        announcement: announcement.as_ref(),
        fresh,
        timer,
        due: earlier(order.due, limit.map(|limit| Instant::now() + limit)),
    };
    let upstream = **order.destination.policy().response_idle_timeout();
    let waits = Waits { due: order.due, caller: order.body_timeout, upstream, head: limit };
    let reached = match **order.cluster.protocol() {
        ClusterProtocol::Http1 => local.pool().checkout(&want).await.map(|got| over_http1(local, got)),
        ClusterProtocol::Http2 => over_http2(local, order, &want).await,
    };
    let reached = reached.map_err(|reason| order.due_reason(reason));
    let reached = reached.inspect_err(|reason| order.failed(local, &active, *reason));
    let attempt = reached.map_err(AttemptFault::unsent)?;
    let transfer = Transfer::new(timer, waits);
    let Answered { attempt, transfer, active } = place.insert(Answered { attempt, transfer, active });
    if let Attempt::Http1(attempt) = attempt {
        order.tell_time();
        attempt.begin(&order.line, &order.head.fields, order.out);
    }
    let outcome = await_answer(transfer, order, caller, replay, attempt, head).await;
    match outcome {
        Ok(()) => order.answered(local, active, head),
        // that a connection which has been used ends says little of the endpoint
        Err(fault) if fault.seen == Seen::Something => order.failed(local, active, fault.reason),
        Err(_) => {}
    }
    outcome
}

/// An endpoint of the destination; for a retry another one than before, if there is one.
fn choose(local: &Local, order: &Order<'_>) -> Result<Active, Reason> {
    let chosen = order.choice().choose(local, order.tries.tried());
    match order.tries.tried() {
        [] => chosen,
        _ => chosen.or_else(|_| order.choice().choose(local, &[])),
    }
}

/// An attempt on a connection of HTTP/1.1, whose head is written when it stands where it stays.
fn over_http1(local: &Local, connection: Connection) -> Attempt {
    Attempt::Http1(Http1Attempt::new(connection, local.buffers().lend()))
}

/// Begins an attempt as a stream of a connection of HTTP/2.
async fn over_http2(local: &Local, order: &mut Order<'_>, want: &Want<'_>) -> Result<Attempt, Reason> {
    let lease = local.pool().sessions().lease(local.pool(), want, order.cluster).await?;
    order.tell_time();
    Http2Attempt::begin(lease, &order.line, &order.head.fields, order.out).map(Attempt::Http2)
}

/// Waits for the final head; interim ones are passed on.
async fn await_answer<C: Waiting>(
    transfer: &mut Transfer<'_>,
    order: &Order<'_>,
    caller: &mut C,
    replay: &mut Replay,
    attempt: &mut Attempt,
    head: &mut ResponseHead,
) -> Result<(), AttemptFault> {
    let limits = order.cluster.limits();
    // an upstream that sends more interim answers will never come to the point
    for _ in 0..=**limits.interim_responses() {
        transfer.head(caller, replay, attempt, order, head).await?;
        if !head.is_interim() {
            return Ok(());
        }
        caller.interim(head).await.map_err(|_| Reason::ClientGone)?;
    }
    Err(Reason::BadResponse.into())
}

/// Whether a request that was not answered may be sent again on a fresh connection, whatever the route says of retries: the
/// upstream cannot have seen any of it, or doing it twice does no harm; and all of it is at hand.
fn may_repeat(local: &Local, order: &Order<'_>, fault: &AttemptFault, whole: bool) -> bool {
    let wanted = match fault.seen {
        Seen::Refused | Seen::Nothing => true,
        Seen::Unknown => order.head.is_idempotent(),
        Seen::Unsent | Seen::Something => false,
    };
    let counts = order.live.state().tally();
    counts.add(local.worker(), ClusterCounter::NotReplayed, (wanted && !whole).into());
    wanted && whole
}
