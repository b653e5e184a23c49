//! Which endpoint an attempt goes to, and what its end says of that.

use towpath_config::model::{Cluster, Ejection};

use crate::local::Local;
use crate::observe::tally::ResilienceCounter;
use crate::outcome::Reason;
use crate::snapshot::LiveCluster;
use crate::upstream::balance::{Ask, Lack};
use crate::upstream::endpoint::{Active, Cause, Decision, EndpointState, Moment, Outcome, Shown, Turn};

/// Among which endpoints one is chosen.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// The subset of its cluster, or all.
    pub subset: Option<usize>,
    /// The chosen cluster.
    pub cluster: &'a Cluster,
    /// The live side of the cluster.
    pub live: &'a LiveCluster,
}

impl Choice<'_> {
    /// Chooses an endpoint, but none of those that were `tried`, by number, and counts a request in there.
    ///
    /// # Errors
    /// There is none.
    pub fn choose(&self, local: &Local, tried: &[u64]) -> Result<Active, Reason> {
        let endpoints = self.live.endpoints(self.subset);
        let (balance, rules) = (**self.cluster.balance(), self.cluster.resilience());
        let ask = Ask { balance, rules, tried, now: local.timers().now() };
        let picked = local.with_rng(|rng| endpoints.pick(&ask, rng));
        let count = |row| self.live.state().resilience().add(local.worker(), row, 1);
        match picked {
            Ok(pick) => {
                if pick.in_panic {
                    count(ResilienceCounter::PanicPicks);
                }
                Ok(pick.begin())
            }
            Err(Lack::Empty) => Err(self.live.lack()),
            Err(Lack::Unavailable) => Err(Reason::NoHealthyEndpoint),
            Err(Lack::Open) => {
                count(ResilienceCounter::BreakerRefused);
                Err(Reason::BreakerOpen)
            }
        }
    }

    /// Takes in what the end of an attempt says of its endpoint.
    pub fn saw(&self, local: &Local, active: &Active, outcome: Outcome) {
        if self.cluster.resilience().admission().is_some() {
            self.live.state().admission().count(local.worker(), outcome == Outcome::Success);
        }
        let (rules, now) = (self.cluster.resilience(), local.timers().now());
        let Shown { turn, cause } = active.saw(rules, outcome, now);
        match turn {
            None => {}
            Some(Turn::Opened) => {
                self.tell(
                    local,
                    active.endpoint(),
                    ResilienceCounter::BreakerOpened,
                    "breaker open",
                    outcome.code(),
                );
            }
            Some(Turn::Closed) => {
                self.tell(
                    local,
                    active.endpoint(),
                    ResilienceCounter::BreakerClosed,
                    "breaker closed",
                    outcome.code(),
                );
            }
        }
        if let Some(rules) = rules.ejection().as_deref() {
            self.eject(local, active.endpoint(), (rules, cause, Moment::of(now)));
        }
    }

    /// Has the endpoint ejected that has failed too often, and once in an interval those that fail more than others.
    fn eject(
        &self,
        local: &Local,
        endpoint: &EndpointState,
        (rules, cause, now): (&Ejection, Option<Cause>, Moment),
    ) {
        let all = || self.live.endpoints(None).members().map(|(endpoint, _)| &**endpoint);
        let outliers = self.live.state().outliers();
        let decide = |suspect: &EndpointState, cause: Cause| {
            let others = all().map(EndpointState::standing);
            match outliers.eject(suspect.standing(), others, rules, now) {
                None => {}
                Some(Decision::Ejected(_)) => self.tell(local, suspect, row(cause), "ejected", cause.code()),
                Some(Decision::Kept) => {
                    self.live.state().resilience().add(
                        local.worker(),
                        ResilienceCounter::EjectionsWithheld,
                        1,
                    );
                }
            }
        };
        if let Some(cause) = cause {
            decide(endpoint, cause);
        }
        for (position, cause) in outliers.judge(all().map(EndpointState::standing), rules, now) {
            if let Some(suspect) = all().nth(position) {
                decide(suspect, cause);
            }
        }
    }

    /// Counts what has become of an endpoint, and has a line in the log for it.
    fn tell(&self, local: &Local, endpoint: &EndpointState, row: ResilienceCounter, what: &str, why: &str) {
        self.live.state().resilience().add(local.worker(), row, 1);
        if local.may_log() {
            let (cluster, endpoint) = (self.cluster.name(), endpoint.address());
            tracing::warn!(%cluster, %endpoint, by = why, "{what}");
        }
    }
}

/// Where an ejection is counted.
fn row(cause: Cause) -> ResilienceCounter {
    match cause {
        Cause::Errors => ResilienceCounter::EjectionsConsecutive5xx,
        Cause::Gateway => ResilienceCounter::EjectionsConsecutiveGateway,
        Cause::Local => ResilienceCounter::EjectionsConsecutiveLocal,
        Cause::SuccessRate => ResilienceCounter::EjectionsSuccessRate,
        Cause::FailurePercentage => ResilienceCounter::EjectionsFailurePercentage,
    }
}
