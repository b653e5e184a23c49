//! What clusters say of endpoints that fail.

use super::admission::admission;
use super::{budget, health};
use crate::document::{BreakerDoc, ClusterSettingsDoc, EjectionDoc, FailurePercentageDoc, SuccessRateDoc};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, OrNone};
use crate::model::{
    Breaker, Cluster, ClusterProtocol, Ejection, FailurePercentage, Percent, Placed, Resilience, SuccessRate,
    Thousandths,
};
use crate::source::{At, Span};
use crate::values::Whole;

/// What is written in a block, over what it inherits, key by key.
pub(super) fn inherit<T: Fields>(
    own: Option<At<OrNone<T>>>,
    base: Option<&At<OrNone<T>>>,
) -> Option<At<OrNone<T>>> {
    own.map(|At { value, span }| match (value, base.map(|base| &base.value)) {
        (OrNone::Some(own), Some(OrNone::Some(base))) => At { value: OrNone::Some(own.over(base)), span },
        (value, _) => At { value, span },
    })
}

/// The settings of a cluster over those of `defaults`, as far as they are blocks.
pub(super) fn merged(own: &mut ClusterSettingsDoc, defaults: &ClusterSettingsDoc) {
    own.admission = inherit(own.admission.take(), defaults.admission.as_ref());
    own.breaker = inherit(own.breaker.take(), defaults.breaker.as_ref());
    if let (Some(OrNone::Some(own)), Some(OrNone::Some(base))) =
        (own.ejection.as_mut().map(|own| &mut own.value), defaults.ejection.as_ref().map(|base| &base.value))
    {
        own.success_rate = inherit(own.success_rate.take(), base.success_rate.as_ref());
        own.failure_percentage = inherit(own.failure_percentage.take(), base.failure_percentage.as_ref());
    }
    own.ejection = inherit(own.ejection.take(), defaults.ejection.as_ref());
    own.health = own.health.take().map(|own| health::merged(own, defaults.health.as_ref()));
    own.retry_budget = inherit(own.retry_budget.take(), defaults.retry_budget.as_ref());
}

/// A block where it is on, and where that is written.
fn block<T, U>(written: Option<&At<OrNone<T>>>, read: impl FnOnce(&T, Span) -> U) -> Placed<Option<U>> {
    match written {
        Some(At { value: OrNone::Some(document), span }) => {
            Placed { value: Some(read(document, *span)), place: span.place() }
        }
        Some(At { value: OrNone::None, span }) => Placed { value: None, place: span.place() },
        None => Placed::built_in(None),
    }
}

/// What it comes to, with what is wrong in it.
pub(super) fn resilience(
    settings: &ClusterSettingsDoc,
    protocol: &Placed<ClusterProtocol>,
    name: Span,
    findings: &mut Findings,
) -> Resilience {
    Resilience {
        admission: block(settings.admission.as_ref(), |document, span| admission(document, span, findings))
            .map(boxed),
        breaker: block(settings.breaker.as_ref(), |document, span| breaker(document, span, findings))
            .map(boxed),
        ejection: block(settings.ejection.as_ref(), |document, span| ejection(document, span, findings))
            .map(boxed),
        panic: settings.panic().map(OrNone::into_option),
        health: health::check(settings.health.as_ref(), protocol, name, findings),
        retry_budget: budget::budget(&settings.retry_budget, findings),
    }
}

fn breaker(document: &BreakerDoc, span: Span, findings: &mut Findings) -> Breaker {
    let breaker = Breaker {
        failure_threshold: document.failure_threshold().map(|count| count.into_option().map(|count| count.0)),
        window: document.window(),
        ratio: document.ratio().map(OrNone::into_option),
        volume: document.volume().map(|count| count.0),
        recovery_timeout: document.recovery_timeout(),
        recovery_max: document.recovery_max().map(|max| max.max(document.recovery_timeout().value)),
    };
    let at = |written: Option<Span>| written.unwrap_or(span);
    if breaker.failure_threshold.is_none() && breaker.ratio.is_none() {
        let at = at(document.failure_threshold.as_ref().map(|written| written.span));
        let fault = Fault::error(at, "nothing would open this breaker");
        findings.push_once(fault.help("write a `failure_threshold`, or a `ratio`, or `breaker: none`"));
    }
    if let Some(max) = &document.recovery_max
        && max.value < *breaker.recovery_timeout
    {
        let fault = Fault::error(max.span, "`recovery_max` is shorter than `recovery_timeout`");
        let least = document.recovery_timeout.as_ref().map(|written| written.span);
        findings.push_once(
            least
                .into_iter()
                .fold(fault, |fault, span| fault.related(span, "this one"))
                .help("make it as long at least"),
        );
    }
    breaker
}

