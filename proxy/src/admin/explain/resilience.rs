//! What holds for a destination whose endpoints fail.

use towpath_config::model::Resilience;

use super::explanation::Setting;
use super::settings::{count, setting};
use crate::admin::words;

/// What holds for a cluster.
pub(super) fn of_resilience(rules: &Resilience) -> Vec<Setting> {
    let mut settings = of_breaker(rules);
    settings.push(of_health(rules));
    settings
}

fn of_breaker(rules: &Resilience) -> Vec<Setting> {
    let Some(breaker) = rules.breaker().as_deref() else {
        return vec![setting("breaker", "none", rules.breaker().place())];
    };
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    let (threshold, ratio) = (breaker.failure_threshold(), breaker.ratio());
    let mut settings = vec![
        setting(
            "breaker.failure_threshold",
            or_none(threshold.map(|count| count.to_string())),
            threshold.place(),
        ),
        setting("breaker.window", words::duration(**breaker.window()), breaker.window().place()),
        setting("breaker.ratio", or_none(ratio.map(|share| share.to_string())), ratio.place()),
    ];
    if ratio.is_some() {
        settings.push(count("breaker.volume", breaker.volume()));
    }
    let times = [
        ("breaker.recovery_timeout", breaker.recovery_timeout()),
        ("breaker.recovery_max", breaker.recovery_max()),
    ];
    settings.extend(times.map(|(name, time)| setting(name, words::duration(**time), time.place())));
    settings
}

/// How the endpoints are asked whether they are well.
fn of_health(rules: &Resilience) -> Setting {
    let health = rules.health();
    let said = health.as_deref().map_or_else(
        || "none".to_owned(),
        |check| {
            let every = words::duration(*check.interval());
            let within = words::duration(*check.timeout());
            format!(
                "{}, every {every}, within {within}; unhealthy after {}, healthy after {}",
                check.ask(),
                check.unhealthy(),
                check.healthy()
            )
        },
    );
    setting("health", said, health.place())
}
