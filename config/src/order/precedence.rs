//! The more specific match goes first (Gateway API's rules, extended to templates, cookies and sources).

use std::cmp::{Ordering, Reverse};

use crate::model::{Candidate, Condition, HostPattern, PathPattern, Route, RouteId, Segment};

/// One candidate with what it is compared by.
struct Ranked<'a> {
    candidate: Candidate,
    host: &'a HostPattern,
    condition: &'a Condition,
    route: &'a Route,
}

/// Every (host, alternative) of every route, so sorted that the first whose predicates all hold wins. Candidates of
/// equal host and path pattern are neighbours.
pub(crate) fn order(routes: &[Route]) -> Vec<Candidate> {
    let mut ranked: Vec<Ranked<'_>> = Vec::with_capacity(routes.len());
    for (id, route) in routes.iter().enumerate() {
        for (host, pattern) in route.hosts.iter().enumerate() {
            ranked.extend(route.conditions.iter().enumerate().map(|(position, condition)| Ranked {
                candidate: Candidate { route: RouteId(id as u32), host, condition: position },
                host: pattern,
                condition,
                route,
            }));
        }
    }
    ranked.sort_by(compare);
    ranked.into_iter().map(|ranked| ranked.candidate).collect()
}

fn compare(left: &Ranked<'_>, right: &Ranked<'_>) -> Ordering {
    host(left.host)
        .cmp(&host(right.host))
        .then_with(|| path(left.condition).cmp(&path(right.condition)))
        .then_with(|| predicates(left.condition).cmp(&predicates(right.condition)))
        .then_with(|| right.route.rank.cmp(&left.route.rank))
        .then_with(|| left.route.name.cmp(&right.route.name))
        .then_with(|| left.candidate.condition.cmp(&right.candidate.condition))
}

/// Exact, then longer suffixes, then any. What is equally specific is kept together by its text.
fn host(pattern: &HostPattern) -> (u8, Reverse<usize>, &str) {
    match pattern {
        HostPattern::Exact(host) => (0, Reverse(0), host),
        HostPattern::Suffix(suffix) => (1, Reverse(suffix.len()), suffix),
        HostPattern::Any => (2, Reverse(0), ""),
    }
}

/// Exact, templates, expressions, prefixes, none.
fn path(condition: &Condition) -> (u8, Reverse<usize>, Reverse<usize>, bool, &str, Vec<Option<&str>>) {
    let Some(pattern) = condition.path.as_deref() else { return (4, Reverse(0), Reverse(0), false, "", Vec::new()) };
    match pattern {
        PathPattern::Exact(path) => (0, Reverse(0), Reverse(0), false, path, Vec::new()),
        PathPattern::Template { segments, rest } => {
            let shape: Vec<Option<&str>> = segments.iter().map(Segment::literal).collect();
            let literals = shape.iter().flatten().count();
            (1, Reverse(literals), Reverse(shape.len()), *rest, "", shape)
        }
        PathPattern::Regex(pattern) => {
            (2, Reverse(pattern.source.chars().count()), Reverse(0), false, &pattern.source, Vec::new())
        }
        PathPattern::Prefix(prefix) => (3, Reverse(prefix.chars().count()), Reverse(0), false, prefix, Vec::new()),
    }
}

/// With methods before without, then by the number of headers, query parameters, cookies, then with source.
fn predicates(condition: &Condition) -> (bool, [Reverse<usize>; 3], bool) {
    let counts = [&condition.headers, &condition.query, &condition.cookies].map(|fields| Reverse(fields.len()));
    (condition.methods.is_empty(), counts, condition.source.is_empty())
}

