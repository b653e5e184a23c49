//! What a cluster says of endpoints that fail.

use serde_json::{Value, json};

use super::health::health;
use crate::language::Write;
use crate::long::table::{optional, or_none};
use crate::model::{AdmissionControl, Breaker, Ejection, FailurePercentage, Resilience, SuccessRate};
use crate::values::{Decimal, Whole};

/// Puts in what is on; what is off need not be said.
pub(super) fn write(resilience: &Resilience, object: &mut Value) {
    optional(object, "breaker", resilience.breaker.as_deref().map(breaker));
    optional(object, "ejection", resilience.ejection.as_deref().map(ejection));
    if resilience.ejection.is_some() {
        optional(object, "panic", Some(or_none(resilience.panic.as_ref())));
    }
    optional(object, "admission", resilience.admission.as_deref().map(admission));
    optional(object, "health", resilience.health.as_deref().map(health));
}

/// How many in a row.
fn run(count: Option<u32>) -> Value {
    or_none(count.map(Whole::<1, 10_000>).as_ref())
}

fn ejection(ejection: &Ejection) -> Value {
    let none = || json!("none");
    json!({
        "consecutive_5xx": run(*ejection.consecutive_5xx),
        "consecutive_gateway": run(*ejection.consecutive_gateway),
        "consecutive_local": run(*ejection.consecutive_local),
        "success_rate": ejection.success_rate.as_ref().map_or_else(none, success_rate),
        "failure_percentage": ejection.failure_percentage.as_ref().map_or_else(none, failure_percentage),
        "interval": ejection.interval.write(),
        "base": ejection.base.write(),
        "max_time": ejection.max_time.write(),
        "max": ejection.max.write(),
        "always_one": *ejection.always_one,
    })
}

fn success_rate(rate: &SuccessRate) -> Value {
    json!({
        "deviations": Decimal::<100, 10_000>(rate.deviations.0).write(),
        "volume": *rate.volume,
        "endpoints": *rate.endpoints,
    })
}

fn failure_percentage(percentage: &FailurePercentage) -> Value {
    json!({
        "threshold": percentage.threshold.write(),
        "volume": *percentage.volume,
        "endpoints": *percentage.endpoints,
    })
}

fn breaker(breaker: &Breaker) -> Value {
    json!({
        "failure_threshold": run(*breaker.failure_threshold),
        "window": breaker.window.write(),
        "ratio": or_none(breaker.ratio.as_ref()),
        "volume": *breaker.volume,
        "recovery_timeout": breaker.recovery_timeout.write(),
        "recovery_max": breaker.recovery_max.write(),
    })
}

fn admission(rules: &AdmissionControl) -> Value {
    json!({
        "success_rate": rules.success_rate.write(),
        "aggression": *rules.aggression,
        "window": rules.window.write(),
        "volume": *rules.volume,
        "max": rules.max.write(),
    })
}