fn boxed<T>(block: Option<T>) -> Option<Box<T>> {
    block.map(Box::new)
}

fn ejection(document: &EjectionDoc, span: Span, findings: &mut Findings) -> Ejection {
    let run =
        |count: Placed<OrNone<Whole<1, 10_000>>>| count.map(|count| count.into_option().map(|count| count.0));
    let ejection = Ejection {
        consecutive_5xx: run(document.consecutive_5xx()),
        consecutive_gateway: run(document.consecutive_gateway()),
        consecutive_local: run(document.consecutive_local()),
        success_rate: block(document.success_rate.as_ref(), |document, _| success_rate(document)),
        failure_percentage: block(document.failure_percentage.as_ref(), |document, _| {
            failure_percentage(document)
        }),
        interval: document.interval(),
        base: document.base(),
        max_time: document.max_time().map(|max| max.max(document.base().value)),
        max: document.max(),
        always_one: document.always_one().map(|flag| flag.0),
    };
    let runs = [&ejection.consecutive_5xx, &ejection.consecutive_gateway, &ejection.consecutive_local];
    let shares = [ejection.success_rate.is_some(), ejection.failure_percentage.is_some()];
    if runs.iter().all(|run| run.is_none()) && shares == [false, false] {
        let fault = Fault::error(span, "nothing would eject an endpoint");
        findings
            .push_once(fault.help("write `consecutive_5xx`, or another of its kind, or `ejection: none`"));
    }
    if let Some(max) = &document.max_time
        && max.value < *ejection.base
    {
        let fault = Fault::error(max.span, "`max_time` is shorter than `base`");
        let least = document.base.as_ref().map(|written| written.span);
        let fault = least.into_iter().fold(fault, |fault, span| fault.related(span, "this one"));
        findings.push_once(fault.help("make it as long at least"));
    }
    ejection
}

fn success_rate(document: &SuccessRateDoc) -> SuccessRate {
    SuccessRate {
        deviations: document.deviations().map(|number| Thousandths(number.0)),
        volume: document.volume().map(|count| count.0),
        endpoints: document.endpoints().map(|count| count.0),
    }
}

fn failure_percentage(document: &FailurePercentageDoc) -> FailurePercentage {
    FailurePercentage {
        threshold: document.threshold(),
        volume: document.volume().map(|count| count.0),
        endpoints: document.endpoints().map(|count| count.0),
    }
}

/// Warns of what cannot work with so few endpoints. Those of names, and of a fleet, are not known here.
pub(super) fn warn(cluster: &Cluster, settings: &ClusterSettingsDoc, findings: &mut Findings) {
    let (Some(written), Some(ejection)) = (&settings.ejection, cluster.resilience.ejection.as_deref()) else {
        return;
    };
    let count = cluster.endpoints.iter().filter(|endpoint| endpoint.weight > 0).count();
    if cluster.dns.is_some() || count == 0 {
        return;
    }
    if count == 1 {
        let found =
            format!("`{}` has one endpoint: it is never ejected, since nothing would be left", cluster.name);
        let fault = Fault::warning(written.span, found);
        return findings.push(fault.help("add an endpoint, or write `ejection: none` here, or a `breaker`"));
    }
    let most = count as u64 * u64::from(ejection.max.millionths()) / u64::from(Percent::ALL);
    if most == 0 && !*ejection.always_one {
        let found = format!("of {count} endpoints, `max: {}` ejects none", *ejection.max);
        let fault = Fault::warning(written.span, found);
        findings.push(fault.help("raise `max`, or leave `always_one` as it is"));
    }
    let wanted = [
        ("success_rate", ejection.success_rate.as_ref().map(|rate| *rate.endpoints)),
        ("failure_percentage", ejection.failure_percentage.as_ref().map(|percentage| *percentage.endpoints)),
    ];
    for (key, wanted) in wanted.into_iter().filter_map(|(key, wanted)| Some((key, wanted?))) {
        if count < wanted as usize {
            let found =
                format!("`{key}` is judged from {wanted} endpoints on, and `{}` has {count}", cluster.name);
            findings.push(Fault::warning(written.span, found).help("lower its `endpoints`, or leave it out"));
        }
    }
}
