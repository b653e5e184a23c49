//! The section `routes`.

use super::cluster::Clusters;
use super::condition::conditions;
use super::listener::Listeners;
use super::policy::Inherited;
use super::{action, split, sticky};
use crate::document::RouteDoc;
use crate::fault::{Fault, Findings};
use crate::language::{Fields, Pairs};
use crate::model::{Action, Condition, Forward, HostPattern, ListenerId, Place, Route, Split};
use crate::source::{At, Span};
use crate::values::Name;

mod tcp;

pub(super) use tcp::warn_of_dead_ends;

/// What routes refer to, besides clusters.
pub(super) struct Scope<'a> {
    pub(super) namespace: &'a str,
    pub(super) listeners: &'a Listeners,
    pub(super) defaults: &'a Inherited,
}

/// The routes, sorted by name, and for each where its alternatives are written.
pub(super) fn routes(
    Pairs { mut list, .. }: Pairs<Name, RouteDoc>,
    scope: &Scope<'_>,
    clusters: &mut Clusters,
    findings: &mut Findings,
) -> (Vec<Route>, Vec<Vec<Span>>) {
    list.sort_by_cached_key(|(name, _)| name.value.clone());
    let mut routes = Vec::with_capacity(list.len());
    let mut spans = Vec::with_capacity(list.len());
    for (name, document) in list {
        let alternatives =
            document.value.r#match.as_ref().map(|written| written.value.0.iter().map(|one| one.span));
        let alternatives = alternatives.map_or_else(|| vec![name.span], Iterator::collect);
        if let Some(route) = route(&name, &document, scope, clusters, findings) {
            routes.push(route);
            spans.push(alternatives);
        }
    }
    (routes, spans)
}

fn route(
    name: &At<Name>,
    written: &At<RouteDoc>,
    scope: &Scope<'_>,
    clusters: &mut Clusters,
    findings: &mut Findings,
) -> Option<Route> {
    let document = &written.value;
    let listeners = document.listeners.as_ref().map(|names| listeners(&names.value.0, scope, findings));
    let protocol = tcp::protocol(name, document, scope.listeners, findings);
    let mut hosts: Vec<_> =
        document.hosts.iter().flat_map(|hosts| &hosts.value.0).map(|host| host.value.clone()).collect();
    hosts.sort();
    hosts.dedup();
    if hosts.is_empty() {
        hosts.push(HostPattern::Any);
    }
    let mut alternatives = conditions(document.r#match.as_ref(), findings);
    if alternatives.is_empty() {
        alternatives.push(always(name.span.place()));
    }
    // they stay for as long as the table does, and a vector that was pushed to has room for more
    hosts.shrink_to_fit();
    alternatives.shrink_to_fit();
    let maintenance = document.maintenance.as_ref().map(|written| action::maintenance(written, findings));
    let action = what_is_done(name, document, &alternatives, scope, clusters, findings)?;
    Some(Route {
        name: name.value.0.clone(),
        place: name.span.place(),
        protocol,
        listeners,
        hosts,
        conditions: alternatives,
        rank: document.rank().value.0,
        class: document.class.as_ref().map(|class| class.value.0.clone()),
        importance: document.importance(),
        maintenance,
        action,
    })
}

fn always(place: Place) -> Condition {
    let (headers, query, cookies) = (Vec::new(), Vec::new(), Vec::new());
    Condition { place, path: None, methods: Vec::new(), headers, query, cookies, source: Vec::new() }
}

fn listeners(names: &[At<Name>], scope: &Scope<'_>, findings: &mut Findings) -> Vec<ListenerId> {
    let mut ids: Vec<_> = names.iter().filter_map(|name| scope.listeners.find(name, findings)).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn what_is_done(
    name: &At<Name>,
    document: &RouteDoc,
    conditions: &[Condition],
    scope: &Scope<'_>,
    clusters: &mut Clusters,
    findings: &mut Findings,
) -> Option<Action> {
    one_action(name, document, findings);
    if let Some(to) = &document.to {
        let rules = (&document.policy, conditions);
        let destinations = split::destinations(to, rules, scope.namespace, clusters, findings);
        let sticky = document.sticky.as_ref();
        let sticky =
            sticky.and_then(|written| sticky::sticky(written, &name.value.0, &destinations, findings));
        let rewrite = action::rewrite(document.rewrite.as_ref(), conditions, findings);
        return Some(Action::Forward(Box::new(Forward {
            split: Split { destinations, sticky: sticky.map(Box::new) },
            rewrite,
        })));
    }
    let response_headers = scope.defaults.under(&document.policy).response;
    if let Some(redirect) = &document.redirect {
        let redirect = action::redirect(redirect, conditions, &response_headers, findings);
        return Some(Action::Redirect(Box::new(redirect)));
    }
    let response = action::respond(document.direct_response.as_ref()?, &response_headers)?;
    Some(Action::Respond(Box::new(response)))
}

/// Notes a route that does nothing, or two things at once.
fn one_action(name: &At<Name>, document: &RouteDoc, findings: &mut Findings) {
    let actions = [
        ("to", document.to.as_ref().map(|to| to.span)),
        ("redirect", document.redirect.as_ref().map(|redirect| redirect.span)),
        ("direct_response", document.direct_response.as_ref().map(|response| response.span)),
    ];
    let mut written = actions.into_iter().filter_map(|(key, span)| Some((key, span?)));
    let first = written.next();
    if let Some((second, span)) = written.next()
        && let Some((first, first_span)) = first
    {
        let fault =
            Fault::error(span, format!("the route `{}` has both `{first}` and `{second}`", name.value.0));
        findings.push(fault.related(first_span, "first here").help("keep one of them"));
    }
    // an action whose value is wrong was blamed for it
    if first.is_none() && !actions.iter().any(|(key, _)| document.wrong().contains(key)) {
        let fault = Fault::error(name.span, format!("the route `{}` does nothing", name.value.0));
        findings.push(fault.help("give it one of `to`, `redirect`, `direct_response`"));
    }
    let forwards = document.to.is_some();
    for (key, span) in [
        ("sticky", document.sticky.as_ref().map(|sticky| sticky.span)),
        ("rewrite", document.rewrite.as_ref().map(|rewrite| rewrite.span)),
    ] {
        if let (Some(span), false, Some((action, _))) = (span, forwards, first) {
            let fault = Fault::error(span, format!("`{key}` has no meaning beside `{action}`"));
            findings.push(fault.help(format!("`{key}` goes with `to`; leave it out")));
        }
    }
}
