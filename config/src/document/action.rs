//! What a route does besides forwarding, and how it changes what it forwards.

use std::time::{Duration, SystemTime};

use super::ConditionDoc;
use crate::language::{OneOrMany, OrNone, document};
use crate::model::{PathPattern, Pattern};
use crate::values::{Flag, Hostname, Line, PlainPath, RedirectStatus, Scheme, Whole};

document! {
    /// What the upstream gets instead of what the client asked for.
    pub(crate) struct RewriteDoc as "a map such as `{prefix: /}`" {
        /// What the condition matched (its prefix, or its whole exact path) becomes this.
        prefix: PlainPath,
        /// The whole path becomes this.
        path: PlainPath,
        /// Every match in the path is replaced.
        regex: RegexRewriteDoc,
        /// What the upstream gets as `Host`.
        host: Hostname,
    }
}

document! {
    /// A replacement in a path.
    pub(crate) struct RegexRewriteDoc as "a map of `pattern` and `with`" {
        /// What to find.
        pattern: Pattern; required,
        /// What to put in its place: `$1` and `$name` are groups, `$$` is `$`.
        with: String; required,
    }
}

document! {
    /// Sends the client elsewhere. What is not written stays as it asked.
    pub(crate) struct RedirectDoc as "a map such as `{scheme: https}`" {
        /// `http` or `https`.
        scheme: Scheme,
        /// The host.
        host: Hostname,
        /// The port.
        port: Whole<1, 65535>,
        /// The whole path.
        path: PlainPath,
        /// What the condition matched becomes this.
        prefix: PlainPath,
        /// 301, 302, 303, 307 or 308.
        status: RedirectStatus = RedirectStatus(302),
    }
}

document! {
    /// Answers at once.
    pub(crate) struct DirectDoc as "a status, or a map of `status` and `body`" {
        /// The status.
        status: Whole<200, 599>; required,
        /// The body.
        body: String = String::new(),
        /// What the body is.
        content_type: Line = Line(PLAIN_TEXT.into()),
    }
}

/// What a body is that nobody described.
pub(crate) const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

document! {
    /// Answers 503 with `Retry-After`.
    pub(crate) struct MaintenanceDoc as "`true`, `false`, or a map" {
        /// On now, whatever the schedule says. True when left out, but false with a `schedule`.
        active: Flag,
        /// On between two moments.
        schedule: ScheduleDoc,
        /// When clients should come back. With a scheduled end that is nearer, the time to it.
        retry_after: Duration = Duration::from_secs(300),
        /// The body.
        body: String = "under maintenance".into(),
        /// What the body is.
        content_type: Line = Line(PLAIN_TEXT.into()),
        /// Who gets through; any of these.
        bypass: OneOrMany<ConditionDoc>,
        /// Paths that always get through; `none` for no exception.
        health_paths: OrNone<OneOrMany<PathPattern>> = OrNone::Some(OneOrMany::built_in(health_paths())),
    }
}

fn health_paths() -> [PathPattern; 7] {
    let exact = |path: &str| PathPattern::Exact(path.into());
    let prefix = |path: &str| PathPattern::Prefix(path.into());
    [
        prefix("/health"),
        exact("/healthz"),
        exact("/livez"),
        exact("/readyz"),
        exact("/live"),
        exact("/ready"),
        prefix("/grpc.health.v1.Health"),
    ]
}

document! {
    /// When maintenance is on. Either end may be left out.
    pub(crate) struct ScheduleDoc as "a map of `start` and `end`" {
        /// From this moment, such as `2026-11-21T12:00:00Z`.
        start: SystemTime,
        /// Until this moment.
        end: SystemTime,
    }
}
