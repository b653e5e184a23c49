//! Both directions of an exchange, driven by one task, with every wait under a deadline.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::order::Order;
use super::replay::{Replay, ReplayBody};
use super::send::Waiting;
use crate::codec::body::{BodyFault, Pump, PumpFault, Sink, Source};
use crate::codec::message::ResponseHead;
use crate::filter::transform::{Transform, Transformed};
use crate::outcome::Reason;
use crate::sys::timer::{Timer, earlier};
use crate::upstream::attempt::{Attempt, AttemptFault};

/// The limits on the waits of one exchange.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// When everything must be over.
    pub due: Option<Instant>,
    /// How long the caller may stand still.
    pub caller: Option<Duration>,
    /// How long the upstream may stand still.
    pub upstream: Option<Duration>,
    /// How long it may take until the head of its answer, once the request is sent whole.
    pub head: Option<Duration>,
}

/// The request's body on its way up, beside whatever happens on the way down.
#[derive(Debug)]
pub struct Transfer<'a> {
    timer: &'a Timer,
    waits: Waits,
    upload: Pump,
    abandoned: bool,
    seen: (u64, u64),
    head_due: Option<Instant>,
}

/// No progress that there can be.
const UNSEEN: (u64, u64) = (u64::MAX, 0);

fn blame(fault: BodyFault) -> Reason {
    match fault {
        BodyFault::TooLarge => Reason::BodyTooLarge,
        BodyFault::Malformed => Reason::BadRequest,
        BodyFault::Truncated | BodyFault::Broken => Reason::ClientGone,
    }
}

fn broken(fault: BodyFault) -> Reason {
    match fault {
        BodyFault::TooLarge | BodyFault::Malformed => Reason::BadResponse,
        BodyFault::Truncated | BodyFault::Broken => Reason::UpstreamReset,
    }
}

impl<'a> Transfer<'a> {
    /// Nothing sent yet.
    #[must_use]
    pub fn new(timer: &'a Timer, waits: Waits) -> Self {
        Self { timer, waits, upload: Pump::default(), abandoned: false, seen: UNSEEN, head_due: None }
    }

    /// Whether the request was sent to its last byte.
    #[must_use]
    pub fn is_uploaded(&self) -> bool {
        self.upload.is_done()
    }

    /// Octets of the request's body that were passed on.
    #[must_use]
    pub fn uploaded(&self) -> u64 {
        self.upload.moved()
    }

