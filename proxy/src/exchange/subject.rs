//! The request that an exchange is about, understood.

use std::sync::Arc;

use towpath_config::model::{Action, Destination, Listener, Route};

use super::caller::Visit;
use super::decide::{Decision, Way};
use super::respond::Shape;
use super::rewrite;
use crate::codec::fields::Fields;
use crate::codec::h1::HeadLimits;
use crate::codec::message::RequestHead;
use crate::filter::edits::Values;
use crate::filter::forwarded;
use crate::observe::exemplar::Identity;
use crate::outcome::Reason;
use crate::route::RequestView;
use crate::route::path::normalize;
use crate::snapshot::Snapshot;
use crate::sys::memory::Pressure;

/// A request with everything that routes, filters and edits can see of it.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The snapshot that the exchange keeps to its end.
    pub snapshot: &'a Arc<Snapshot>,
    /// The listener.
    pub listener: &'a Listener,
    /// The head as it came.
    pub head: &'a RequestHead,
    /// What routes see of it.
    pub view: RequestView<'a>,
    /// Whether it is a call of gRPC.
    pub is_grpc: bool,
    /// `X-Request-Id`, given or made.
    pub request_id: &'a [u8],
    /// How near the process is to its limit on memory.
    pub pressure: Pressure,
}

impl<'a> Subject<'a> {
    /// Whether what proxies write is believed of the hop before this one.
    #[must_use]
    pub fn has_trusted_hop(&self) -> bool {
        *self.listener.http().trusted_hops() > 0
    }

    /// Puts a request together with the connection that it came by.
    pub fn new(visit: &Visit<'a>, head: &'a RequestHead, path: &'a str, request_id: &'a [u8]) -> Self {
        let (id, listener) = visit.listener;
        let view = RequestView {
            listener: id,
            host: head.host(),
            method: head.method(),
            path,
            query: head.query(),
            fields: &head.fields,
            source: forwarded::client(&head.fields, visit.peer, *listener.http().trusted_hops()),
        };
        let is_grpc = head.is_grpc();
        Self { snapshot: visit.snapshot, listener, head, view, is_grpc, request_id, pressure: visit.pressure }
    }

    /// What `%{…}` can name, as far as it is known.
    #[must_use]
    pub fn values(&self, decision: Option<&Decision<'a>>) -> Values<'a> {
        self.values_of(decision.map(|decision| (decision.route, Some(decision.destination))))
    }

    /// The same, for the way that the request took.
    #[must_use]
    pub fn values_by(&self, way: Way) -> Values<'a> {
        let route = way.route.and_then(|id| self.snapshot.config().route(id));
        self.values_of(route.map(|route| (route, way.destination.and_then(|at| destination(route, at)))))
    }

    fn values_of(&self, found: Option<(&'a Route, Option<&'a Destination>)>) -> Values<'a> {
        let config = self.snapshot.config();
        let destination = found.and_then(|(_, destination)| destination);
        let cluster = destination.and_then(|destination| config.cluster(*destination.cluster()));
        let subset = destination.and_then(|destination| *destination.subset());
        let subset = subset.and_then(|position| cluster?.subsets().get(position));
        Values {
            cluster: cluster.map_or("", |cluster| cluster.name()),
            subset: subset.map_or("", |subset| subset.name()),
            route: found.map_or("", |(route, _)| route.name()),
            variant: destination.map_or("", |destination| destination.variant()),
            listener: self.listener.name(),
            endpoint: None,
            request_id: self.request_id,
            client: self.view.source,
            method: self.view.method,
            host: self.view.host,
            path: self.view.path,
            request: &self.head.fields,
        }
    }

    /// By what the request can be looked up: its trace, if it is part of one.
    #[must_use]
    pub fn identity(&self) -> (Identity, &'a [u8]) {
        match trace_id(&self.head.fields) {
            Some(id) => (Identity::Trace, id),
            None => (Identity::Request, self.request_id),
        }
    }

    /// What shapes an answer that the proxy makes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        Shape {
            head_only: self.view.method == "HEAD",
            reason: *self.listener.http().reason_header(),
            patience: **self.listener.timeouts().body(),
        }
    }

    /// What stands between method and version of the request that goes out.
    #[must_use]
    pub fn uri<'t>(&self, decision: &Decision<'_>, rewritten: &'t mut String) -> [&'t str; 3]
    where
        'a: 't,
    {
        if self.head.is_connect() {
            return [self.head.authority(), "", ""];
        }
        let path = match decision.forward.rewrite().path() {
            Some(change) if self.view.path.starts_with('/') => {
                rewrite::path(change, decision.condition, self.view.path, rewritten);
                rewritten.as_str()
            }
            _ => self.view.path,
        };
        match self.view.query {
            Some(query) => [path, "?", query],
            None => [path, "", ""],
        }
    }
}

fn destination(route: &Route, position: usize) -> Option<&Destination> {
    match route.action() {
        Action::Forward(forward) => forward.split().destinations().get(position),
        Action::Redirect(_) | Action::Respond(_) => None,
    }
}

/// The trace of `traceparent` (W3C Trace Context §3.2.2): 32 lower-case hexadecimal digits, not all zero.
fn trace_id(fields: &Fields) -> Option<&[u8]> {
    let mut parts = fields.values("traceparent").next()?.split(|octet| *octet == b'-');
    let id = parts.nth(1)?;
    let hexadecimal = id.iter().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    (id.len() == 32 && hexadecimal && id.iter().any(|octet| *octet != b'0')).then_some(id)
}

/// What a head may cost on this listener.
#[must_use]
pub fn head_limits(listener: &Listener) -> HeadLimits {
    HeadLimits {
        bytes: **listener.limits().header_bytes() as usize,
        fields: **listener.limits().header_count() as usize,
        uri: **listener.limits().uri_bytes() as usize,
    }
}

/// The path that is matched and forwarded. `CONNECT` has none, and `OPTIONS *` is about the whole server.
///
/// # Errors
/// It cannot be read in one way only.
pub fn plain_path<'a>(
    head: &'a RequestHead,
    listener: &Listener,
    made: &'a mut String,
) -> Result<&'a str, Reason> {
    match head.path() {
        "*" => Ok("*"),
        "" => Ok("/"),
        _ if head.is_connect() => Ok("/"),
        path => normalize(path, *listener.http().normalize_path(), made).map_err(|_| Reason::BadRequest),
    }
}

#[cfg(test)]
mod tests;
