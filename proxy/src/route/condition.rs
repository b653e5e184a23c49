//! Whether a [`Condition`] holds, and if not, what failed first. Live traffic and `explain` both ask here.

use towpath_config::model::{Condition, FieldCondition, PathPattern, Segment, ValueMatch};

use crate::codec::fields::Fields;
use crate::route::named::Named;
use crate::route::view::RequestView;

#[cfg(test)]
mod tests;

/// One part of a condition. The order is that in which they are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predicate {
    /// `path`.
    Path,
    /// `methods`.
    Method,
    /// The header at this position of `headers`.
    Header(usize),
    /// The parameter at this position of `query`.
    Query(usize),
    /// The cookie at this position of `cookies`.
    Cookie(usize),
    /// `source`.
    Source,
}

/// Whether all of the condition holds.
#[must_use]
pub fn holds(condition: &Condition, view: &RequestView<'_>) -> bool {
    first_failure(condition, view).is_none()
}

/// The first part of the condition that does not hold.
#[must_use]
pub fn first_failure(condition: &Condition, view: &RequestView<'_>) -> Option<Predicate> {
    let path_holds = condition.path().as_ref().is_none_or(|pattern| matches_path(pattern, view.path));
    if path_holds { first_failure_after_path(condition, view) } else { Some(Predicate::Path) }
}

/// As [`first_failure`], for a request of which the path is known to match.
pub(crate) fn first_failure_after_path(condition: &Condition, view: &RequestView<'_>) -> Option<Predicate> {
    let methods = condition.methods();
    if !methods.is_empty() && !methods.iter().any(|method| method == view.method) {
        return Some(Predicate::Method);
    }
    first_field_failure(condition.headers(), Named::Header, view)
        .map(Predicate::Header)
        .or_else(|| first_field_failure(condition.query(), Named::Query, view).map(Predicate::Query))
        .or_else(|| first_field_failure(condition.cookies(), Named::Cookie, view).map(Predicate::Cookie))
        .or_else(|| (!source_holds(condition, view)).then_some(Predicate::Source))
}

fn first_field_failure<'a>(
    fields: &'a [FieldCondition],
    part: fn(&'a str) -> Named<'a>,
    view: &RequestView<'_>,
) -> Option<usize> {
    fields.iter().position(|field| !matches_value(field.value(), part(field.name()), view))
}

fn source_holds(condition: &Condition, view: &RequestView<'_>) -> bool {
    let nets = condition.source();
    // a client without an address is in no network
    nets.is_empty() || view.source.ip().is_some_and(|ip| nets.iter().any(|net| net.contains(&ip)))
}

/// Whether the path, normalised, is one of those that the pattern accepts.
#[must_use]
pub fn matches_path(pattern: &PathPattern, path: &str) -> bool {
    match pattern {
        PathPattern::Exact(exact) => path == exact,
        PathPattern::Prefix(prefix) => path
            .strip_prefix(prefix.as_str())
            .is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('/')),
        PathPattern::Template { segments, rest } => matches_template(segments, *rest, path),
        PathPattern::Regex(pattern) => pattern.is_match(path.as_bytes()),
    }
}

fn matches_template(segments: &[Segment], rest: bool, path: &str) -> bool {
    let mut found = path.strip_prefix('/').into_iter().flat_map(|path| path.split('/'));
    let all = segments.iter().all(|segment| match (segment, found.next()) {
        (Segment::Literal(literal), Some(found)) => literal == found,
        (Segment::Parameter(_), Some(found)) => !found.is_empty(),
        (_, None) => false,
    });
    all && (rest || found.next().is_none())
}

/// Whether a field of any head is what is wanted.
#[must_use]
pub fn field_holds(condition: &FieldCondition, fields: &Fields) -> bool {
    is_wanted(condition.value(), &|test| fields.values(condition.name()).any(test))
}

fn matches_value(want: &ValueMatch, named: Named<'_>, view: &RequestView<'_>) -> bool {
    is_wanted(want, &|test| named.any(view, test))
}

/// Whether the values of one name are what is wanted: any single one satisfies; `not` turns the answer round. `any` tells
/// whether a test says yes to one of them.
fn is_wanted(want: &ValueMatch, any: &impl Fn(&mut dyn FnMut(&[u8]) -> bool) -> bool) -> bool {
    match want {
        ValueMatch::Exact(text) => any(&mut |value| value == text.as_bytes()),
        ValueMatch::Prefix(text) => any(&mut |value| value.starts_with(text.as_bytes())),
        ValueMatch::Suffix(text) => any(&mut |value| value.ends_with(text.as_bytes())),
        ValueMatch::Regex(pattern) => any(&mut |value| pattern.is_match(value)),
        ValueMatch::Present => any(&mut |_| true),
        ValueMatch::Absent => !any(&mut |_| true),
        ValueMatch::Any(wants) => wants.iter().any(|want| is_wanted(want, any)),
        ValueMatch::Not(inner) => !is_wanted(inner, any),
    }
}
