//! The more specific match goes first (Gateway API's rules, extended to templates, cookies and sources).

use std::cmp::{Ordering, Reverse};

use crate::model::{Candidate, Condition, HostPattern, PathPattern, Protocol, Route, RouteId, Segment};

/// One candidate with what it is compared by.
struct Ranked<'a> {
    candidate: Candidate,
    host: &'a HostPattern,
    condition: &'a Condition,
    route: &'a Route,
}

/// Every (host, alternative) of every route of this protocol, so sorted that the first whose predicates all hold wins. Candidates of
/// equal host and path pattern are neighbours.
pub(crate) fn order(routes: &[Route], protocol: Protocol) -> Vec<Candidate> {
    let mut ranked: Vec<Ranked<'_>> = Vec::with_capacity(routes.len());
    for (id, route) in routes.iter().enumerate().filter(|(_, route)| route.protocol == protocol) {
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
        .then_with(|| shape(left.condition).cmp(shape(right.condition)))
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

/// Kind, then what is longer, then what keeps equal patterns together.
type PathRank<'a> = (u8, [Reverse<usize>; 2], bool, &'a str);

/// Exact, templates, expressions, prefixes, none.
fn path(condition: &Condition) -> PathRank<'_> {
    let none = [Reverse(0), Reverse(0)];
    let Some(pattern) = condition.path.as_deref() else { return (4, none, false, "") };
    let longer = |text: &str| [Reverse(text.chars().count()), Reverse(0)];
    match pattern {
        PathPattern::Exact(path) => (0, none, false, path),
        PathPattern::Template { segments, rest } => {
            let literals = segments.iter().filter(|segment| segment.literal().is_some()).count();
            (1, [Reverse(literals), Reverse(segments.len())], *rest, "")
        }
        PathPattern::Regex(pattern) => (2, longer(&pattern.source), false, &pattern.source),
        PathPattern::Prefix(prefix) => (3, longer(prefix), false, prefix),
    }
}

/// The segments of a template; equal shapes are kept together by them.
fn shape(condition: &Condition) -> impl Iterator<Item = Option<&str>> {
    let segments = match condition.path.as_deref() {
        Some(PathPattern::Template { segments, .. }) => segments.as_slice(),
        _ => &[],
    };
    segments.iter().map(Segment::literal)
}

/// With methods before without, then by the number of headers, query parameters, cookies, then with source.
fn predicates(condition: &Condition) -> (bool, [Reverse<usize>; 3], bool) {
    let counts =
        [&condition.headers, &condition.query, &condition.cookies].map(|fields| Reverse(fields.len()));
    (condition.methods.is_empty(), counts, condition.source.is_empty())
}

#[cfg(test)]
mod tests;
