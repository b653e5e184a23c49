//! Whether an endpoint may be picked now.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use towpath_config::model::Resilience;

use super::breaker::{BreakerState, By, Gate, State, Turn};
use super::moment::Moment;
use super::outcome::Outcome;
use crate::upstream::health::Health;

/// What speaks against an endpoint, each a bit: while none is set, one load says that it may be picked.
const BREAKER: u32 = 1;
const PENDING: u32 = 2;
const UNHEALTHY: u32 = 4;

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
}

/// Whether an endpoint may be picked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Chance {
    /// It may.
    Full,
    /// It may, if the right to try is taken.
    Trial,
    /// It may where no other may: nothing is known of it yet.
    Pending,
    /// It may not: its breaker is open.
    Open,
    /// It may not: its checks say so.
    Unhealthy,
}

impl Standing {
    /// Whether nothing speaks against it.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.bars.load(Ordering::Relaxed) == 0
    }

    /// Whether it may be picked now.
    #[must_use]
    pub fn chance(&self, rules: &Resilience, now: Moment) -> Chance {
        let bars = self.bars.load(Ordering::Relaxed);
        let chance = if bars & UNHEALTHY == 0 { self.breaker_chance(rules, now) } else { Chance::Unhealthy };
        if chance == Chance::Full && bars & PENDING != 0 { Chance::Pending } else { chance }
    }

    fn breaker_chance(&self, rules: &Resilience, now: Moment) -> Chance {
        let Some(track) = self.track.get() else { return Chance::Full };
        if rules.breaker().is_none() {
            // a breaker that is no longer wanted holds nobody up
            track.breaker.reset();
            self.settle(track);
            return Chance::Full;
        }
        match track.breaker.state().gate(now) {
            Gate::Go => Chance::Full,
            Gate::Try => Chance::Trial,
            Gate::Stop => Chance::Open,
        }
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
    pub fn saw(
        &self,
        rules: &Resilience,
        outcome: Outcome,
        by: By,
        now: impl Fn() -> Moment,
    ) -> Option<Turn> {
        let breaker = rules.breaker().as_deref()?;
        let has_failed = outcome != Outcome::Success;
        let track = match self.track.get() {
            Some(track) => track,
            // nothing has failed yet, and nobody wants to know how often
            None if !has_failed && breaker.ratio().is_none() => return None,
            None => self.track.get_or_init(Box::default),
        };
        let turn = track.breaker.saw(has_failed, by, breaker, now)?;
        self.settle(track);
        Some(turn)
    }

    /// Sets what speaks against it by what is known.
    fn settle(&self, track: &Track) {
        let is_closed = || matches!(track.breaker.state(), State::Closed { .. });
        if is_closed() {
            self.bars.fetch_and(!BREAKER, Ordering::AcqRel);
        }
        // it may have opened in the meantime; a bar too many is seen through when it is looked at, one too few is not
        if !is_closed() {
            self.bars.fetch_or(BREAKER, Ordering::AcqRel);
        }
    }
}
