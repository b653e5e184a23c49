//! What holds for a destination whose endpoints fail.

use std::fmt::Display;

use towpath_config::model::Resilience;

use super::explanation::Setting;
use super::settings::{count, setting};
use crate::admin::words;

/// What holds for a cluster.
pub(super) fn of_resilience(rules: &Resilience) -> Vec<Setting> {
    let mut settings = of_breaker(rules);
    settings.extend(of_ejection(rules));
    settings.extend([of_health(rules), of_admission(rules)]);
    settings
}

fn or_none(value: Option<impl Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn of_ejection(rules: &Resilience) -> Vec<Setting> {
    let Some(ejection) = rules.ejection().as_deref() else {
        return vec![setting("ejection", "none", rules.ejection().place())];
    };
    let rate = ejection.success_rate().as_ref().map(|rate| {
        format!(
            "{} deviations below the mean, of {} endpoints with {} requests",
            **rate.deviations(),
            **rate.endpoints(),
            **rate.volume()
        )
    });
    let share = ejection.failure_percentage().as_ref().map(|share| {
        format!(
            "{}, of {} endpoints with {} requests",
            **share.threshold(),
            **share.endpoints(),
            **share.volume()
        )
    });
    let runs = [
        ("ejection.consecutive_5xx", ejection.consecutive_5xx()),
        ("ejection.consecutive_gateway", ejection.consecutive_gateway()),
        ("ejection.consecutive_local", ejection.consecutive_local()),
    ];
    let times = [
        ("ejection.interval", ejection.interval()),
        ("ejection.base", ejection.base()),
        ("ejection.max_time", ejection.max_time()),
    ];
    let mut settings: Vec<_> = runs.map(|(name, run)| setting(name, or_none(**run), run.place())).into();
    settings.extend([
        setting("ejection.success_rate", or_none(rate), ejection.success_rate().place()),
        setting("ejection.failure_percentage", or_none(share), ejection.failure_percentage().place()),
    ]);
    settings.extend(times.map(|(name, time)| setting(name, words::duration(**time), time.place())));
    settings.extend([
        count("ejection.max", ejection.max()),
        count("ejection.always_one", ejection.always_one()),
        setting("panic", or_none(**rules.panic()), rules.panic().place()),
    ]);
    settings
}

fn of_breaker(rules: &Resilience) -> Vec<Setting> {
    let Some(breaker) = rules.breaker().as_deref() else {
        return vec![setting("breaker", "none", rules.breaker().place())];
    };
    let (threshold, ratio) = (breaker.failure_threshold(), breaker.ratio());
    let mut settings = vec![
        setting("breaker.failure_threshold", or_none(**threshold), threshold.place()),
        setting("breaker.window", words::duration(**breaker.window()), breaker.window().place()),
        setting("breaker.ratio", or_none(**ratio), ratio.place()),
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

/// When requests are turned away because too many fail.
fn of_admission(rules: &Resilience) -> Setting {
    let admission = rules.admission();
    let said = admission.as_deref().map_or_else(
        || "none".to_owned(),
        |rules| {
            let (window, most) = (words::duration(**rules.window()), **rules.max());
            let least = **rules.success_rate();
            format!(
                "while less than {least} of {} requests or more within {window} succeed, {most} at most",
                **rules.volume()
            )
        },
    );
    setting("admission", said, admission.place())
}
