//! Route tables as text.

use std::fmt::Write as _;

use crate::pattern::Pattern;

/// Routes that share a cluster, and a host where hosts differ.
const ROUTES_PER_SERVICE: usize = 10;

/// How routes are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Ten routes for each host, of every kind.
    Hosts,
    /// All routes at one host; every tenth a template.
    Paths,
    /// All routes at one host, each a regex.
    Regexes,
}

impl Layout {
    /// The pattern of the route of this number.
    #[must_use]
    pub fn pattern(self, number: usize) -> Pattern {
        match (self, number % 10) {
            (Self::Regexes, _) | (Self::Hosts, 9) => Pattern::Regex,
            (_, 8) => Pattern::Template,
            (_, 7) => Pattern::Exact,
            _ => Pattern::Prefix,
        }
    }

    /// The host of the route of this number.
    #[must_use]
    pub fn host(self, number: usize) -> String {
        let service = if self == Self::Hosts { number / ROUTES_PER_SERVICE } else { 0 };
        format!("service-{service}.example.com")
    }

    /// A table of so many routes, and a cluster for every ten: each route is a sticky 90/10 canary over two subsets.
    #[must_use]
    pub fn text(self, routes: usize) -> String {
        let mut text = String::from("listeners: {web: {address: 127.0.0.1:8080}}\nroutes:\n");
        for number in 0..routes {
            let (host, path) = (self.host(number), self.pattern(number).written(number));
            let service = number / ROUTES_PER_SERVICE;
            // names of one length: a route's number is its position
            let _ = write!(
                text,
                "  route-{number:06}:\n    hosts: [{host}]\n    match: {{path: {path}}}\n    \
                 to: {{service-{service}/stable: 90, service-{service}/canary: 10}}\n    \
                 sticky: {{by: {{header: x-user-id}}}}\n"
            );
        }
        text.push_str("clusters:\n");
        for service in 0..routes.div_ceil(ROUTES_PER_SERVICE) {
            let _ = write!(
                text,
                "  service-{service}:\n    subsets: {{stable: {{labels: {{version: v1}}}}, \
                 canary: {{labels: {{version: v2}}}}}}\n    endpoints:\n      \
                 - {{address: 127.0.0.1:3001, labels: {{version: v1}}}}\n      \
                 - {{address: 127.0.0.1:3002, labels: {{version: v2}}}}\n"
            );
        }
        text
    }
}

/// A table of one route over so many clusters of equal weight; sticky by a header, or else random.
#[must_use]
pub fn split(destinations: usize, sticky: bool) -> String {
    let each = |text: &str| -> String {
        (0..destinations).map(|number| format!("variant-{number}: {text}, ")).collect()
    };
    let sticky = if sticky { ", sticky: {by: {header: x-user-id}}" } else { "" };
    let (to, clusters) = (each("1"), each("{endpoints: [127.0.0.1:3001]}"));
    format!(
        "listeners: {{web: {{address: 127.0.0.1:8080}}}}\nroutes: {{all: {{to: {{{to}}}{sticky}}}}}\n\
         clusters: {{{clusters}}}\n"
    )
}
