//! Admission control: what part of the requests is turned away while too many of them fail. Pure.
//!
//! The rule is that of "Handling Overload" (Site Reliability Engineering, chapter 21), over what was sent, as Envoy has it.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use towpath_config::model::{AdmissionControl, Percent};

/// What was counted until some moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Requests that have ended.
    pub ended: u64,
    /// Those of them that have succeeded.
    pub succeeded: u64,
}

/// What was counted lately.
#[derive(Debug, Default)]
pub struct Window(VecDeque<(Instant, Counted)>);

impl Window {
    /// Takes in what has been counted by now, and gives what of it is not older than `age`.
    pub fn take(&mut self, now: Instant, counted: Counted, age: Duration) -> Counted {
        // the last one that is old enough is where the window begins
        while self.0.get(1).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= age) {
            self.0.pop_front();
        }
        self.0.push_back((now, counted));
        let before = self.0.front().map_or(counted, |(_, before)| *before);
        Counted {
            ended: counted.ended.wrapping_sub(before.ended),
            succeeded: counted.succeeded.wrapping_sub(before.succeeded),
        }
    }
}

fn share(percent: Percent) -> f64 {
    f64::from(percent.millionths()) / f64::from(Percent::ALL)
}

/// The part of the requests that is turned away, 0 to 1.
pub fn turned_away(counted: Counted, rules: &AdmissionControl) -> f64 {
    if counted.ended < u64::from(**rules.volume()) {
        return 0.0;
    }
    let (ended, succeeded) = (counted.ended as f64, counted.succeeded as f64);
    let part = (ended - succeeded / share(**rules.success_rate())) / (ended + 1.0);
    part.max(0.0).powf(1.0 / f64::from(**rules.aggression())).min(share(**rules.max()))
}

#[cfg(test)]
mod tests;
