//! Which endpoint an attempt goes to, and what its end says of that.

use towpath_config::model::Cluster;

use crate::local::Local;
use crate::observe::tally::ResilienceCounter;
use crate::outcome::Reason;
use crate::snapshot::LiveCluster;
use crate::upstream::balance::{Ask, Lack};
use crate::upstream::endpoint::{Active, Outcome, Turn};

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
        picked.map(|pick| pick.begin()).map_err(|lack| match lack {
            Lack::Empty => self.live.lack(),
            Lack::Unhealthy => Reason::NoHealthyEndpoint,
            Lack::Open => {
                let counts = self.live.state().resilience();
                counts.add(local.worker(), ResilienceCounter::BreakerRefused, 1);
                Reason::BreakerOpen
            }
        })
    }

    /// Takes in what the end of an attempt says of its endpoint.
    pub fn saw(&self, local: &Local, active: &Active, outcome: Outcome) {
        let Some(turn) = active.saw(self.cluster.resilience(), outcome) else { return };
        let (row, what) = match turn {
            Turn::Opened => (ResilienceCounter::BreakerOpened, "breaker open"),
            Turn::Closed => (ResilienceCounter::BreakerClosed, "breaker closed"),
        };
        self.live.state().resilience().add(local.worker(), row, 1);
        if local.may_log() {
            let (cluster, endpoint) = (self.cluster.name(), active.endpoint().address());
            tracing::warn!(%cluster, %endpoint, outcome = outcome.code(), "{what}");
        }
    }
}
