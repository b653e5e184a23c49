//! Values in the words of the route table.

use std::time::Duration;

use towpath_config::model::{HostPattern, PathPattern, Segment};

use crate::upstream::endpoint::BreakerStanding;
use crate::upstream::names::Standing;

#[cfg(test)]
mod tests;

/// A time as it is written in a table: `1m30s`.
pub(super) fn duration(time: Duration) -> String {
    humantime::format_duration(time).to_string().replace(' ', "")
}

/// A time limit, or `none`.
pub(super) fn limit(time: Option<Duration>) -> String {
    time.map_or_else(|| "none".to_owned(), duration)
}

/// How a breaker stands.
pub(super) fn breaker(standing: BreakerStanding) -> &'static str {
    match standing {
        BreakerStanding::Closed { .. } => "closed",
        BreakerStanding::HalfOpen { .. } => "half-open",
        BreakerStanding::Open { .. } => "open",
    }
}

/// How a name stands.
pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Unasked => "resolved by the running proxy",
        Standing::Pending => "pending",
        Standing::Said(verdict) => verdict.code(),
    }
}

/// A host pattern as it is written.
pub(super) fn host(pattern: &HostPattern) -> String {
    match pattern {
        HostPattern::Exact(host) => host.clone(),
        HostPattern::Suffix(suffix) => format!("*{suffix}"),
        HostPattern::Any => "*".to_owned(),
    }
}

/// A path pattern as it is written.
pub(super) fn path(pattern: &PathPattern) -> String {
    match pattern {
        PathPattern::Exact(path) => path.clone(),
        PathPattern::Prefix(prefix) => format!("{prefix}/*"),
        PathPattern::Template { segments, rest } => {
            let written = segments.iter().map(|segment| match segment {
                Segment::Literal(text) => format!("/{text}"),
                Segment::Parameter(name) => format!("/:{name}"),
            });
            let rest = if *rest { "/*" } else { "" };
            written.chain([rest.to_owned()]).collect()
        }
        PathPattern::Regex(pattern) => format!("regex {}", pattern.source()),
    }
}
