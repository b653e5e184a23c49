//! Whether an endpoint may be picked now.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use towpath_config::model::{Ejection, Resilience};

use super::breaker::{BreakerState, By, Gate, State, Turn};
use super::ejection::{Cause, EjectionState};
use super::moment::Moment;
use super::outcome::Outcome;
use super::rolling::Counts;
use crate::upstream::health::Health;

/// What speaks against an endpoint, each a bit: while none is set, one load says that it may be picked.
const BREAKER: u32 = 1;
const PENDING: u32 = 2;
const UNHEALTHY: u32 = 4;
const EJECTED: u32 = 8;

/// What stands between an endpoint and requests, and what that is decided by.
#[derive(Debug, Default)]
pub struct Standing {
    bars: AtomicU32,
    /// Made when there is something to keep: a mesh has far more endpoints than fail.
    track: OnceLock<Box<Track>>,
}

#[derive(Debug, Default)]
struct Track {
    breaker: BreakerState,
    ejection: EjectionState,
}

/// Whether an endpoint may be picked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// Whether its checks do not say that it is not well.
    pub is_healthy: bool,
    /// Whether something is known of it, where it is checked.
    pub is_known: bool,
    /// Whether it is ejected.
    pub is_ejected: bool,
    /// What its breaker says.
    pub gate: Gate,
}

/// What the end of a request has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// The breaker has opened or closed.
    pub turn: Option<Turn>,
    /// The endpoint is to be ejected, if that may be.
    pub cause: Option<Cause>,
}

impl Chance {
    /// Whether it is healthy and not ejected.
    #[must_use]
    pub fn is_available(self) -> bool {
        self.is_healthy && !self.is_ejected
    }

    /// Whether it may be picked; in a panic also where it is ejected.
    #[must_use]
    pub fn is_open(self, in_panic: bool) -> bool {
        self.is_healthy && (in_panic || !self.is_ejected) && self.gate != Gate::Stop
    }
}

impl Standing {
    /// Whether nothing speaks against it.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.bars.load(Ordering::Relaxed) == 0
    }

    /// Whether it may be picked now. What is no longer wanted holds nobody up.
    #[must_use]
    pub fn chance(&self, rules: &Resilience, now: Moment) -> Chance {
        let bars = self.bars.load(Ordering::Relaxed);
        let health = (bars & UNHEALTHY == 0, bars & PENDING == 0);
        let free = Chance { is_healthy: health.0, is_known: health.1, is_ejected: false, gate: Gate::Go };
        let Some(track) = self.track.get().filter(|_| bars & (BREAKER | EJECTED) != 0) else { return free };
        if rules.breaker().is_none() {
            track.breaker.reset();
            self.settle_breaker(track);
        }
        if rules.ejection().is_none() {
            track.ejection.readmit(now);
        }
        let is_ejected = track.ejection.until(now).is_some();
        if !is_ejected {
            self.settle(EJECTED, || track.ejection.until(now).is_some());
        }
        Chance { is_ejected, gate: track.breaker.state().gate(now), ..free }
    }

    /// Sets what its checks say against it.
    pub fn probed(&self, health: Health) {
        let bar = match health {
            Health::Unchecked | Health::Healthy => 0,
            Health::Pending => PENDING,
            Health::Unhealthy => UNHEALTHY,
        };
        self.bars.fetch_or(bar, Ordering::AcqRel);
        self.bars.fetch_and(bar | !(PENDING | UNHEALTHY), Ordering::AcqRel);
    }

    /// How its breaker stands.
    #[must_use]
    pub fn breaker(&self) -> State {
        self.track.get().map(|track| track.breaker.state()).unwrap_or_default()
    }

    /// Until when it is ejected, as far as it is.
    #[must_use]
    pub fn ejected(&self, now: Moment) -> Option<Moment> {
        self.track.get()?.ejection.until(now)
    }

    /// How often it was ejected of late.
    #[must_use]
    pub fn times_ejected(&self, rules: &Ejection, now: Moment) -> u64 {
        self.track.get().map_or(0, |track| track.ejection.times(rules, now))
    }

    /// Ejects it; gives until when. Only one thread at a time may do so.
    pub(super) fn eject(&self, rules: &Ejection, now: Moment) -> Moment {
        let track = self.track();
        let until = track.ejection.eject(rules, now);
        self.settle(EJECTED, || track.ejection.until(now).is_some());
        until
    }

    /// The requests of the interval that ends now.
    pub(super) fn take_counts(&self) -> Counts {
        self.track.get().map(|track| track.ejection.take_counts()).unwrap_or_default()
    }

    /// Takes the right to send the one request that tries, if it is to be had.
    #[must_use]
    pub fn take_trial(&self, now: Moment) -> bool {
        self.track.get().is_some_and(|track| track.breaker.take_trial(now))
    }

    /// Gives it back: the request ended without a word on the endpoint.
    pub fn give_back(&self, now: Moment) {
        if let Some(track) = self.track.get() {
            track.breaker.give_back(now);
        }
    }

    /// Takes in how a request has ended.
    pub fn saw(&self, rules: &Resilience, outcome: Outcome, by: By, now: Moment) -> Shown {
        let (breaker, ejection) = (rules.breaker().as_deref(), rules.ejection().as_deref());
        let counts = breaker.is_some_and(|breaker| breaker.ratio().is_some())
            || ejection
                .is_some_and(|rules| rules.success_rate().is_some() || rules.failure_percentage().is_some());
        // nothing has failed yet, and nobody wants to know how often
        let is_idle = outcome == Outcome::Success && !counts && self.track.get().is_none();
        if is_idle || (breaker.is_none() && ejection.is_none()) {
            return Shown::default();
        }
        let track = self.track();
        let cause = ejection.and_then(|rules| track.ejection.saw(outcome, rules));
        let has_failed = outcome != Outcome::Success;
        let turn = breaker.and_then(|rules| track.breaker.saw(has_failed, by, rules, now));
        if turn.is_some() {
            self.settle_breaker(track);
        }
        Shown { turn, cause }
    }

    fn track(&self) -> &Track {
        self.track.get_or_init(Box::default)
    }

    fn settle_breaker(&self, track: &Track) {
        self.settle(BREAKER, || !matches!(track.breaker.state(), State::Closed { .. }));
    }

    /// Sets or takes away a bar by what is known. It may change in the meantime: a bar too many is seen through when it is
    /// looked at, one too few is not, so it is looked at once more.
    fn settle(&self, bar: u32, holds: impl Fn() -> bool) {
        if !holds() {
            self.bars.fetch_and(!bar, Ordering::AcqRel);
        }
        if holds() {
            self.bars.fetch_or(bar, Ordering::AcqRel);
        }
    }
}