    /// Passes the body on. An upstream that takes no more of it may still answer, so that is no fault.
    fn poll_upload(
        &mut self,
        cx: &mut Context<'_>,
        body: &mut impl Source,
        attempt: &mut Attempt,
    ) -> Result<(), BodyFault> {
        if self.upload.is_done() || self.abandoned {
            return Ok(());
        }
        match self.upload.poll(cx, body, attempt) {
            Poll::Ready(Err(PumpFault::Source(fault))) => Err(fault),
            Poll::Ready(Err(PumpFault::Sink)) => {
                self.abandoned = true;
                Ok(())
            }
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    /// Whether the caller is the one that is waited for.
    fn waits_for_caller(&self) -> bool {
        !self.upload.is_done() && !self.abandoned && !self.upload.waits_for_sink()
    }

    /// Sets the deadline of the present wait, anew only when something moved; gives the reason when one has passed.
    fn poll_due(&mut self, cx: &mut Context<'_>, progress: (u64, u64), on_caller: bool) -> Option<Reason> {
        if progress != self.seen {
            self.seen = progress;
            let limit = if on_caller { self.waits.caller } else { self.waits.upstream };
            let still = limit.map(|limit| self.timer.now() + limit);
            self.timer.arm(earlier(earlier(self.waits.due, self.head_due), still));
        }
        if !self.timer.poll_fired(cx) {
            return None;
        }
        let has_passed = |due: Option<Instant>| due.is_some_and(|due| due <= self.timer.now());
        Some(match (has_passed(self.waits.due), on_caller) {
            (true, _) => Reason::Timeout,
            _ if has_passed(self.head_due) => Reason::TryTimeout,
            (false, true) => Reason::BodyTimeout,
            (false, false) => Reason::ResponseTimeout,
        })
    }

    /// From here on it is the endpoint that takes its time.
    fn begin_head(&mut self) {
        if let Some(limit) = self.waits.head
            && self.head_due.is_none()
            && (self.upload.is_done() || self.abandoned)
        {
            self.head_due = Some(self.timer.now() + limit);
            self.seen = UNSEEN;
        }
    }

    /// Sends the request and waits for a head, final or interim.
    ///
    /// # Errors
    /// There will be none, or not in time.
    pub async fn head(
        &mut self,
        caller: &mut impl Waiting,
        replay: &mut Replay,
        attempt: &mut Attempt,
        order: &Order<'_>,
        head: &mut ResponseHead,
    ) -> Result<(), AttemptFault> {
        poll_fn(|cx| {
            let mut body = ReplayBody { replay: &mut *replay, source: &mut *caller };
            self.poll_upload(cx, &mut body, attempt).map_err(blame)?;
            self.begin_head();
            attempt.read_little(caller.is_stalled(cx));
            if let Poll::Ready(outcome) = attempt.poll_head(cx, order.asked(), order.cluster.limits(), head) {
                return Poll::Ready(outcome);
            }
            let on_caller = self.waits_for_caller();
            if !on_caller && caller.poll_gone(cx).is_ready() {
                return Poll::Ready(Err(Reason::ClientGone.into()));
            }
            let progress = (self.upload.moved() * 2 + u64::from(on_caller), attempt.traffic().0);
            match self.poll_due(cx, progress, on_caller) {
                Some(reason) => Poll::Ready(Err(reason.into())),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Passes the answer's body down, changed by `transform`, and the rest of the request's up, until the answer is whole.
    ///
    /// # Errors
    /// One of the sides failed, or stood still for too long. The answer's head is out, so nobody can be told.
    pub async fn body<C: Waiting + Sink>(
        &mut self,
        caller: &mut C,
        attempt: &mut Attempt,
        mut transform: Option<&mut Transform>,
    ) -> Result<u64, Reason> {
        let mut download = Pump::default();
        (self.seen, self.head_due) = (UNSEEN, None);
        poll_fn(|cx| {
            match self.poll_upload(cx, caller, attempt) {
                Ok(()) => {}
                // the failure is told once
                Err(BodyFault::Broken) => return Poll::Ready(Err(Reason::ClientGone)),
                Err(_) => self.abandoned = true,
            }
            attempt.read_little(caller.is_stalled(cx));
            let passed = match &mut transform {
                None => download.poll(cx, attempt, caller),
                Some(transform) => {
                    download.poll(cx, &mut Transformed { transform, source: &mut *attempt }, caller)
                }
            };
            match passed {
                Poll::Ready(Ok(())) => return Poll::Ready(Ok(download.moved())),
                Poll::Ready(Err(PumpFault::Source(fault))) => {
                    // what came whole is passed on before the answer breaks off
                    return caller.poll_flush(cx).map(|_| Err(broken(fault)));
                }
                Poll::Ready(Err(PumpFault::Sink)) => return Poll::Ready(Err(Reason::ClientGone)),
                Poll::Pending => {}
            }
            let on_caller = download.waits_for_sink();
            // a caller that is written to shows by itself that it is gone
            let idle = !on_caller && !self.waits_for_caller();
            if idle && caller.poll_gone(cx).is_ready() {
                return Poll::Ready(Err(Reason::ClientGone));
            }
            let progress = (download.moved() * 2 + u64::from(on_caller), self.upload.moved());
            match self.poll_due(cx, progress, on_caller) {
                Some(reason) => Poll::Ready(Err(reason)),
                None => Poll::Pending,
            }
        })
        .await
    }
}
