//! What part of a cluster's requests is turned away because too many fail: counted by workers, worked out by the control
//! thread.

use std::sync::atomic::{AtomicU32, Ordering};

use towpath_config::model::Importance;

use crate::observe::tally::{AdmissionCounter, Tally};

/// The admission control of one cluster.
#[derive(Debug)]
pub struct Admission {
    /// In millionths.
    part: AtomicU32,
    tally: Tally<AdmissionCounter>,
}

const WHOLE: f64 = 1_000_000.0;

impl Admission {
    /// Nobody is turned away, in a process of so many workers.
    pub(super) fn new(workers: usize) -> Self {
        Self { part: AtomicU32::new(0), tally: Tally::new(workers) }
    }

    /// Counts a request that has ended. Only the worker itself may call this with its number.
    pub fn count(&self, worker: usize, succeeded: bool) {
        self.tally.add(worker, AdmissionCounter::Ended, 1);
        self.tally.add(worker, AdmissionCounter::Succeeded, succeeded.into());
    }

    /// What was counted.
    #[must_use]
    pub fn tally(&self) -> &Tally<AdmissionCounter> {
        &self.tally
    }

    /// The part of the requests of normal importance that is turned away, 0 to 1.
    #[must_use]
    pub fn part(&self) -> f64 {
        f64::from(self.part.load(Ordering::Relaxed)) / WHOLE
    }

    /// Notes the part.
    pub fn set(&self, part: f64) {
        self.part.store((part * WHOLE) as u32, Ordering::Relaxed);
    }

    /// Whether a request is turned away. Those of low importance are if either of two draws says so, those of high
    /// importance only if both do.
    #[must_use]
    pub fn turns_away(&self, importance: Importance, rng: &mut fastrand::Rng) -> bool {
        let part = self.part();
        if part == 0.0 {
            return false;
        }
        let mut draw = || rng.f64() < part;
        match importance {
            Importance::Low => draw() || draw(),
            Importance::Normal => draw(),
            Importance::High => draw() && draw(),
        }
    }
}

#[cfg(test)]
mod tests;
