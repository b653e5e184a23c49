//! `retry`: inherited field by field, and what in it cannot come about.

use std::sync::Arc;
use std::time::Duration;

use crate::document::{RetryDoc, WrittenRetry};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, OneOrMany, OrNone, Pairs, ShortOr};
use crate::model::{
    Backoff, Condition, FieldCondition, Placed, Retry, RetryCondition, RetryMethods, ValueMatch,
    is_idempotent,
};
use crate::source::{At, Span};
use crate::values::HeaderName;

/// What a level hands down: what is written of it, put together, and what that comes to.
#[derive(Debug, Clone)]
pub(super) struct InheritedRetry {
    document: Option<Arc<RetryDoc>>,
    pub(super) retry: Placed<Option<Arc<Retry>>>,
}

type WrittenHeaders = Option<At<OrNone<Pairs<HeaderName, ValueMatch>>>>;

impl InheritedRetry {
    /// Nothing is sent again.
    pub(super) fn built_in() -> Self {
        Self { document: None, retry: Placed::built_in(None) }
    }

    /// What the level below hands down, with what is written there.
    pub(super) fn under(&self, written: &At<WrittenRetry>) -> Self {
        let own = match &written.value {
            OrNone::None => None,
            OrNone::Some(ShortOr::Short(attempts)) => {
                let attempts = Some(At { value: *attempts, span: written.span });
                Some(RetryDoc { attempts, ..RetryDoc::nothing() })
            }
            OrNone::Some(ShortOr::Long(document)) => Some(document.clone()),
        };
        let document = own.map(|own| match self.document.as_deref() {
            Some(base) => Arc::new(merged(own, base)),
            None => Arc::new(own),
        });
        let value = document.as_deref().map(|document| Arc::new(retry(document)));
        Self { document, retry: Placed { value, place: written.span.place() } }
    }

    /// Notes what cannot come about. `timeout` is that of the whole exchange, as it is written; `conditions` are those of the
    /// route.
    pub(super) fn check(
        &self,
        timeout: Option<(Duration, Span)>,
        conditions: &[Condition],
        findings: &mut Findings,
    ) {
        let Some(document) = self.document.as_deref() else { return };
        if let (Some(retry), Some(At { span, .. })) = (self.retry.as_deref(), &document.backoff)
            && *retry.backoff.base > *retry.backoff.max
        {
            let fault = Fault::error(*span, "the `base` of this back-off is longer than its `max`");
            findings.push_once(
                fault.help("write a shorter `base`, or a longer `max`: 25ms and 250ms when left out"),
            );
        }
        if let Some((timeout, span)) = timeout {
            warn_of_time(document, timeout, span, findings);
        }
        if document.methods().value == RetryMethods::Idempotent {
            warn_of_calls(document, findings);
            warn_of_methods(document, conditions, findings);
        }
    }
}

/// Tries that `timeout` ends before they come to it.
fn warn_of_time(document: &RetryDoc, timeout: Duration, whole: Span, findings: &mut Findings) {
    let Some(At { value: OrNone::Some(one), span }) = document.per_try_timeout else { return };
    let tries = u128::from(document.attempts().value.0) + 1;
    let fit = timeout.as_millis() / one.as_millis().max(1);
    if fit >= tries {
        return;
    }
    let found = match fit {
        0 | 1 => "no retry fits into `timeout` when a try takes its `per_try_timeout`".to_owned(),
        _ => format!("only {fit} of {tries} tries fit into `timeout` when each takes its `per_try_timeout`"),
    };
    let fault = Fault::warning(span, found).related(whole, "this ends first");
    findings.push_once(fault.help("make `per_try_timeout` shorter, or `attempts` fewer"));
}

const ANY: &str = "write `methods: any` if the endpoints can bear to get a request twice, or leave it out";

/// Nothing but conditions of gRPC, where POST is not sent again.
fn warn_of_calls(document: &RetryDoc, findings: &mut Findings) {
    let Some(At { value: OrNone::Some(OneOrMany(conditions)), span }) = &document.conditions else { return };
    let is_all = conditions.iter().all(|condition| condition.value.grpc_code().is_some());
    if is_all && document.statuses().value.into_option().is_none() && document.headers.is_none() {
        let found = "these conditions never hold: calls of gRPC are POSTs, which are not idempotent";
        findings.push_once(Fault::warning(*span, found).help(ANY));
    }
}

