//! How many retries a cluster may get: a part of its requests of the last while, and a few in any case. What fails as a whole
//! is not asked much more often than what works.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use towpath_config::model::{Percent, RetryBudget};

/// The window is counted in so many parts; what is older than the window is forgotten by parts.
const PARTS: u32 = 10;

/// Counts of the parts of a window: the number of the part in the upper half, the count in the lower one.
#[derive(Debug, Default)]
struct Ring([AtomicU64; PARTS as usize]);

fn packed(part: u32, count: u32) -> u64 {
    u64::from(part) << 32 | u64::from(count)
}

fn unpacked(cell: u64) -> (u32, u32) {
    ((cell >> 32) as u32, cell as u32)
}

impl Ring {
    fn cell(&self, part: u32) -> Option<&AtomicU64> {
        self.0.get((part % PARTS) as usize)
    }

    /// Counts one more, for the only thread that writes.
    fn add_alone(&self, part: u32) {
        let Some(cell) = self.cell(part) else { return };
        let known = cell.load(Ordering::Relaxed);
        let next = if unpacked(known).0 == part { known + 1 } else { packed(part, 1) };
        cell.store(next, Ordering::Relaxed);
    }

    /// Counts one more, for any thread.
    fn add(&self, part: u32) {
        let next = |known| if unpacked(known).0 == part { known + 1 } else { packed(part, 1) };
        self.change(part, |known| Some(next(known)));
    }

    /// Takes one back.
    fn take(&self, part: u32) {
        self.change(part, |known| (unpacked(known).0 == part && unpacked(known).1 > 0).then(|| known - 1));
    }

    fn change(&self, part: u32, change: impl Fn(u64) -> Option<u64>) {
        if let Some(cell) = self.cell(part) {
            // it is not to be changed when there is nothing to take back
            let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
        }
    }

    /// What the last `count` parts have, this one included.
    fn sum(&self, part: u32, count: u32) -> u64 {
        let cells = self.0.iter().map(|cell| unpacked(cell.load(Ordering::Relaxed)));
        cells.filter(|(of, _)| part.wrapping_sub(*of) < count).map(|(_, count)| u64::from(count)).sum()
    }
}

/// The budget of one cluster, over all workers.
#[derive(Debug)]
pub struct Budget {
    /// Requests that might be sent again: each worker counts its own, so that nobody waits for anybody.
    requests: Box<[OnceLock<Box<Ring>>]>,
    retries: Ring,
}

impl Budget {
    /// Nothing counted yet, by so many workers.
    #[must_use]
    pub fn new(workers: usize) -> Self {
        Self { requests: (0..workers).map(|_| OnceLock::new()).collect(), retries: Ring::default() }
    }

    /// Counts a request, which may be sent again. `now` is the time since some moment in the past that is always the same.
    /// Only the worker itself may call this with its number.
    pub fn deposit(&self, rules: &RetryBudget, worker: usize, now: Duration) {
        if let Some(ring) = self.requests.get(worker) {
            ring.get_or_init(Box::default).add_alone(part(rules, now));
        }
    }

    /// Counts a retry if there may be one.
    #[must_use]
    pub fn withdraw(&self, rules: &RetryBudget, now: Duration) -> bool {
        let part = part(rules, now);
        // first counted, then judged: two at once cannot both be the last one
        self.retries.add(part);
        let allowed = self.left_over(rules, part) >= 0;
        if !allowed {
            self.retries.take(part);
        }
        allowed
    }

    /// How many retries there may be now.
    #[must_use]
    pub fn left(&self, rules: &RetryBudget, now: Duration) -> u64 {
        u64::try_from(self.left_over(rules, part(rules, now))).unwrap_or(0)
    }

    fn left_over(&self, rules: &RetryBudget, part: u32) -> i64 {
        let requests: u64 =
            self.requests.iter().filter_map(OnceLock::get).map(|ring| ring.sum(part, PARTS)).sum();
        let share = requests.saturating_mul(rules.ratio().millionths().into()) / u64::from(Percent::ALL);
        let by_ratio = share as i64 - self.retries.sum(part, PARTS) as i64;
        let (floor, parts) = floor(rules);
        by_ratio.max(floor as i64 - self.retries.sum(part, parts) as i64)
    }
}

/// In which part of time `now` is.
fn part(rules: &RetryBudget, now: Duration) -> u32 {
    // an hour of parts of a hundredth of a second fits a hundred thousand times
    (now.as_millis() / u128::from(part_millis(rules))) as u32
}

fn part_millis(rules: &RetryBudget) -> u64 {
    (rules.window().as_millis() as u64 / u64::from(PARTS)).max(1)
}

/// The floor over the fewest parts in which it comes to a whole retry: it is not for all of the window at once, which would be
/// a burst.
fn floor(rules: &RetryBudget) -> (u64, u32) {
    let Some(rate) = **rules.floor() else { return (0, PARTS) };
    let over = |parts: u32| rate.within(Duration::from_millis(part_millis(rules) * u64::from(parts)));
    let parts = (1..PARTS).find(|parts| over(*parts) > 0).unwrap_or(PARTS);
    (over(parts), parts)
}

#[cfg(test)]
mod tests;
