//! The section `routes`.

use std::time::{Duration, SystemTime};

use super::id::{ListenerId, RouteId};
use super::{Condition, HeaderEdits, HostPattern, Pattern, Place, Placed, Protocol, Split, readable};

readable! {
    /// One route.
    pub struct Route {
        /// Its name.
        name: String,
        /// Where it is written.
        place: Place,
        /// What it takes: requests, or the connections of TCP listeners.
        protocol: Protocol,
        /// `listeners`; all of HTTP when `None`.
        listeners: Option<Vec<ListenerId>>,
        /// `hosts`; never empty: no `hosts` is `Any`.
        hosts: Vec<HostPattern>,
        /// `match`: alternatives, any of which may hold; never empty.
        conditions: Vec<Condition>,
        /// `rank`: higher goes first among routes that match equally. Default 0.
        rank: i32,
        /// `class`: requests of this route are counted apart under this label.
        class: Option<String>,
        /// `importance`: who is turned away first. Default `normal`.
        importance: Placed<Importance>,
        /// `maintenance`.
        maintenance: Option<Maintenance>,
        /// What is done.
        action: Action,
    }
}

/// Who is turned away first where not all requests can be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Importance {
    /// `low`: first.
    Low,
    /// `normal`. The default.
    Normal,
    /// `high`: last.
    High,
}

impl Importance {
    /// Each of them, from the least on.
    pub const ALL: [Self; 3] = [Self::Low, Self::Normal, Self::High];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// One (host, alternative) of a route. [`super::Config::order`] and
/// [`super::Config::connection_order`] hold them in the order in which they are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub(crate) route: RouteId,
    pub(crate) host: usize,
    pub(crate) condition: usize,
}

impl Candidate {
    /// The route.
    #[must_use]
    pub fn route(&self) -> RouteId {
        self.route
    }

    /// Position in [`Route::hosts`].
    #[must_use]
    pub fn host(&self) -> usize {
        self.host
    }

    /// Position in [`Route::conditions`].
    #[must_use]
    pub fn condition(&self) -> usize {
        self.condition
    }
}

/// What a route does with a request. Boxed variants keep a route small.
#[derive(Debug, Clone)]
pub enum Action {
    /// `to`.
    Forward(Box<Forward>),
    /// `redirect`.
    Redirect(Box<Redirect>),
    /// `direct_response`.
    Respond(Box<DirectResponse>),
}

readable! {
    /// `to`, `sticky`, `rewrite`.
    pub struct Forward {
        /// The destinations.
        split: Split,
        /// `rewrite`.
        rewrite: Rewrite,
    }
}

/// How a path changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RewritePath {
    /// `prefix: /new`: what the condition matched (its prefix, or its whole exact path) becomes this.
    Prefix(String),
    /// `path: /new`: the whole path becomes this.
    Full(String),
    /// `regex: {pattern: …, with: …}`: every match becomes `with`, where `$1`, `${name}` are groups and `$$` is `$`.
    Regex {
        /// What to find.
        pattern: Pattern,
        /// What to put in its place.
        with: String,
    },
}

readable! {
    /// `rewrite`.
    pub struct Rewrite {
        /// `prefix`, `path` or `regex`; at most one. The query stays.
        path: Option<Placed<RewritePath>>,
        /// `host`: what the upstream gets as `Host`.
        host: Option<Placed<String>>,
    }
}

readable! {
    /// `redirect`. What is not written stays as the client asked.
    pub struct Redirect {
        /// Where it is written.
        place: Place,
        /// `scheme`: `http` or `https`.
        scheme: Option<String>,
        /// `host`.
        host: Option<String>,
        /// `port`.
        port: Option<u16>,
        /// `path` or `prefix`; never a regex.
        path: Option<RewritePath>,
        /// `status`: 301, 302, 303, 307 or 308. Default 302.
        status: u16,
        /// `headers.response` of the route and the defaults.
        response_headers: HeaderEdits,
    }
}

readable! {
    /// `direct_response`.
    pub struct DirectResponse {
        /// Where it is written.
        place: Place,
        /// `status`: 200 to 599.
        status: u16,
        /// `body`. Default empty.
        body: String,
        /// `content_type`. Default `text/plain; charset=utf-8`.
        content_type: String,
        /// `headers.response` of the route and the defaults.
        response_headers: HeaderEdits,
    }
}

readable! {
    /// `maintenance`: 503 with `Retry-After`; gRPC gets UNAVAILABLE.
    pub struct Maintenance {
        /// Where it is written.
        place: Place,
        /// `active`: on now, whatever the schedule says. Default true without `schedule`, false with one.
        active: bool,
        /// `schedule: {start: …, end: …}`: on between these (RFC 3339, UTC); either may be left out.
        schedule: Option<(Option<SystemTime>, Option<SystemTime>)>,
        /// `retry_after`. Default 5 min. With a scheduled end that is nearer, the time to it.
        retry_after: Duration,
        /// `body`. Default `under maintenance`.
        body: String,
        /// `content_type`. Default `text/plain; charset=utf-8`.
        content_type: String,
        /// `bypass`: who gets through; any of these.
        bypass: Vec<Condition>,
        /// `health_paths`: path patterns that always get through. Default `/health/*`, `/healthz`, `/livez`,
        /// `/readyz`, `/live`, `/ready`, `/grpc.health.v1.Health/*`.
        health_paths: Vec<super::PathPattern>,
    }
}
