//! The loop over attempts: pick, check out, send, judge, and once more where that is safe.

use std::rc::Rc;
use std::task::{Context, Poll};

use towpath_config::model::ClusterProtocol;

use super::order::Order;
use super::replay::Replay;
use super::transfer::{Transfer, Waits};
use crate::codec::body::Source;
use crate::codec::message::ResponseHead;
use crate::filter::chain::Permitted;
use crate::local::Local;
use crate::observe::tally::ClusterCounter;
use crate::outcome::Reason;
use crate::sys::timer::Timer;
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
    /// How often it was sent.
    pub attempts: u32,
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

/// Sends a request to one endpoint of its destination and waits for the head of the answer.
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
    loop {
        let active = order.choice().choose(local, &[])?;
        let (limits, announcement) = (order.pool_limits(), order.announcement);
        let want = Want {
            cluster: order.live.state(),
            endpoint: active.endpoint(),
            limits: &limits,
            announcement: announcement.as_ref(),
            fresh,
            timer,
            due: order.due,
        };
        let upstream = **order.destination.policy().response_idle_timeout();
        let waits = Waits { due: order.due, caller: order.body_timeout, upstream };
        let reached = match **order.cluster.protocol() {
            ClusterProtocol::Http1 => local.pool().checkout(&want).await.map(|got| over_http1(local, got)),
            ClusterProtocol::Http2 => over_http2(local, order, &want).await,
        };
        let Answered { attempt, transfer, active, .. } = place.insert(Answered {
            attempt: reached.inspect_err(|reason| order.failed(local, &active, *reason))?,
            transfer: Transfer::new(timer, waits),
            active,
            attempts: 1 + u32::from(fresh),
        });
        if let Attempt::Http1(attempt) = attempt {
            order.tell_time();
            attempt.begin(&order.line, &order.head.fields, order.out);
        }
        match await_answer(transfer, order, caller, &mut replay, attempt, head).await {
            Ok(()) => {
                order.answered(local, active, head);
                break;
            }
            Err(fault) if !fresh && may_repeat(local, order, &fault, transfer, &replay) => {
                let counts = order.live.state().tally();
                counts.add(local.worker(), ClusterCounter::ReusedReset, (fault.seen != Seen::Refused).into());
                counts.add(local.worker(), ClusterCounter::Retries, 1);
                replay.rewind();
                fresh = true;
                // the connection that has failed makes room for the next
                *place = None;
            }
            Err(fault) => {
                // that a connection which has been used ends says little of the endpoint
                if fault.seen == Seen::Something {
                    order.failed(local, active, fault.reason);
                }
                return Err(fault.reason);
            }
        }
    }
    place.as_mut().ok_or(Reason::Internal)
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

/// Whether a request that was not answered may be sent again on a fresh connection: the upstream cannot have seen any of
/// it, or doing it twice does no harm and all of it is at hand.
fn may_repeat(
    local: &Local,
    order: &Order<'_>,
    fault: &AttemptFault,
    transfer: &Transfer<'_>,
    replay: &Replay,
) -> bool {
    let whole = replay.is_possible() || transfer.uploaded() == 0;
    let wanted = match fault.seen {
        Seen::Refused | Seen::Nothing => true,
        Seen::Unknown => order.head.is_idempotent(),
        Seen::Something => false,
    };
    let counts = order.live.state().tally();
    counts.add(local.worker(), ClusterCounter::NotReplayed, (wanted && !whole).into());
    wanted && whole
}
