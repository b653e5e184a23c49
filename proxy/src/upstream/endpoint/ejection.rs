//! Ejection: an endpoint that fails more than others gets no requests for a while.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use towpath_config::model::{Ejection, FailurePercentage, Percent, SuccessRate};

use super::moment::Moment;
use super::outcome::Outcome;
use super::rolling::Counts;

#[cfg(test)]
mod tests;

/// Why an endpoint is ejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Too many errors in a row.
    Errors,
    /// Too many gateway errors in a row.
    Gateway,
    /// Too many local errors in a row.
    Local,
    /// Its share of successes is far below that of the others.
    SuccessRate,
    /// Its share of failures is too large.
    FailurePercentage,
}

impl Cause {
    /// The key of the rule.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Errors => "consecutive_5xx",
            Self::Gateway => "consecutive_gateway",
            Self::Local => "consecutive_local",
            Self::SuccessRate => "success_rate",
            Self::FailurePercentage => "failure_percentage",
        }
    }
}

/// What is known of an endpoint that may be ejected, over all workers.
#[derive(Debug, Default)]
pub struct EjectionState {
    /// Errors, gateway errors and local errors in a row.
    runs: [AtomicU32; 3],
    /// Requests of this interval in the upper half, those that failed in the lower.
    counts: AtomicU64,
    /// Until when it is ejected, and behind that how often it was of late.
    word: AtomicU64,
}

const TIMES_BITS: u32 = 8;
const TIMES_MAX: u64 = (1 << TIMES_BITS) - 1;

impl EjectionState {
    /// Takes in how a request has ended; gives the reason when that is one too many in a row.
    pub fn saw(&self, outcome: Outcome, rules: &Ejection) -> Option<Cause> {
        if rules.success_rate().is_some() || rules.failure_percentage().is_some() {
            let failed = u64::from(outcome != Outcome::Success);
            self.counts.fetch_add((1 << 32) | failed, Ordering::Relaxed);
        }
        let limits = [
            (Outcome::Error, rules.consecutive_5xx(), Cause::Errors),
            (Outcome::Gateway, rules.consecutive_gateway(), Cause::Gateway),
            (Outcome::Local, rules.consecutive_local(), Cause::Local),
        ];
        let mut cause = None;
        for (run, (sign, limit, why)) in self.runs.iter().zip(limits) {
            if outcome >= sign {
                let count = run.fetch_add(1, Ordering::Relaxed).saturating_add(1);
                if limit.is_some_and(|limit| count >= limit) {
                    cause = Some(why);
                }
            } else if run.load(Ordering::Relaxed) > 0 {
                run.store(0, Ordering::Relaxed);
            }
        }
        cause
    }

    /// Until when it is ejected, as far as it is.
    #[must_use]
    pub fn until(&self, now: Moment) -> Option<Moment> {
        let until = Moment(self.word.load(Ordering::Acquire) >> TIMES_BITS);
        (until > now).then_some(until)
    }

    /// How often it was ejected of late: one time is forgotten after each interval without.
    #[must_use]
    pub fn times(&self, rules: &Ejection, now: Moment) -> u64 {
        let word = self.word.load(Ordering::Acquire);
        let well = now.since(Moment(word >> TIMES_BITS)).as_millis() / rules.interval().as_millis().max(1);
        (word & TIMES_MAX).saturating_sub(u64::try_from(well).unwrap_or(u64::MAX))
    }

    /// Ejects it; gives until when. Only one thread at a time may do so.
    pub fn eject(&self, rules: &Ejection, now: Moment) -> Moment {
        let times = (self.times(rules, now) + 1).min(TIMES_MAX);
        let longest = **rules.max_time();
        let time = rules.base().checked_mul(times as u32).unwrap_or(longest).min(longest);
        let until = now.after(time);
        self.word.store((until.0 << TIMES_BITS) | times, Ordering::Release);
        self.forget();
        until
    }

