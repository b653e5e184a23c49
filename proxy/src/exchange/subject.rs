//! The request that an exchange is about, understood.

use std::sync::Arc;

use towpath_config::model::{Listener, ListenerId};

use super::caller::Visit;
use super::decide::Decision;
use super::respond::Shape;
use super::rewrite;
use crate::codec::h1::HeadLimits;
use crate::codec::message::RequestHead;
use crate::filter::edits::Values;
use crate::filter::forwarded;
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
    /// `X-Request-Id`, given or made.
    pub request_id: &'a str,
    /// How near the process is to its limit on memory.
    pub pressure: Pressure,
}

impl<'a> Subject<'a> {
    /// Puts a request together with the connection that it came by.
    pub fn new(
        snapshot: &'a Arc<Snapshot>,
        (id, listener): (ListenerId, &'a Listener),
        head: &'a RequestHead,
        path: &'a str,
        request_id: &'a str,
        visit: &Visit<'_>,
    ) -> Self {
        let view = RequestView {
            listener: id,
            host: head.host(),
            method: head.method(),
            path,
            query: head.query(),
            fields: &head.fields,
            source: forwarded::client(&head.fields, visit.peer, *listener.http().trusted_hops()),
        };
        Self { snapshot, listener, head, view, request_id, pressure: visit.pressure }
    }

    /// What `%{…}` can name, as far as it is known.
    #[must_use]
    pub fn values(&self, decision: Option<&Decision<'a>>) -> Values<'a> {
        let config = self.snapshot.config();
        let cluster = decision.and_then(|decision| config.cluster(*decision.destination.cluster()));
        let subset = decision.and_then(|decision| *decision.destination.subset());
        let subset = subset.and_then(|position| cluster?.subsets().get(position));
        Values {
            cluster: cluster.map_or("", |cluster| cluster.name()),
            subset: subset.map_or("", |subset| subset.name()),
            route: decision.map_or("", |decision| decision.route.name()),
            variant: decision.map_or("", |decision| decision.destination.variant()),
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

    /// What shapes an answer that the proxy makes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        Shape {
            head_only: self.view.method == "HEAD",
            grpc: self.head.is_grpc(),
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
