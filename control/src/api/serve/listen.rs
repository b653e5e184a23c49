//! Connections of the API: so many at once, and none may take for ever.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutWriter;
use towpath_config::server::{ApiLimits, Token};

use super::counters::Counters;
use super::router::{Gate, Service};
use crate::api::access::{Guard, Notes};
use crate::api::index::Book;
use crate::api::page::Site;
use crate::api::seam::Control;
use crate::store::Store;

/// How long a client may take for a head, or to read a piece of an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a request's head, and of what is read ahead.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// How long accepting rests after a failure, which is mostly a want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long requests that are under way may take at the end.
const END_PATIENCE: Duration = Duration::from_secs(5);

/// The API of a control server.
pub struct Api {
    service: Service,
    counters: Arc<Counters>,
    connections: usize,
}

impl Api {
    /// An API that asks `control` and `store`. Without tokens it answers this machine only.
    #[must_use]
    pub fn new(
        control: Arc<dyn Control>,
        store: Store,
        tokens: BTreeMap<String, Token>,
        limits: ApiLimits,
        patience: Duration,
    ) -> Self {
        let counters = Arc::<Counters>::default();
        let followers = Arc::new(Semaphore::new(limits.event_streams));
        let site = Site {
            control,
            store,
            book: Book::default(),
            counters: Arc::clone(&counters),
            notes: Notes::default(),
            followers,
        };
        let gate =
            Gate { site: Arc::new(site), guard: Guard::new(tokens), body_bytes: limits.body_bytes, patience };
        Self {
            service: Service::new(gate, limits.requests, limits.waits),
            counters,
            connections: limits.connections,
        }
    }

    /// Serves until `end` says so; then what is under way may end.
    pub async fn serve(self, listener: TcpListener, mut end: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        let ended = end.clone();
        tokio::select! {
            () = self.accept(&listener, &ended, &mut tasks) => {}
            _ = end.wait_for(|end| *end) => {}
        }
        drop(listener);
        let all = async { while tasks.join_next().await.is_some() {} };
        // what follows events would follow for ever
        let _ = timeout(END_PATIENCE, all).await;
    }

    /// Accepts for ever. When all places are taken, who came first has had the most time, and makes room.
    async fn accept(&self, listener: &TcpListener, end: &watch::Receiver<bool>, tasks: &mut JoinSet<()>) {
        let mut open: VecDeque<AbortHandle> = VecDeque::new();
        let mut failing = false;
        loop {
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(%error, "the API cannot accept a connection");
                    }
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            failing = false;
            self.counters.connected();
            while tasks.try_join_next().is_some() {}
            open.retain(|connection| !connection.is_finished());
            while open.len() >= self.connections {
                let Some(oldest) = open.pop_front() else { break };
                oldest.abort();
                self.counters.displaced();
            }
            let (service, counters) = (self.service.clone(), Arc::clone(&self.counters));
            open.push_back(tasks.spawn(carry(stream, peer.ip(), service, counters, end.clone())));
        }
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Api").field("connections", &self.connections).finish_non_exhaustive()
    }
}

async fn carry(
    stream: TcpStream,
    peer: IpAddr,
    service: Service,
    counters: Arc<Counters>,
    mut end: watch::Receiver<bool>,
) {
    let answer = move |request: Request<Incoming>| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(service.answer(peer, request.map(Body::new)).await) }
    };
    let mut builder = hyper::server::conn::http1::Builder::new();
    // whoever has said everything may end its side, and still wants the answer
    builder.half_close(true);
    builder.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HEAD_BYTES_MAX);
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(PATIENCE));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(Box::pin(stream)), service_fn(answer)));
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = end.wait_for(|end| *end) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // what a client does wrong is its own affair: it sees its connection end
    if ended.is_err_and(|fault| fault.is_timeout() || is_late(&fault)) {
        counters.late();
    }
}

/// Whether a connection ended because its peer did not read.
fn is_late(fault: &hyper::Error) -> bool {
    let fault = fault.source().and_then(|source| source.downcast_ref::<io::Error>());
    fault.is_some_and(|fault| fault.kind() == io::ErrorKind::TimedOut)
}
