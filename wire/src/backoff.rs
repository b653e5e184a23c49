//! How long to wait before connecting again.

use std::time::Duration;

#[cfg(test)]
mod tests;

/// The first wait is at most this long.
const BASE: Duration = Duration::from_millis(500);

/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(5);

/// How long to wait before the next attempt when `failures` in a row have failed: exponential, with full jitter (AWS
/// Architecture Blog, "Exponential Backoff And Jitter"), so that a thousand proxies that lost one server together do not come
/// back together. `random` is drawn from 0 to 1.
#[must_use]
pub fn backoff(failures: u32, random: f64) -> Duration {
    let doubled = BASE.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    doubled.min(LONGEST).mul_f64(random.clamp(0.0, 1.0))
}
