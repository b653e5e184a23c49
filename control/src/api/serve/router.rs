//! The way of a request to its page: limits, who asks, what they ask for.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tower::limit::ConcurrencyLimit;
use tower::load_shed::LoadShed;
use tower::load_shed::error::Overloaded;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use towpath_config::server::TokenScope;

use crate::api::access::{Guard, Refusal, who};
use crate::api::page::{Asked, Site, WAIT_MAX, answer};
use crate::api::shape::{OPERATIONS, Operation, Problem, Query, Reply, Verb};
use crate::store::{Action, Note, Origin, Signature};

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// What requests are answered by. Cheap to clone; the limits count for all clones together.
#[derive(Clone)]
pub(super) struct Service {
    open: Router,
    limited: Lane,
    /// For those who wait for the fleet, which can take long: they are not in the way of others.
    waiting: Lane,
    gate: Arc<Gate>,
}

/// So many requests at once; further ones are refused.
type Lane = LoadShed<ConcurrencyLimit<Router>>;

/// What every request passes.
pub(super) struct Gate {
    pub(super) site: Arc<Site>,
    pub(super) guard: Guard,
    pub(super) body_bytes: usize,
    pub(super) patience: Duration,
}

impl Service {
    pub(super) fn new(gate: Gate, requests: usize, waits: usize) -> Self {
        let gate = Arc::new(gate);
        let router = router(&gate);
        let lane = |most| ServiceBuilder::new().load_shed().concurrency_limit(most).service(router.clone());
        Self { limited: lane(requests), waiting: lane(waits), open: router, gate }
    }

    /// Answers a request.
    pub(super) async fn answer(self, peer: IpAddr, mut request: Request) -> Response {
        request.extensions_mut().insert(Peer(peer));
        // probes are answered whatever else is asked
        let is_open = OPERATIONS.iter().any(|one| one.scope.is_none() && one.path == request.uri().path());
        let answered = if is_open {
            self.open.oneshot(request).await.map_err(BoxError::from)
        } else {
            let lane = if waits(request.uri()) { self.waiting } else { self.limited };
            lane.oneshot(request).await
        };
        let counters = &self.gate.site.counters;
        let response = answered.unwrap_or_else(|fault| {
            if fault.is::<Overloaded>() {
                counters.shed();
            }
            Reply::from(Problem::overloaded()).into_response()
        });
        counters.answered(response.status());
        response
    }
}

/// Whether a request is to wait for the fleet.
fn waits(uri: &Uri) -> bool {
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
    pairs.is_ok_and(|pairs| pairs.0.iter().any(|(name, _)| name == "wait"))
}

fn router(gate: &Arc<Gate>) -> Router {
    let mut router = Router::new();
    for operation in OPERATIONS {
        let gate = Arc::clone(gate);
        let answer = move |request: Request| {
            let gate = Arc::clone(&gate);
            async move { gate.respond(operation, request).await }
        };
        router = router.route(operation.path, on(filter(operation.verb), answer));
    }
    router.fallback(unknown).method_not_allowed_fallback(another_method)
}

fn filter(verb: Verb) -> MethodFilter {
    match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Delete => MethodFilter::DELETE,
    }
}

async fn unknown() -> Reply {
    Problem::not_found("there is no such page; `/api/openapi.json` lists all of them").into()
}

async fn another_method(method: Method) -> Reply {
    Problem::bad_method(&method).into()
}

impl Gate {
    async fn respond(&self, operation: &'static Operation, request: Request) -> Reply {
        let (mut head, body) = request.into_parts();
        match self.asked(operation, &mut head, body).await {
            Ok(asked) => {
                // whoever wants to wait for the fleet is not late while they do
                let wait = asked.query.time("wait").unwrap_or_default().min(WAIT_MAX);
                let asked = Arc::new(asked);
                let answered = timeout(self.patience + wait, answer(operation, &asked)).await;
                answered.unwrap_or_else(|_| Err(self.late(Problem::late()))).unwrap_or_else(Reply::from)
            }
            Err(problem) => problem.into(),
        }
    }

    fn late(&self, problem: Problem) -> Problem {
        self.site.counters.late();
        problem
    }

    /// Lets a request in, and reads it.
    ///
    /// # Errors
    /// Why that is not done; who asks is looked at before anything else.
    async fn asked(
        &self,
        operation: &'static Operation,
        head: &mut Parts,
        body: Body,
    ) -> Result<Asked, Problem> {
        let peer = head.extensions.get::<Peer>().copied();
        let Some(Peer(peer)) = peer else { return Err(Problem::forbidden()) };
        let caller = match operation.scope {
            None => self.guard.anybody(peer),
            Some(scope) => match self.guard.admit(&head.headers, peer, scope) {
                Ok(caller) => caller,
                Err(refusal) => return Err(self.refused(peer, refusal, scope).await),
            },
        };
        let query = Query::read(&head.uri, operation.query)?;
        let names = names(head).await?;
        let body = match operation.takes_body() {
            true => self.read(head, body).await?,
            false => Bytes::new(),
        };
        let (site, headers) = (Arc::clone(&self.site), std::mem::take(&mut head.headers));
        Ok(Asked { site, caller, names, query, headers, body })
    }

    /// Notes that somebody was not let in.
    async fn refused(&self, peer: IpAddr, refusal: Refusal, scope: TokenScope) -> Problem {
        self.site.counters.refused();
        let name = refusal.name().unwrap_or("unknown");
        let signature = Signature { who: who(name, peer), origin: Origin::Api, message: String::new() };
        let action = if scope == TokenScope::Write { Action::Change } else { Action::Login };
        self.site.refuse(name, Note::refused(signature, action, refusal.reason().to_owned())).await;
        Problem::refused(&refusal)
    }

    async fn read(&self, head: &Parts, body: Body) -> Result<Bytes, Problem> {
        let length =
            head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > self.body_bytes) {
            return Err(Problem::too_large(self.body_bytes));
        }
        let read = timeout(self.patience, collected(body, self.body_bytes)).await;
        read.unwrap_or_else(|_| Err(self.late(Problem::slow_body())))
    }
}

async fn collected(body: Body, most: usize) -> Result<Bytes, Problem> {
    let mut pieces = body.into_data_stream();
    let mut all = Vec::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|fault| Problem::bad(format!("the body cannot be read: {fault}")))?;
        if all.len() + piece.len() > most {
            return Err(Problem::too_large(most));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.into())
}

/// What stands in the path.
async fn names(head: &mut Parts) -> Result<BTreeMap<String, String>, Problem> {
    let found = RawPathParams::from_request_parts(head, &()).await;
    let found = found.map_err(|_| Problem::bad("the path is no UTF-8"))?;
    Ok(found.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests;
