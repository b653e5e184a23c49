//! What clusters say of endpoints that fail.

use super::{budget, health};
use crate::document::{BreakerDoc, ClusterSettingsDoc};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, OrNone};
use crate::model::{Breaker, ClusterProtocol, Placed, Resilience};
use crate::source::{At, Span};

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
    own.breaker = inherit(own.breaker.take(), defaults.breaker.as_ref());
    own.health = own.health.take().map(|own| health::merged(own, defaults.health.as_ref()));
    own.retry_budget = inherit(own.retry_budget.take(), defaults.retry_budget.as_ref());
}

/// A block where it is on, and where that is written.
fn block<T, U>(written: Option<&At<OrNone<T>>>, read: impl FnOnce(&T, Span) -> U) -> Placed<Option<Box<U>>> {
    match written {
        Some(At { value: OrNone::Some(document), span }) => {
            Placed { value: Some(Box::new(read(document, *span))), place: span.place() }
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
        breaker: block(settings.breaker.as_ref(), |document, span| breaker(document, span, findings)),
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
