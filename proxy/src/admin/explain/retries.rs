//! When a request is sent again.

use std::fmt::Display;

use towpath_config::model::{Cluster, Placed, Policy, RetryMethods, StatusRange};

use super::explanation::Setting;
use crate::admin::words;
use crate::route::why::wanted;

fn setting(name: &str, value: impl Display, of: &Placed<impl Sized>) -> Setting {
    Setting { name: name.to_owned(), value: value.to_string(), place: of.place().to_string() }
}

fn listed<T>(list: &[T], word: impl Fn(&T) -> String) -> String {
    match list {
        [] => "none".to_owned(),
        list => list.iter().map(word).collect::<Vec<_>>().join(", "),
    }
}

fn status(range: &StatusRange) -> String {
    range.to_string()
}

/// When the request is sent again.
pub(super) fn of_retry(policy: &Policy) -> Vec<Setting> {
    let Some(retry) = policy.retry().as_deref() else {
        return vec![setting("retry", "none", policy.retry())];
    };
    let methods = match **retry.methods() {
        RetryMethods::Idempotent => "idempotent",
        RetryMethods::Any => "any",
    };
    let (backoff, per_try) = (retry.backoff(), retry.per_try_timeout());
    let mut settings = vec![
        setting("retry.attempts", **retry.attempts(), retry.attempts()),
        setting("retry.conditions", listed(retry.conditions(), ToString::to_string), retry.conditions()),
        setting("retry.statuses", listed(retry.statuses(), status), retry.statuses()),
    ];
    settings.extend(retry.headers().iter().map(|field| Setting {
        name: format!("retry.headers.{}", field.name()),
        value: wanted(field.value()),
        place: field.place().to_string(),
    }));
    settings.extend([
        setting("retry.methods", methods, retry.methods()),
        setting("retry.per_try_timeout", words::limit(**per_try), per_try),
        setting("retry.backoff.base", words::duration(**backoff.base()), backoff.base()),
        setting("retry.backoff.max", words::duration(**backoff.max()), backoff.max()),
        setting("retry.retry_after_max", words::limit(**retry.retry_after_max()), retry.retry_after_max()),
        setting("retry.cross_version", **retry.cross_version(), retry.cross_version()),
    ]);
    settings
}

/// How many retries there may be.
pub(super) fn of_budget(cluster: &Cluster) -> Vec<Setting> {
    let placed = cluster.resilience().retry_budget();
    let Some(budget) = &**placed else { return vec![setting("retry_budget", "none", placed)] };
    let floor = budget.floor();
    vec![
        setting("retry_budget.ratio", **budget.ratio(), budget.ratio()),
        setting(
            "retry_budget.floor",
            floor.map_or_else(|| "none".to_owned(), |rate| rate.to_string()),
            floor,
        ),
        setting("retry_budget.window", words::duration(**budget.window()), budget.window()),
    ]
}
