//! What a cluster says of endpoints that fail.

use serde_json::{Value, json};

use super::health::health;
use crate::language::Write;
use crate::long::table::{optional, or_none};
use crate::model::{Breaker, Resilience};
use crate::values::Whole;

/// Puts in what is on; what is off need not be said.
pub(super) fn write(resilience: &Resilience, object: &mut Value) {
    optional(object, "breaker", resilience.breaker.as_deref().map(breaker));
    optional(object, "health", resilience.health.as_deref().map(health));
}

fn breaker(breaker: &Breaker) -> Value {
    let threshold = (*breaker.failure_threshold).map(Whole::<1, 10_000>);
    json!({
        "failure_threshold": or_none(threshold.as_ref()),
        "window": breaker.window.write(),
        "ratio": or_none(breaker.ratio.as_ref()),
        "volume": *breaker.volume,
        "recovery_timeout": breaker.recovery_timeout.write(),
        "recovery_max": breaker.recovery_max.write(),
    })
}
