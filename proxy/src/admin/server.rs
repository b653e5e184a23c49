//! The admin port. It stands beside the traffic, so everything it can cost is bounded: connections, time, sizes.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::ACCEPT;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutWriter;

use super::context::AdminContext;
use super::pages::{Asked, answer};
use super::reply::Reply;
use crate::observe::stats::Counter;

#[cfg(test)]
mod tests;

/// Bytes of a request's body.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of a request's head, and of what is read ahead.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// No new request is taken on a connection after this; so one that never reads holds its place only so long.
const CONNECTION_AGE: Duration = Duration::from_secs(60);

/// How long accepting rests after a failure, which is mostly a want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the admin pages until `end` says so, and then finishes what is asked. Must run in a `LocalSet`.
pub async fn serve(listener: Rc<TcpListener>, context: Rc<AdminContext>, mut end: watch::Receiver<bool>) {
    let (mut open, ended) = (VecDeque::new(), end.clone());
    tokio::select! {
        () = accept(&listener, &context, &ended, &mut open) => {}
        _ = end.wait_for(|end| *end) => {}
    }
    drop(listener);
    for connection in open {
        // one that was displaced has ended as well
        let _ = connection.await;
    }
}

/// Accepts for ever.
async fn accept(
    listener: &TcpListener,
    context: &Rc<AdminContext>,
    end: &watch::Receiver<bool>,
    open: &mut VecDeque<JoinHandle<()>>,
) {
    // when all places are taken, who came first has had the most time: whoever comes now, a probe it may be, gets in
    let mut failing = false;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                context.site.count(Counter::ListenerErrors);
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "the admin port cannot accept a connection");
                }
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        failing = false;
        context.site.count(Counter::AdminConnections);
        open.retain(|connection| !connection.is_finished());
        while open.len() >= context.site.connections_max() {
            let Some(oldest) = open.pop_front() else { break };
            oldest.abort();
            // its file is free again before another one is opened
            let _ = oldest.await;
            context.site.count(Counter::AdminDisplaced);
        }
        open.push_back(spawn_local(carry(stream, Rc::clone(context), end.clone())));
    }
}

async fn carry(stream: TcpStream, context: Rc<AdminContext>, mut end: watch::Receiver<bool>) {
    let patience = context.site.patience();
    let site = Arc::clone(&context.site);
    let service = service_fn(move |request| respond(request, Rc::clone(&context), patience));
    let mut builder = hyper::server::conn::http1::Builder::new();
    // whoever has said everything may end its side, and still wants the answer
    builder.half_close(true);
    builder.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(HEAD_BYTES_MAX);
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(patience));
    let mut connection = pin!(builder.serve_connection(TokioIo::new(Box::pin(stream)), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => Ok(ended),
        () = sleep(CONNECTION_AGE) => Err(()),
        _ = end.wait_for(|end| *end) => Err(()),
    };
    let ended = match ended {
        Ok(ended) => Ok(ended),
        Err(()) => {
            connection.as_mut().graceful_shutdown();
            timeout(patience, connection).await
        }
    };
    // what a client of the admin port does wrong is its own affair: it sees its connection end
    let late = match ended {
        Ok(Ok(())) => false,
        Ok(Err(fault)) => fault.is_timeout() || is_late(&fault),
        Err(_) => true,
    };
    if late {
        site.count(Counter::AdminTimedOut);
    }
}

/// Whether a connection ended because its peer did not read.
fn is_late(fault: &hyper::Error) -> bool {
    let fault = fault.source().and_then(|source| source.downcast_ref::<io::Error>());
    fault.is_some_and(|fault| fault.kind() == io::ErrorKind::TimedOut)
}

async fn respond(
    request: Request<Incoming>,
    context: Rc<AdminContext>,
    patience: Duration,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let late = |status| move |_| Reply::text(status, format!("not done within {patience:?}\n"));
    let asked = timeout(patience, read(request)).await;
    let reply = match asked.unwrap_or_else(|elapsed| Err(late(StatusCode::REQUEST_TIMEOUT)(elapsed))) {
        Ok(asked) => {
            let answered = timeout(patience, answer(&context, asked)).await;
            answered.unwrap_or_else(late(StatusCode::SERVICE_UNAVAILABLE))
        }
        Err(refusal) => refusal,
    };
    Ok(reply.into())
}

async fn read(request: Request<Incoming>) -> Result<Asked, Reply> {
    let (head, body) = request.into_parts();
    let too_large = || Reply::text(StatusCode::PAYLOAD_TOO_LARGE, "a body may have 1 MiB at most\n");
    if body.size_hint().lower() > BODY_BYTES_MAX as u64 {
        return Err(too_large());
    }
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|error| {
        let broken = || Reply::text(StatusCode::BAD_REQUEST, format!("the body cannot be read: {error}\n"));
        if error.is::<LengthLimitError>() { too_large() } else { broken() }
    })?;
    let accept: Vec<_> =
        head.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    Ok(Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        accept: accept.join(","),
        body: body.to_bytes(),
    })
}