/// What speaks of answers where every request of the route is one that may not be done twice.
fn warn_of_methods(document: &RetryDoc, conditions: &[Condition], findings: &mut Findings) {
    let is_unsafe = |condition: &Condition| {
        !condition.methods.is_empty() && !condition.methods.iter().any(|method| is_idempotent(method))
    };
    if conditions.is_empty() || !conditions.iter().all(is_unsafe) {
        return;
    }
    let is_of_answers = |one: RetryCondition| one == RetryCondition::Conflict || one.grpc_code().is_some();
    let written = document.conditions.iter().filter_map(|written| match &written.value {
        OrNone::Some(OneOrMany(list)) => list.iter().find(|one| is_of_answers(one.value)),
        OrNone::None => None,
    });
    let statuses = document.statuses.iter().filter(|statuses| matches!(statuses.value, OrNone::Some(_)));
    let headers = document.headers.iter().filter(|headers| matches!(headers.value, OrNone::Some(_)));
    let spans = written
        .map(|one| (one.value.word(), one.span))
        .chain(statuses.map(|one| ("statuses", one.span)))
        .chain(headers.map(|one| ("headers", one.span)));
    let method =
        conditions.iter().flat_map(|condition| &condition.methods).next().map_or("POST", String::as_str);
    for (key, span) in spans {
        let found = format!("`{key}` never holds here: a {method} that was answered is not sent again");
        findings.push_once(Fault::warning(span, found).help(ANY));
    }
}

/// What is written, and where nothing is, what is inherited.
fn merged(mut own: RetryDoc, base: &RetryDoc) -> RetryDoc {
    if let Some(inherited) = &base.backoff {
        own.backoff = own.backoff.map(|backoff| backoff.map(|backoff| backoff.over(&inherited.value)));
    }
    merge_headers(&mut own.headers, &base.headers);
    own.over(base)
}

fn merge_headers(own: &mut WrittenHeaders, base: &WrittenHeaders) {
    let (Some(At { value: OrNone::Some(own), .. }), Some(At { value: OrNone::Some(base), .. })) = (own, base)
    else {
        return;
    };
    let known: Vec<_> = own.list.iter().map(|(name, _)| name.value.clone()).collect();
    own.list.extend(base.list.iter().filter(|(name, _)| !known.contains(&name.value)).cloned());
}

fn retry(document: &RetryDoc) -> Retry {
    let backoff = document.backoff.as_ref().map_or_else(Fields::nothing, |backoff| backoff.value.clone());
    let headers = match document.headers.as_ref().map(|headers| &headers.value) {
        Some(OrNone::Some(headers)) => fields(headers),
        Some(OrNone::None) | None => Vec::new(),
    };
    Retry {
        attempts: document.attempts().map(|attempts| attempts.0),
        conditions: document.conditions().map(list),
        statuses: document.statuses().map(list),
        headers,
        per_try_timeout: document.per_try_timeout().map(OrNone::into_option),
        backoff: Backoff { base: backoff.base(), max: backoff.max() },
        retry_after_max: document.retry_after_max().map(OrNone::into_option),
        methods: document.methods(),
        cross_version: document.cross_version().map(|flag| flag.0),
    }
}

fn list<T: PartialEq>(written: OrNone<OneOrMany<T>>) -> Vec<T> {
    let mut list = Vec::new();
    written.into_option().into_iter().flat_map(OneOrMany::into_values).for_each(|one| {
        if !list.contains(&one) {
            list.push(one);
        }
    });
    list
}

fn fields(written: &Pairs<HeaderName, ValueMatch>) -> Vec<FieldCondition> {
    let pair = |(name, value): &(At<HeaderName>, At<ValueMatch>)| FieldCondition {
        name: name.value.0.clone(),
        value: value.value.clone(),
        place: name.span.place(),
    };
    let mut fields: Vec<_> = written.list.iter().map(pair).collect();
    fields.sort_by(|left, right| left.name.cmp(&right.name));
    fields
}
