//! `to` and `sticky`: which of several destinations a request goes to.

use std::sync::Arc;
use std::time::Duration;

use super::id::ClusterId;
use super::{Condition, Place, Placed, Policy, readable};

readable! {
    /// One or more destinations with their weights.
    pub struct Split {
        /// The destinations, sorted by cluster and subset name.
        destinations: Vec<Destination>,
        /// `sticky`.
        sticky: Option<Box<Sticky>>,
    }
}

readable! {
    /// One destination of one route.
    pub struct Destination {
        /// The cluster.
        cluster: ClusterId,
        /// Position of the subset in the cluster's subsets.
        subset: Option<usize>,
        /// The share is weight / sum of weights; a single destination gets all whatever its weight.
        weight: u32,
        /// `cluster` or `cluster/subset`, as written.
        name: String,
        /// The subset's name, or else the cluster's: what cohorts agree on.
        variant: String,
        /// Where it is written.
        place: Place,
        /// The effective policy; destinations for which nothing else is said share one.
        policy: Arc<Policy>,
    }
}

/// How long a generated cookie lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieLife {
    /// No `ttl`: the cookie is only read, never made.
    Passive,
    /// `ttl: none`: made, and forgotten with the browser session.
    Session,
    /// `ttl: 1h`: made, with `Max-Age`.
    For(Duration),
}

/// A property of the request by which it is grouped. Of a list, the first one present wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// `{header: …}`, lower case.
    Header(String),
    /// `{cookie: …, ttl: …}`.
    Cookie {
        /// Name of the cookie.
        name: String,
        /// Whether one is made, and how long it lives.
        life: CookieLife,
    },
    /// `{source: ip}`: the client's address behind the trusted hops.
    SourceIp,
    /// `{query: …}`: first value of this parameter.
    Query(String),
}

readable! {
    /// `sticky`: users stay where they are.
    pub struct Sticky {
        /// `by`: at least one key.
        by: Vec<Key>,
        /// `cohort`: the salt. Default the route's name.
        cohort: Placed<String>,
        /// `send`: the (lower-case) header in which the chosen variant is told to the next hop.
        send: Option<String>,
        /// `trust`: callers whose `send` header decides the variant, when it names one of this split.
        trust: Vec<Condition>,
    }
}
