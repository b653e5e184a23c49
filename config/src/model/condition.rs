//! One language of conditions (`match`, `bypass`, `trust`) and one of values.

use std::hash::{Hash, Hasher};

use ipnet::IpNet;
use regex_automata::meta::Regex;

use super::{Place, Placed, readable};

/// What the `content-type` of a call of gRPC is; `+` and the format of its messages, or parameters, may follow
/// (grpc/grpc doc/PROTOCOL-HTTP2.md).
pub const GRPC_MEDIA_TYPE: &str = "application/grpc";

/// A regular expression that was compiled with a size limit and matches in linear time.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub(crate) source: String,
    pub(crate) regex: Regex,
    pub(crate) lead: Box<str>,
}

impl Pattern {
    /// The expression as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it matches anywhere in `text` (anchors are the writer's).
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// What every text begins with that it matches: nothing, when it may match behind the start.
    #[must_use]
    pub fn lead(&self) -> &str {
        &self.lead
    }

    /// The compiled expression.
    #[must_use]
    pub fn regex(&self) -> &Regex {
        &self.regex
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Pattern {}

/// What a single value must be. Case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueMatch {
    /// A plain string, or `{exact: …}`.
    Exact(String),
    /// `present`: there is at least one value.
    Present,
    /// `absent`: there is none.
    Absent,
    /// `{prefix: …}`.
    Prefix(String),
    /// `{suffix: …}`.
    Suffix(String),
    /// `{regex: …}`.
    Regex(Pattern),
    /// `{any: […]}`: at least one of these holds.
    Any(Vec<ValueMatch>),
    /// `{not: …}`: the inner one does not hold.
    Not(Box<ValueMatch>),
}

/// Which hosts a route answers for. Lower case, without a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostPattern {
    /// `shop.example.com`.
    Exact(String),
    /// `*.example.com`, kept as `.example.com`: any host with at least one more label.
    Suffix(String),
    /// `"*"`, or no `hosts` at all.
    Any,
}

/// One piece of a path template. Two parameters are equal whatever their names: they accept the same.
#[derive(Debug, Clone)]
pub enum Segment {
    /// Text that must stand there.
    Literal(String),
    /// `:name`: exactly one non-empty segment.
    Parameter(String),
}

impl Segment {
    /// The text that must stand there; none for a parameter.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Parameter(_) => None,
        }
    }
}

impl PartialEq for Segment {
    fn eq(&self, other: &Self) -> bool {
        self.literal() == other.literal()
    }
}

impl Eq for Segment {}

impl Hash for Segment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.literal().hash(state);
    }
}

/// Which paths a condition accepts. Compared with the normalised path; case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathPattern {
    /// `/exact`.
    Exact(String),
    /// `/prefix/*`, kept as `/prefix` (and `/*` as the empty string): that path and all below it, by segment.
    Prefix(String),
    /// `/users/:id/orders`; with `rest`, `/users/:id/*`: that path and all below it.
    Template {
        /// The segments after the first slash.
        segments: Vec<Segment>,
        /// Whether anything may follow, by segment.
        rest: bool,
    },
    /// `{regex: …}`.
    Regex(Pattern),
}

readable! {
    /// A named field (header, query parameter, cookie) and what its values must be. With several values of one
    /// name it holds when any single value satisfies it; `not` holds when its inner part does not.
    pub struct FieldCondition {
        /// The name; lower case for headers.
        name: String,
        /// What it must be.
        value: ValueMatch,
        /// Where it is written.
        place: Place,
    }
}

readable! {
    /// All of this must hold. An empty condition always does.
    pub struct Condition {
        /// Where it is written.
        place: Place,
        /// `path`.
        path: Option<Placed<PathPattern>>,
        /// `methods`: any of these; empty for all. Case counts.
        methods: Vec<String>,
        /// `headers`, sorted by name.
        headers: Vec<FieldCondition>,
        /// `query`, sorted by name.
        query: Vec<FieldCondition>,
        /// `cookies`, sorted by name.
        cookies: Vec<FieldCondition>,
        /// `source`: the client's address (behind the trusted hops) is in any of these; empty for all.
        source: Vec<IpNet>,
    }
}
