//! How a revision goes through a fleet step by step, and when it is taken back. Pure: it is told the time and how the fleet
//! is, and answers what to do.
//!
//! Who is in a step is decided by rank: a hash of the proxy's id, so that it is always the same proxies that go first, and
//! whoever connects while a step lasts knows its place. A step reaches up to a rank; reaches only grow.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use towpath_config::model::Percent;
use towpath_config::server::Staged;

#[cfg(test)]
mod tests;

/// Fewer requests say nothing about a share of failures.
const REQUESTS_MIN: u64 = 20;

/// A revision on its way. This is also what is kept on disk of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What is on its way.
    pub revision: u64,
    /// What all others have, and what it is taken back to.
    pub before: u64,
    /// The step, from 0.
    pub step: usize,
    /// Proxies up to this rank have it; nobody yet when there is none.
    pub reach: Option<u64>,
    /// Why it was taken back, if it was.
    pub reverted: Option<String>,
    /// Whose change was taken back; everybody's when nobody is named.
    #[serde(default)]
    pub blamed: BTreeSet<String>,
}

impl Stage {
    /// Whether a proxy of this rank gets the revision that is on its way.
    #[must_use]
    pub fn reaches(&self, rank: u64) -> bool {
        self.reverted.is_none() && self.reach.is_some_and(|reach| rank <= reach)
    }
}

/// Requests, and how many of them failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// All of them.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
}

impl Traffic {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { requests: self.requests + other.requests, failed: self.failed + other.failed }
    }

    /// The share that failed; none of nothing.
    fn share(self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.failed as f64 / self.requests as f64 }
    }
}

/// Why a revision has to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The namespaces whose change is to blame.
    pub blamed: BTreeSet<String>,
    /// What is wrong with it.
    pub reason: String,
}

/// How one proxy is, to whom the revision makes a difference.
#[derive(Debug, Clone, Default)]
pub struct Seat {
    /// Its rank.
    pub rank: u64,
    /// The namespace that it is of.
    pub namespace: Arc<str>,
    /// The namespaces whose change it sees.
    pub sees: Arc<BTreeSet<String>>,
    /// Whether it has judged all that it was sent.
    pub settled: bool,
    /// What it rejects of the revision.
    pub rejects: Option<Complaint>,
    /// Its traffic in the time before the revision came to it.
    pub before: Traffic,
    /// Its traffic since.
    pub since: Traffic,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Stay,
    /// The next step, or the first one: who gets what is to be looked at again.
    Step,
    /// The same step reaches others: who gets what is to be looked at again.
    Reach,
    /// Everybody has it: the stage is over.
    Done,
    /// Take it back, for this reason.
    Revert(Complaint),
}

/// The machine: rules, and the revision that is on its way.
#[derive(Debug)]
pub struct Staging {
    rules: Staged,
    stage: Stage,
    /// Since when all proxies of the step have judged what they were sent.
    calm_since: Option<Instant>,
}

impl Staging {
    /// A revision sets out; `before` is what everybody has.
    #[must_use]
    pub fn begin(rules: Staged, revision: u64, before: u64) -> Self {
        Self::resume(
            rules,
            Stage { revision, before, step: 0, reach: None, reverted: None, blamed: BTreeSet::new() },
        )
    }

    /// A revision that was on its way when the server ended; the step's time begins anew.
    #[must_use]
    pub fn resume(rules: Staged, stage: Stage) -> Self {
        Self { rules, stage, calm_since: None }
    }

    /// Where it is.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// The name of the step, and how much of its time is over.
    #[must_use]
    pub fn progress(&self, now: Instant) -> (String, Option<Duration>) {
        let step = self.rules.steps().get(self.stage.step).map(|step| step.text()).unwrap_or_default();
        (step, self.calm_since.map(|since| now.saturating_duration_since(since)))
    }

    /// Which step it is at, from 1, and how many there are.
    #[must_use]
    pub fn steps(&self) -> (usize, usize) {
        (self.stage.step + 1, self.rules.steps().len())
    }

