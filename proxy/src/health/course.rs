//! What the checks of one endpoint come to, and when the next one is. Pure: time comes as durations, chance as a number
//! from 0 to 1.

use std::time::Duration;

use towpath_config::model::{HealthCheck, Percent};

use crate::upstream::health::Health;

/// Over so long at most the first checks are spread: whoever starts does not ask everybody at one instant.
const FIRST_WITHIN: Duration = Duration::from_secs(1);

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It is well.
    Good,
    /// It is not.
    Bad,
    /// It is not, and says so in a way that needs no second check.
    Final,
    /// Nothing.
    None,
}

/// The course of one endpoint's health.
#[derive(Debug)]
pub struct Course {
    health: Health,
    good: u32,
    bad: u32,
}

impl Course {
    /// Of an endpoint that stands so now.
    pub fn new(health: Health) -> Self {
        let health = if health == Health::Unchecked { Health::Pending } else { health };
        Self { health, good: 0, bad: 0 }
    }

    /// How it stands.
    pub fn health(&self) -> Health {
        self.health
    }

    /// How it stands after a check of an endpoint that has been checked for this long.
    pub fn after(&mut self, sign: Sign, check: &HealthCheck, age: Duration) -> Health {
        let pending = self.health == Health::Pending;
        let starts = pending && check.start_up().is_some_and(|grace| age < grace);
        match sign {
            Sign::None => {}
            Sign::Good => {
                (self.good, self.bad) = (self.good.saturating_add(1), 0);
                if pending || self.good >= *check.healthy() {
                    self.health = Health::Healthy;
                }
            }
            Sign::Bad | Sign::Final if starts => {}
            Sign::Bad | Sign::Final => {
                (self.good, self.bad) = (0, self.bad.saturating_add(1));
                if sign == Sign::Final || self.bad >= *check.unhealthy() {
                    self.health = Health::Unhealthy;
                }
            }
        }
        self.health
    }
}

/// How long it is until the first check.
pub fn first(check: &HealthCheck, share: f64) -> Duration {
    FIRST_WITHIN.min(*check.interval()).mul_f64(share)
}

/// From the beginning of one check to that of the next.
pub fn pause(check: &HealthCheck, quiet: bool, share: f64) -> Duration {
    let interval = check.no_traffic_interval().filter(|_| quiet).unwrap_or(*check.interval());
    let jitter =
        check.jitter().map_or(0.0, |jitter| f64::from(jitter.millionths()) / f64::from(Percent::ALL));
    interval.mul_f64(1.0 + jitter * share)
}

#[cfg(test)]
mod tests;
