//! The stream itself: gRPC over HTTP/2 without TLS.

use std::pin::Pin;
use std::time::Duration;

use http::uri::PathAndQuery;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};
use tonic_prost::ProstCodec;
use towpath_wire::{Request, Response, method};

/// How long a stream may take until it is there.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// How often a silent server is asked whether it is there, and how long it may take to say so.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const KEEP_ALIVE_LIMIT: Duration = Duration::from_secs(5);

/// How much of an answer may be on its way.
const WINDOW: u32 = 1 << 20;

/// Requests that wait for the server to take them; one that takes none is given up.
const OUTBOX_MAX: usize = 256;

/// Why there is no stream, as text for people.
pub(super) type Lost = String;

/// A stream that is about to be.
pub(super) type Opening = Pin<Box<dyn Future<Output = Result<Link, Lost>>>>;

/// An open stream.
#[derive(Debug)]
pub(super) struct Link {
    outbox: mpsc::Sender<Request>,
    responses: Streaming<Response>,
}

/// A connection to the server at this address.
///
/// # Errors
/// There is none.
pub(super) async fn channel(address: &str) -> Result<Channel, Lost> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(|fault| said(&fault))?;
    let endpoint = endpoint
        .connect_timeout(CONNECT_LIMIT)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_LIMIT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW);
    timeout(CONNECT_LIMIT, endpoint.connect())
        .await
        .map_err(|_| format!("no connection within {CONNECT_LIMIT:?}"))?
        .map_err(|fault| said(&fault))
}

/// A fault with its causes: only the last one says what happened.
fn said(fault: &dyn std::error::Error) -> String {
    let mut text = fault.to_string();
    let mut cause = fault.source();
    while let Some(deeper) = cause {
        let more = deeper.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = deeper.source();
    }
    text
}

/// What the server says when it ends a stream.
pub(super) fn ended(status: &Status) -> Lost {
    match status.message() {
        "" => said(status),
        message => format!("{message} ({:?})", status.code()),
    }
}

impl Link {
    /// Opens a stream, which begins with these requests. A message of the server has `bytes_max` at most.
    ///
    /// # Errors
    /// It cannot be had.
    pub(super) async fn open(address: String, first: Vec<Request>, bytes_max: usize) -> Result<Self, Lost> {
        let channel = channel(&address).await?;
        let (outbox, requests) = mpsc::channel(OUTBOX_MAX);
        for request in first {
            // there is room: it is one for each type
            outbox.try_send(request).map_err(|fault| fault.to_string())?;
        }
        let mut grpc = Grpc::new(channel).max_decoding_message_size(bytes_max);
        let opened = async {
            grpc.ready().await.map_err(|fault| said(&fault))?;
            let path = PathAndQuery::from_static(method::DISCOVERY);
            let requests = tonic::Request::new(ReceiverStream::new(requests));
            grpc.streaming(requests, path, ProstCodec::default()).await.map_err(|status| ended(&status))
        };
        let opened = timeout(CONNECT_LIMIT, opened).await;
        let answer = opened.map_err(|_| format!("no answer within {CONNECT_LIMIT:?}"))??;
        Ok(Self { outbox, responses: answer.into_inner() })
    }

    /// The next response.
    ///
    /// # Errors
    /// The stream has ended.
    pub(super) async fn next(&mut self) -> Result<Response, Lost> {
        match self.responses.message().await {
            Ok(Some(response)) => Ok(response),
            Ok(None) => Err("the server has ended the stream".to_owned()),
            Err(status) => Err(ended(&status)),
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// The server takes none, or is gone.
    pub(super) fn send(&self, request: Request) -> Result<(), Lost> {
        self.outbox.try_send(request).map_err(|_| "the server takes no more requests".to_owned())
    }
}
