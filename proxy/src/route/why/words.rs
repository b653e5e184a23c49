//! What was wanted and what was found, in the words of the route table.

use std::fmt::Write as _;

use towpath_config::model::{
    Condition, Config, FieldCondition, HostPattern, ListenerId, PathPattern, Place, Segment, ValueMatch,
};

use crate::route::candidate::{Failure, Resolved};
use crate::route::condition::Predicate;
use crate::route::named::Named;
use crate::route::view::RequestView;

/// What failed, and where it is written.
pub(crate) fn unmet(
    config: &Config,
    candidate: &Resolved<'_>,
    failure: Failure,
    view: &RequestView<'_>,
) -> (String, Place) {
    let (what, wanted, found, place) = match failure {
        Failure::Host => ("host", host(candidate.host), quoted(view.host), *candidate.route.place()),
        Failure::Listener => {
            let wanted = candidate.route.listeners().iter().flatten().map(|id| listener(config, *id));
            ("listener", either(wanted), listener(config, view.listener), *candidate.route.place())
        }
        Failure::Condition(predicate) => return unmet_condition(candidate.condition, predicate, view),
    };
    (sentence(what, &wanted, &found), place)
}

fn unmet_condition(condition: &Condition, predicate: Predicate, view: &RequestView<'_>) -> (String, Place) {
    let (what, wanted, found) = match predicate {
        Predicate::Path => {
            let wanted = condition.path().as_deref().map_or_else(String::new, path);
            ("path", wanted, quoted(view.path))
        }
        Predicate::Method => {
            ("method", either(condition.methods().iter().map(|method| quoted(method))), quoted(view.method))
        }
        Predicate::Source => {
            let wanted = either(condition.source().iter().map(ToString::to_string));
            ("source", wanted, view.source.to_string())
        }
        Predicate::Header(position) => {
            return unmet_field("header", condition.headers().get(position), Named::Header, view);
        }
        Predicate::Query(position) => {
            return unmet_field("query", condition.query().get(position), Named::Query, view);
        }
        Predicate::Cookie(position) => {
            return unmet_field("cookie", condition.cookies().get(position), Named::Cookie, view);
        }
    };
    let place = condition.path().as_ref().filter(|_| predicate == Predicate::Path).map(|path| path.place());
    (sentence(what, &wanted, &found), place.unwrap_or(*condition.place()))
}

fn unmet_field<'a>(
    part: &str,
    field: Option<&'a FieldCondition>,
    named: fn(&'a str) -> Named<'a>,
    view: &RequestView<'_>,
) -> (String, Place) {
    let Some(field) = field else { return (part.to_owned(), Place::BuiltIn) };
    let mut found = Vec::new();
    named(field.name()).any(view, &mut |value| {
        found.push(quoted(&String::from_utf8_lossy(value)));
        false
    });
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(" and ") };
    (sentence(&format!("{part} {}", field.name()), &wanted(field.value()), &found), *field.place())
}

fn sentence(what: &str, wanted: &str, found: &str) -> String {
    format!("{what}: wanted {wanted}, found {found}")
}

/// Quoted, with everything escaped that could mislead a terminal.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn either(choices: impl Iterator<Item = String>) -> String {
    choices.collect::<Vec<_>>().join(" or ")
}

fn listener(config: &Config, id: ListenerId) -> String {
    config.listener(id).map(|listener| listener.name().clone()).unwrap_or_default()
}

fn host(pattern: &HostPattern) -> String {
    match pattern {
        HostPattern::Exact(name) => name.clone(),
        HostPattern::Suffix(suffix) => format!("*{suffix}"),
        HostPattern::Any => "*".to_owned(),
    }
}

fn path(pattern: &PathPattern) -> String {
    match pattern {
        PathPattern::Exact(path) => path.clone(),
        PathPattern::Prefix(prefix) => format!("{prefix}/*"),
        PathPattern::Regex(pattern) => format!("regex {}", quoted(pattern.source())),
        PathPattern::Template { segments, rest } => {
            let mut text = String::new();
            for segment in segments {
                let _ = match segment {
                    Segment::Literal(literal) => write!(text, "/{literal}"),
                    Segment::Parameter(name) => write!(text, "/:{name}"),
                };
            }
            text.push_str(if *rest { "/*" } else { "" });
            text
        }
    }
}

/// What a value has to be.
#[must_use]
pub fn wanted(want: &ValueMatch) -> String {
    match want {
        ValueMatch::Exact(text) => quoted(text),
        ValueMatch::Present => "any value".to_owned(),
        ValueMatch::Absent => "nothing".to_owned(),
        ValueMatch::Prefix(text) => format!("prefix {}", quoted(text)),
        ValueMatch::Suffix(text) => format!("suffix {}", quoted(text)),
        ValueMatch::Regex(pattern) => format!("regex {}", quoted(pattern.source())),
        ValueMatch::Any(wants) => either(wants.iter().map(wanted)),
        ValueMatch::Not(inner) => format!("not ({})", wanted(inner)),
    }
}
