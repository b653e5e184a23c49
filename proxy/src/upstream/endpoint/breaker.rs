//! The breaker of one endpoint: closed until it keeps failing, then open, and after a while half open for one request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use towpath_config::model::{Breaker, Percent};

use super::moment::Moment;
use super::rolling::{Counts, Rolling};

#[cfg(test)]
mod tests;

/// How a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Requests go there. So many have failed since one did not, the first of them then.
    Closed {
        /// How many.
        failures: u16,
        /// When the first of them failed.
        since: Moment,
    },
    /// None goes there until then. It has opened so often since it was closed.
    Open {
        /// Until then.
        until: Moment,
        /// So often.
        opened: u8,
    },
    /// One request is there, and what becomes of it decides.
    HalfOpen {
        /// How often it has opened since it was closed.
        opened: u8,
    },
}

/// What a breaker says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It may go.
    Go,
    /// It may go as the one that tries.
    Try,
    /// It may not go.
    Stop,
}

const TAG_SHIFT: u32 = 62;
const OPENED_SHIFT: u32 = 56;
const OPENED_MAX: u64 = 0x3f;
const FAILURES_SHIFT: u32 = Moment::BITS;
const FAILURES_MAX: u64 = 0xffff;
const MOMENT: u64 = (1 << Moment::BITS) - 1;

impl State {
    fn pack(self) -> u64 {
        match self {
            Self::Closed { failures, since } => (u64::from(failures) << FAILURES_SHIFT) | since.0,
            Self::Open { until, opened } => {
                (1 << TAG_SHIFT) | (u64::from(opened).min(OPENED_MAX) << OPENED_SHIFT) | until.0
            }
            Self::HalfOpen { opened } => {
                (2 << TAG_SHIFT) | (u64::from(opened).min(OPENED_MAX) << OPENED_SHIFT)
            }
        }
    }

    fn unpack(word: u64) -> Self {
        let opened = ((word >> OPENED_SHIFT) & OPENED_MAX) as u8;
        let moment = Moment(word & MOMENT);
        match word >> TAG_SHIFT {
            0 => Self::Closed { failures: ((word >> FAILURES_SHIFT) & FAILURES_MAX) as u16, since: moment },
            1 => Self::Open { until: moment, opened },
            _ => Self::HalfOpen { opened },
        }
    }

    /// What it says to a request now.
    #[must_use]
    pub fn gate(self, now: Moment) -> Gate {
        match self {
            Self::Closed { .. } => Gate::Go,
            Self::Open { until, .. } if until <= now => Gate::Try,
            Self::Open { .. } | Self::HalfOpen { .. } => Gate::Stop,
        }
    }

    /// After a request that tries has gone, if one may.
    #[must_use]
    pub fn tried(self, now: Moment) -> Option<Self> {
        match (self.gate(now), self) {
            (Gate::Try, Self::Open { opened, .. }) => Some(Self::HalfOpen { opened }),
            _ => None,
        }
    }

    /// After a failure. What began before the breaker opened says nothing new once it has: then only the one that tries
    /// counts, and the time grows with each that tries in vain.
    #[must_use]
    pub fn failed(self, by: By, rules: &Breaker, seen: Counts, now: Moment) -> Self {
        match (self, by) {
            (Self::Closed { failures, since }, _) => {
                let run = if now.since(since) <= **rules.window() { failures } else { 0 };
                let since = if run == 0 { now } else { since };
                let failures = run.saturating_add(1);
                let is_run = rules.failure_threshold().is_some_and(|most| u32::from(failures) >= most);
                let is_share = seen.all >= u64::from(**rules.volume())
                    && rules.ratio().is_some_and(|ratio| has_reached(ratio, seen));
                if is_run || is_share {
                    Self::opened(1, rules, now)
                } else {
                    Self::Closed { failures, since }
                }
            }
            (Self::HalfOpen { opened }, By::Trial) => Self::opened(opened.saturating_add(1), rules, now),
            (state, _) => state,
        }
    }