    /// Ends what is left of it. How often it was ejected stays.
    pub fn readmit(&self, now: Moment) {
        let shorten = |word: u64| {
            (Moment(word >> TIMES_BITS) > now).then_some((now.0 << TIMES_BITS) | (word & TIMES_MAX))
        };
        // one that is not ejected stays as it is
        let _ = self.word.fetch_update(Ordering::AcqRel, Ordering::Acquire, shorten);
        self.forget();
    }

    /// Counts anew.
    fn forget(&self) {
        self.runs.iter().for_each(|run| run.store(0, Ordering::Relaxed));
        self.counts.store(0, Ordering::Relaxed);
    }

    /// What was counted in the interval that ends now.
    pub fn take_counts(&self) -> Counts {
        let counts = self.counts.swap(0, Ordering::Relaxed);
        Counts { all: counts >> 32, failed: counts & u64::from(u32::MAX) }
    }
}

/// Whether one more of so many endpoints may be ejected, of which `ejected` are. The last one never is: nothing is won by
/// having none.
#[must_use]
pub fn has_room(rules: &Ejection, endpoints: u64, ejected: u64) -> bool {
    let within = (ejected + 1) * u64::from(Percent::ALL) <= endpoints * u64::from(rules.max().millionths());
    ejected + 1 < endpoints && (within || (ejected == 0 && **rules.always_one()))
}

/// Those whose shares of an interval speak against them, the worst first, with the reason.
#[must_use]
pub fn outliers(counts: &[Counts], rules: &Ejection) -> Vec<(usize, Cause)> {
    let mut found: Vec<(usize, Cause)> = Vec::new();
    if let Some(rules) = &**rules.failure_percentage() {
        found.extend(by_failures(counts, rules).map(|position| (position, Cause::FailurePercentage)));
    }
    if let Some(rules) = &**rules.success_rate() {
        let low = by_successes(counts, rules);
        found.extend(low.into_iter().map(|position| (position, Cause::SuccessRate)));
    }
    let share = |(position, _): &(usize, Cause)| counts.get(*position).map_or(0.0, failures);
    found.sort_by(|one, other| share(other).total_cmp(&share(one)).then(one.0.cmp(&other.0)));
    found.dedup_by_key(|(position, _)| *position);
    found
}

/// The share of failures.
fn failures(counts: &Counts) -> f64 {
    counts.failed as f64 / counts.all.max(1) as f64
}

/// Those that have had so many requests, when there are enough of them.
fn judged(counts: &[Counts], volume: u32, endpoints: u32) -> Vec<(usize, f64)> {
    let busy = counts.iter().enumerate().filter(|(_, counts)| counts.all >= u64::from(volume));
    let judged: Vec<_> = busy.map(|(position, counts)| (position, failures(counts))).collect();
    if judged.len() < endpoints as usize { Vec::new() } else { judged }
}

fn by_failures(counts: &[Counts], rules: &FailurePercentage) -> impl Iterator<Item = usize> + use<> {
    let most = f64::from(rules.threshold().millionths()) / f64::from(Percent::ALL);
    let judged = judged(counts, **rules.volume(), **rules.endpoints());
    judged.into_iter().filter(move |(_, failures)| *failures >= most).map(|(position, _)| position)
}

/// What sums of shares may be off by.
const ROUNDING: f64 = 1e-9;

/// Those below the mean less so many standard deviations (of all that are judged, as Envoy has it).
fn by_successes(counts: &[Counts], rules: &SuccessRate) -> Vec<usize> {
    let judged = judged(counts, **rules.volume(), **rules.endpoints());
    let number = judged.len().max(1) as f64;
    let mean = judged.iter().map(|(_, failures)| failures).sum::<f64>() / number;
    let variance = judged.iter().map(|(_, failures)| (failures - mean).powi(2)).sum::<f64>() / number;
    let most = mean + rules.deviations().number() * variance.sqrt();
    judged
        .into_iter()
        .filter(|(_, failures)| *failures > most + ROUNDING)
        .map(|(position, _)| position)
        .collect()
}
