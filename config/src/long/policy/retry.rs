//! `retry`.

use serde_json::{Map, Value, json};

use crate::language::{OrNone, Write};
use crate::model::Retry;

pub(super) fn retry(retry: &Retry) -> Value {
    let headers: Map<_, _> =
        retry.headers.iter().map(|field| (field.name.clone(), field.value.write())).collect();
    let or_none = |time: Option<std::time::Duration>| time.map_or(OrNone::None, OrNone::Some).write();
    json!({
        "attempts": *retry.attempts,
        "conditions": list(&retry.conditions),
        "statuses": list(&retry.statuses),
        "headers": if headers.is_empty() { json!("none") } else { headers.into() },
        "per_try_timeout": or_none(*retry.per_try_timeout),
        "backoff": {"base": retry.backoff.base.write(), "max": retry.backoff.max.write()},
        "retry_after_max": or_none(*retry.retry_after_max),
        "methods": retry.methods.write(),
        "cross_version": *retry.cross_version,
    })
}

fn list<T: Write>(list: &[T]) -> Value {
    match list {
        [] => json!("none"),
        list => list.iter().map(Write::write).collect(),
    }
}