    /// Looks at the proxies to whom the revision makes a difference.
    pub fn look(&mut self, now: Instant, seats: &[Seat]) -> Decision {
        if self.stage.reverted.is_some() {
            return Decision::Stay;
        }
        let mut ranks: Vec<u64> = seats.iter().map(|seat| seat.rank).collect();
        ranks.sort_unstable();
        let inside: Vec<&Seat> = seats.iter().filter(|seat| self.stage.reaches(seat.rank)).collect();
        if let Some(complaint) = self.fault(&inside) {
            self.stage.reverted = Some(complaint.reason.clone());
            self.stage.blamed.clone_from(&complaint.blamed);
            return Decision::Revert(complaint);
        }
        let settled = inside.iter().all(|seat| seat.settled);
        let inside = inside.len();
        if inside < self.wanted(ranks.len()) || (self.is_last() && self.stage.reach != Some(u64::MAX)) {
            let decision = if self.stage.reach.is_none() { Decision::Step } else { Decision::Reach };
            self.reach_out(&ranks);
            return decision;
        }
        if !settled {
            self.calm_since = None;
            return Decision::Stay;
        }
        let since = *self.calm_since.get_or_insert(now);
        if now.saturating_duration_since(since) < *self.rules.hold() {
            return Decision::Stay;
        }
        self.advance(inside, &ranks)
    }

    /// On to the next step that takes more proxies than this one. When this one was all of them, that is the end.
    fn advance(&mut self, inside: usize, ranks: &[u64]) -> Decision {
        let all = ranks.len();
        if self.is_last() || (all > 0 && inside == all) {
            return Decision::Done;
        }
        self.stage.step += 1;
        while !self.is_last() && all > 0 && self.wanted(all) <= inside {
            self.stage.step += 1;
        }
        self.reach_out(ranks);
        Decision::Step
    }

    /// Takes in as many as the step wants, by these ranks in their order; it begins anew for them.
    fn reach_out(&mut self, ranks: &[u64]) {
        self.calm_since = None;
        // what comes later belongs to the last step too
        let last = self.is_last().then_some(u64::MAX);
        let wanted = self.wanted(ranks.len()).checked_sub(1);
        self.stage.reach = last.or_else(|| ranks.get(wanted?).copied());
    }

    fn is_last(&self) -> bool {
        self.stage.step + 1 >= self.rules.steps().len()
    }

    fn wanted(&self, all: usize) -> usize {
        self.rules.steps().get(self.stage.step).map_or(all, |step| step.count(all))
    }

    /// Why the revision has to be taken back.
    fn fault(&self, inside: &[&Seat]) -> Option<Complaint> {
        // of several, always the same one
        let rejecting =
            inside.iter().filter(|seat| seat.rejects.is_some()).max_by_key(|seat| Reverse(seat.rank));
        if let Some(complaint) = rejecting.and_then(|seat| seat.rejects.clone()) {
            return Some(complaint);
        }
        // each namespace by itself: where one has many requests, the failures of another must not drown
        let mut namespaces: BTreeMap<&str, Vec<&Seat>> = BTreeMap::new();
        for seat in inside {
            namespaces.entry(&seat.namespace).or_default().push(seat);
        }
        namespaces.values().find_map(|seats| self.failures(seats))
    }

    /// What these proxies have against the revision, by the requests that fail.
    fn failures(&self, seats: &[&Seat]) -> Option<Complaint> {
        let sum = |traffic: fn(&Seat) -> Traffic| {
            seats.iter().fold(Traffic::default(), |sum, seat| sum.and(traffic(seat)))
        };
        let (before, since) = (sum(|seat| seat.before), sum(|seat| seat.since));
        let rise = since.share() - before.share();
        let limit = f64::from(self.rules.errors().millionths()) / f64::from(Percent::ALL);
        (since.requests >= REQUESTS_MIN && rise > limit).then(|| Complaint {
            blamed: seats.iter().flat_map(|seat| seat.sees.iter().cloned()).collect(),
            reason: format!(
                "{:.1}% of {} requests failed, {:.1}% of {} before",
                since.share() * 100.0,
                since.requests,
                before.share() * 100.0,
                before.requests,
            ),
        })
    }
}
