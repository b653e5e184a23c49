//! Who of a cluster is ejected: decided by one worker at a time, so that never more are than may be.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use towpath_config::model::Ejection;

use super::ejection::{Cause, has_room, outliers};
use super::moment::Moment;
use crate::upstream::endpoint::Standing;

#[cfg(test)]
mod tests;

/// What all workers know of the ejections of a cluster.
#[derive(Debug, Default)]
pub struct Outliers {
    /// Whether somebody decides. Who finds it taken lets it be: whatever is wrong will show again.
    deciding: AtomicBool,
    /// When shares were judged last.
    judged: AtomicU64,
}

/// What was decided of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is ejected until then.
    Ejected(Moment),
    /// It stays, since too many are ejected already.
    Kept,
}

impl Outliers {
    /// Has one of these endpoints ejected, if that may be; `None` when it is already, or somebody decides just now.
    pub fn eject<'a>(
        &self,
        suspect: &Standing,
        all: impl Iterator<Item = &'a Standing>,
        rules: &Ejection,
        now: Moment,
    ) -> Option<Decision> {
        self.alone(|| {
            let (mut endpoints, mut ejected) = (0, 0);
            for standing in all {
                endpoints += 1;
                ejected += u64::from(standing.ejected(now).is_some());
            }
            if suspect.ejected(now).is_some() {
                return None;
            }
            if !has_room(rules, endpoints, ejected) {
                return Some(Decision::Kept);
            }
            Some(Decision::Ejected(suspect.eject(rules, now)))
        })?
    }

    /// Judges the shares of these endpoints once in an interval; gives those that speak against one, the worst first.
    pub fn judge<'a>(
        &self,
        all: impl Iterator<Item = &'a Standing>,
        rules: &Ejection,
        now: Moment,
    ) -> Vec<(usize, Cause)> {
        let last = self.judged.load(Ordering::Relaxed);
        let counts = rules.success_rate().is_some() || rules.failure_percentage().is_some();
        if !counts || now.since(Moment(last)) < **rules.interval() {
            return Vec::new();
        }
        if self.judged.compare_exchange(last, now.0, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return Vec::new();
        }
        let counts: Vec<_> = all.map(Standing::take_counts).collect();
        outliers(&counts, rules)
    }

    /// Does what no two workers may do at once, or nothing.
    fn alone<T>(&self, act: impl FnOnce() -> T) -> Option<T> {
        if self.deciding.swap(true, Ordering::Acquire) {
            return None;
        }
        let done = act();
        self.deciding.store(false, Ordering::Release);
        Some(done)
    }
}