    fn opened(opened: u8, rules: &Breaker, now: Moment) -> Self {
        Self::Open { until: now.after(closed_for(opened, rules)), opened }
    }

    /// After a success.
    #[must_use]
    pub fn succeeded(self, by: By) -> Self {
        match (self, by) {
            (Self::Closed { .. }, _) | (Self::HalfOpen { .. }, By::Trial) => Self::default(),
            (state, _) => state,
        }
    }

    /// After the request that tried has ended without a word on the endpoint: the next one may try at once.
    #[must_use]
    pub fn released(self, now: Moment) -> Self {
        match self {
            Self::HalfOpen { opened } => Self::Open { until: now, opened },
            state => state,
        }
    }

    /// 0, 1 or 2: closed, half open, open.
    #[must_use]
    pub fn code(self) -> u64 {
        match self {
            Self::Closed { .. } => 0,
            Self::HalfOpen { .. } => 1,
            Self::Open { .. } => 2,
        }
    }
}

impl Default for State {
    /// Closed, and nothing has failed.
    fn default() -> Self {
        Self::Closed { failures: 0, since: Moment::default() }
    }
}

/// For how long nothing is sent there when it opens for the so manieth time.
fn closed_for(opened: u8, rules: &Breaker) -> Duration {
    let (least, most) = (**rules.recovery_timeout(), **rules.recovery_max());
    let factor = 1_u32.checked_shl(u32::from(opened.saturating_sub(1))).unwrap_or(u32::MAX);
    least.checked_mul(factor).unwrap_or(most).min(most)
}

fn has_reached(share: Percent, seen: Counts) -> bool {
    u128::from(seen.failed) * u128::from(Percent::ALL)
        >= u128::from(seen.all) * u128::from(share.millionths())
}

/// Whose end a breaker sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Of any request.
    Any,
    /// Of the one that tries.
    Trial,
}

/// What an end has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It has opened, from closed or anew.
    Opened,
    /// It has closed.
    Closed,
}

/// A breaker, over all workers. All zero is closed, and nothing has failed.
#[derive(Debug, Default)]
pub struct BreakerState {
    word: AtomicU64,
    seen: Rolling,
}

impl BreakerState {
    /// How it stands.
    #[must_use]
    pub fn state(&self) -> State {
        State::unpack(self.word.load(Ordering::Acquire))
    }

    /// Takes the right to send the one request that tries, if it is to be had.
    #[must_use]
    pub fn take_trial(&self, now: Moment) -> bool {
        self.change(|state| state.tried(now)).is_some()
    }

    /// Gives it back unused.
    pub fn give_back(&self, now: Moment) {
        self.change(|state| Some(state.released(now)));
    }

    /// Begins anew.
    pub fn reset(&self) {
        self.word.store(State::default().pack(), Ordering::Release);
        self.seen.clear();
    }

    /// Takes in how a request has ended.
    pub fn saw(&self, has_failed: bool, by: By, rules: &Breaker, now: Moment) -> Option<Turn> {
        if rules.ratio().is_some() {
            self.seen.add(has_failed, now, **rules.window());
        }
        let (before, after) = if has_failed {
            let seen = self.seen.counts(now, **rules.window());
            self.change(|state| Some(state.failed(by, rules, seen, now)))?
        } else if self.word.load(Ordering::Relaxed) == State::default().pack() {
            return None;
        } else {
            self.change(|state| Some(state.succeeded(by)))?
        };
        match (before, after) {
            (State::Closed { .. } | State::HalfOpen { .. }, State::Open { .. }) => Some(Turn::Opened),
            (State::HalfOpen { .. }, State::Closed { .. }) => {
                self.seen.clear();
                Some(Turn::Closed)
            }
            _ => None,
        }
    }

    /// Changes it, if there is something to change; gives what it was and what it is.
    fn change(&self, to: impl Fn(State) -> Option<State>) -> Option<(State, State)> {
        let next = |word| to(State::unpack(word)).map(State::pack);
        let before = self.word.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).ok()?;
        let before = State::unpack(before);
        Some((before, to(before)?))
    }
}
