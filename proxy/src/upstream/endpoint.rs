//! What is known of an endpoint while it lives: atomics, kept across reloads by address.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use towpath_config::model::{Address, Resilience};

use super::health::{Health, HealthState};

mod breaker;
mod ejection;
#[cfg(test)]
pub mod fixture;
mod moment;
mod outcome;
mod outliers;
mod rolling;
mod standing;

pub use breaker::{By, Gate, State as BreakerStanding, Turn};
pub use ejection::Cause;
pub use moment::Moment;
pub use outcome::Outcome;
pub use outliers::{Decision, Outliers};
pub use standing::{Chance, Shown, Standing};

/// The live state of one endpoint, over all workers.
#[derive(Debug)]
pub struct EndpointState {
    address: Address,
    id: u64,
    active: AtomicU32,
    idle: AtomicU32,
    keep_alive_millis: AtomicU32,
    failing: AtomicU32,
    standing: Standing,
    health: HealthState,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

impl EndpointState {
    /// An endpoint that nobody has called yet.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            address,
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            active: AtomicU32::new(0),
            idle: AtomicU32::new(0),
            keep_alive_millis: AtomicU32::new(u32::MAX),
            failing: AtomicU32::new(0),
            standing: Standing::default(),
            health: HealthState::default(),
        }
    }

    /// The same endpoint at another address: connections to the old one may still be used.
    #[must_use]
    pub fn moved(&self, address: Address) -> Self {
        Self { id: self.id, ..Self::new(address) }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// A number that no other endpoint of this process ever has.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Requests under way.
    #[must_use]
    pub fn active(&self) -> u32 {
        self.active.load(Ordering::Relaxed)
    }

    /// Idle connections in the workers' pools.
    #[must_use]
    pub fn idle(&self) -> u32 {
        self.idle.load(Ordering::Relaxed)
    }

    /// How many attempts have failed since the last one that did not.
    #[must_use]
    pub fn failing(&self) -> u32 {
        self.failing.load(Ordering::Relaxed)
    }

    /// Whether it may be picked.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// How it stands by its checks.
    #[must_use]
    pub fn health(&self) -> &HealthState {
        &self.health
    }

    /// Notes how it stands by its checks from now on.
    pub fn probed(&self, health: Health, now: SystemTime) {
        self.health.set(health, now);
        self.standing.probed(health);
    }

    fn count_outcome(&self, outcome: Outcome) {
        if outcome != Outcome::Success {
            self.failing.fetch_add(1, Ordering::Relaxed);
        } else if self.failing() > 0 {
            // looked at first: a line that nobody writes is shared by all workers
            self.failing.store(0, Ordering::Relaxed);
        }
    }

    /// Counts a connection into or out of a pool.
    pub(crate) fn count_idle(&self, into: bool) {
        if into {
            self.idle.fetch_add(1, Ordering::Relaxed);
        } else {
            self.idle.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// How long the peer keeps an idle connection, as far as it was told or seen.
    #[must_use]
    pub fn keep_alive(&self) -> Option<Duration> {
        let millis = self.keep_alive_millis.load(Ordering::Relaxed);
        (millis != u32::MAX).then(|| Duration::from_millis(millis.into()))
    }

    /// Learns from `Keep-Alive: timeout`, or from a close that was seen after this long.
    pub(crate) fn learn_keep_alive(&self, limit: Duration) {
        let millis = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
        self.keep_alive_millis.fetch_min(millis, Ordering::Relaxed);
    }

    /// Forgets a little of what was learned: a peer that closed early once need not do so for ever.
    pub(crate) fn forget_keep_alive(&self) {
        let millis = self.keep_alive_millis.load(Ordering::Relaxed);
        if millis != u32::MAX {
            self.keep_alive_millis.store(millis.saturating_add(millis / 100 + 1), Ordering::Relaxed);
        }
    }
}

/// One request under way at an endpoint; counted until dropped.
#[derive(Debug)]
pub struct Active {
    endpoint: Arc<EndpointState>,
    /// Whether it is the one that tries an open breaker, and has not yet said how that went.
    tries: Cell<bool>,
}

impl Active {
    /// Counts one more request.
    #[must_use]
    pub fn begin(endpoint: &Arc<EndpointState>) -> Self {
        Self::count(endpoint, false)
    }

    /// The same for the one that tries whether a breaker can be closed. The right to that was taken.
    #[must_use]
    pub fn begin_trial(endpoint: &Arc<EndpointState>) -> Self {
        Self::count(endpoint, true)
    }

    fn count(endpoint: &Arc<EndpointState>, tries: bool) -> Self {
        endpoint.active.fetch_add(1, Ordering::Relaxed);
        Self { endpoint: Arc::clone(endpoint), tries: Cell::new(tries) }
    }

    /// The endpoint.
    #[must_use]
    pub fn endpoint(&self) -> &Arc<EndpointState> {
        &self.endpoint
    }

    /// Whether a breaker waits for what becomes of it.
    #[must_use]
    pub fn is_trial(&self) -> bool {
        self.tries.get()
    }

    /// Takes in what it says of the endpoint; gives what that shows.
    pub fn saw(&self, rules: &Resilience, outcome: Outcome, now: Instant) -> Shown {
        self.endpoint.count_outcome(outcome);
        if rules.breaker().is_none() && rules.ejection().is_none() {
            return Shown::default();
        }
        let by = if self.tries.take() { By::Trial } else { By::Any };
        self.endpoint.standing.saw(rules, outcome, by, Moment::of(now))
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        if self.tries.get() {
            self.endpoint.standing.give_back(Moment::of(Instant::now()));
        }
        self.endpoint.active.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
