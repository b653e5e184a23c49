//! Routes that can never win.

use crate::fault::{Fault, Findings};
use crate::language::Write;
use crate::model::{Candidate, Condition, FieldCondition, HostPattern, Route};
use crate::source::Span;

/// So many neighbours are looked back at: enough for what people write, and no more than linear work.
const LOOK_BACK_MAX: usize = 64;

/// One candidate, with where its alternative is written.
struct Seen<'a> {
    route: &'a Route,
    host: &'a HostPattern,
    condition: &'a Condition,
    span: Span,
}

/// Warns of each candidate that an earlier one covers: the same host and path, no predicate that the later one
/// does not have, and at least its listeners. What it does not warn of may still be covered by several together.
pub(crate) fn shadowed(routes: &[Route], order: &[Candidate], spans: &[Vec<Span>], findings: &mut Findings) {
    let seen = |candidate: &Candidate| {
        let route = routes.get(candidate.route.index())?;
        let span = *spans.get(candidate.route.index())?.get(candidate.condition)?;
        let host = route.hosts.get(candidate.host)?;
        Some(Seen { route, host, condition: route.conditions.get(candidate.condition)?, span })
    };
    let order: Vec<Seen<'_>> = order.iter().filter_map(seen).collect();
    for (position, later) in order.iter().enumerate() {
        let run = order.get(..position).unwrap_or_default().iter().rev().take(LOOK_BACK_MAX);
        let mut run = run.take_while(|earlier| same_place(earlier, later));
        if let Some(earlier) = run.find(|earlier| covers(earlier, later)) {
            findings.push(fault(earlier, later));
        }
    }
}

fn fault(earlier: &Seen<'_>, later: &Seen<'_>) -> Fault {
    let host = match later.host {
        HostPattern::Any => String::new(),
        host => format!(" for the host {}", host.write()),
    };
    let (name, winner) = (&later.route.name, &earlier.route.name);
    let (found, help) = if name == winner {
        (
            format!("this alternative of `{name}` is never reached{host}: another one covers it"),
            "leave it out".to_owned(),
        )
    } else {
        (
            format!("the route `{name}` is never reached here{host}: `{winner}` takes all of its requests"),
            format!("make its `match` more specific, or give it a higher `rank` than {}", earlier.route.rank),
        )
    };
    Fault::warning(later.span, found).related(earlier.span, "this one is tried first").help(help)
}

fn same_place(earlier: &Seen<'_>, later: &Seen<'_>) -> bool {
    earlier.host == later.host && earlier.condition.path == later.condition.path
}

fn covers(earlier: &Seen<'_>, later: &Seen<'_>) -> bool {
    let listeners = match (&earlier.route.listeners, &later.route.listeners) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(earlier), Some(later)) => later.iter().all(|listener| earlier.contains(listener)),
    };
    let (earlier, later) = (earlier.condition, later.condition);
    let methods = earlier.methods.is_empty()
        || (!later.methods.is_empty() && later.methods.iter().all(|method| earlier.methods.contains(method)));
    let source = earlier.source.is_empty()
        || (!later.source.is_empty()
            && later.source.iter().all(|inner| earlier.source.iter().any(|outer| outer.contains(inner))));
    listeners
        && methods
        && source
        && subset(&earlier.headers, &later.headers)
        && subset(&earlier.query, &later.query)
        && subset(&earlier.cookies, &later.cookies)
}

fn subset(earlier: &[FieldCondition], later: &[FieldCondition]) -> bool {
    let there = |field: &FieldCondition| {
        later.iter().any(|other| other.name == field.name && other.value == field.value)
    };
    earlier.iter().all(there)
}
