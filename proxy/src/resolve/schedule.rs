//! When a name is asked for again, and whether what it stood for is still believed. Pure: time comes as durations,
//! chance as a number from 0 to 1.

use std::time::Duration;

use towpath_config::model::Dns;

use crate::upstream::names::DnsVerdict;

/// Pause after the first resolution that failed; each further one doubles it.
const PAUSE_MIN: Duration = Duration::from_millis(500);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// So often in a row a name must be said to stand for nothing before its last endpoints are let go: a server that has
/// just started denies what it does not know yet.
const DENIALS: u32 = 2;

/// What is known of a name's past.
#[derive(Debug, Default)]
pub struct Schedule {
    failures: u32,
    denials: u32,
}

/// What is done after a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// How long it is until the name is asked for again.
    pub pause: Duration,
    /// Whether endpoints of older answers stay. A new answer replaces them anyway.
    pub keep: bool,
}

impl Schedule {
    /// Decides, after a resolution whose records may be held for `ttl`. `share` spreads those who ask at the same time.
    pub fn after(&mut self, verdict: DnsVerdict, ttl: Duration, dns: &Dns, share: f64) -> Next {
        if verdict == DnsVerdict::Resolved {
            *self = Self::default();
            // never before the TTL has passed: a cache would only say again what is known
            let held = ttl.clamp(*dns.ttl_min(), *dns.ttl_max());
            return Next { pause: held.mul_f64(1.0 + 0.1 * share), keep: true };
        }
        self.denials = if verdict.is_denial() { self.denials + 1 } else { 0 };
        let pause = PAUSE_MIN.saturating_mul(1 << self.failures.min(10)).min(PAUSE_MAX);
        self.failures += 1;
        Next { pause: pause.mul_f64(0.5 + 0.5 * share), keep: self.denials < DENIALS }
    }
}

#[cfg(test)]
mod tests;
