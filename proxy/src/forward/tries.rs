//! How often a request was sent, to whom, and whether it is sent once more.

use std::future::poll_fn;
use std::time::{Duration, SystemTime};

use smallvec::SmallVec;
use tokio::time::Instant;
use towpath_config::model::Retry;

use super::order::Order;
use super::retry::{ATTEMPT_FIELD, Tried, Verdict, judge, pause};
use super::send::Waiting;
use crate::local::Local;
use crate::observe::tally::{ClusterCounter, RetryCounter};
use crate::outcome::Reason;
use crate::sys::timer::{Elapsed, Timer};
use crate::upstream::attempt::Seen;
use crate::upstream::cluster::Retrying;
use crate::upstream::endpoint::EndpointState;

/// The tries of one request.
#[derive(Debug, Default)]
pub struct Tries<'a> {
    rules: Option<&'a Retry>,
    /// Whether a proxy before this one has sent the request again.
    elsewhere: bool,
    number: u32,
    retries: u32,
    endpoint: u64,
    tried: SmallVec<[u64; 4]>,
    under_way: Option<Retrying>,
}

impl<'a> Tries<'a> {
    /// None yet. A request that a proxy before this one has sent again is not sent again here.
    #[must_use]
    pub fn by(rules: Option<&'a Retry>, elsewhere: bool) -> Self {
        Self { rules, elsewhere, ..Self::default() }
    }

    /// The number of the present try, from 1; 0 before the first one.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How long one try may take.
    #[must_use]
    pub fn limit(&self) -> Option<Duration> {
        **self.rules?.per_try_timeout()
    }

    /// Endpoints that need not be asked again.
    #[must_use]
    pub fn tried(&self) -> &[u64] {
        &self.tried
    }

    /// The subset whose endpoints may be asked now, where the request was meant for this one.
    #[must_use]
    pub fn subset(&self, meant: Option<usize>) -> Option<usize> {
        let elsewhere = self.retries > 0 && self.rules.is_some_and(|rules| **rules.cross_version());
        if elsewhere { None } else { meant }
    }

    /// Notes that a try goes to this endpoint.
    pub fn begin(&mut self, endpoint: &EndpointState) {
        self.number += 1;
        self.endpoint = endpoint.id();
    }

    /// Notes that the caller gets what there is.
    pub fn end(&mut self) {
        self.under_way = None;
    }
}

/// Counts a request, so that there may be retries in the end.
pub fn deposit(local: &Local, order: &Order<'_>) {
    if order.tries.rules.is_some()
        && let Some(budget) = &**order.cluster.resilience().retry_budget()
    {
        order.live.state().retries().deposit(budget, local.worker(), local.timers().now());
    }
}

/// The pause after which the request is sent again, if it is. `whole` is whether all that was sent of it is at hand.
pub fn again(local: &Local, order: &mut Order<'_>, tried: Tried<'_>, whole: bool) -> Option<Duration> {
    let rules = order.tries.rules?;
    let state = order.live.state();
    let count = |row| state.retries().tally().add(local.worker(), row, 1);
    let asked = match judge(rules, order.head, tried, SystemTime::now) {
        Verdict::Enough => {
            if order.tries.retries > 0 && matches!(tried, Tried::Answered(_)) {
                count(RetryCounter::Succeeded);
            }
            return None;
        }
        Verdict::NotIdempotent => return refused(|| count(RetryCounter::NotIdempotent)),
        Verdict::TooLate => return refused(|| count(RetryCounter::Late)),
        Verdict::Again(asked) => asked,
    };
    if order.tries.elsewhere {
        return refused(|| count(RetryCounter::Elsewhere));
    }
    if order.tries.retries >= **rules.attempts() {
        return refused(|| count(RetryCounter::Exhausted));
    }
    if !whole {
        let counted = matches!(tried, Tried::Failed(fault) if fault.seen != Seen::Something);
        state.tally().add(local.worker(), ClusterCounter::NotReplayed, (!counted).into());
        return None;
    }
    let pause = pause(rules, order.tries.retries + 1, asked, local.with_rng(fastrand::Rng::f64));
    if order.due.is_some_and(|due| Instant::now() + pause >= due) {
        return refused(|| count(RetryCounter::Late));
    }
    if order.tries.under_way.is_none() {
        order.tries.under_way = state.try_retry(**order.cluster.limits().retries());
    }
    if order.tries.under_way.is_none() {
        return refused(|| count(RetryCounter::OverLimit));
    }
    if let Some(budget) = &**order.cluster.resilience().retry_budget()
        && !state.retries().withdraw(budget, local.timers().now())
    {
        return refused(|| count(RetryCounter::OverBudget));
    }
    count(RetryCounter::Sent);
    order.tries.retries += 1;
    let failed = order.tries.endpoint;
    order.tries.tried.push(failed);
    order.tell_attempt(ATTEMPT_FIELD, order.tries.retries + 1);
    Some(pause)
}

fn refused(count: impl FnOnce()) -> Option<Duration> {
    count();
    None
}

/// Waits for the time of a retry.
///
/// # Errors
/// The caller has gone meanwhile.
pub async fn wait(timer: &Timer, pause: Duration, caller: &mut impl Waiting) -> Result<(), Reason> {
    if pause.is_zero() {
        return Ok(());
    }
    let gone = poll_fn(|cx| caller.poll_gone(cx));
    match timer.within(Some(Instant::now() + pause), gone).await {
        Ok(()) => Err(Reason::ClientGone),
        Err(Elapsed) => Ok(()),
    }
}
