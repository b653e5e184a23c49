//! The connections of a fleet, and streams on them.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming};

use super::message::{Client, Request, Response};
use crate::failure::Failure;

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How much of an answer may be on its way: as much as a proxy allows.
const WINDOW: u32 = 1 << 20;

/// Requests that wait to be sent on a stream: those of the beginning, and an answer to each response in flight.
const OUTBOX_MAX: usize = 64;

/// The connections, each shared by some proxies.
#[derive(Debug)]
pub struct Lines {
    endpoint: Endpoint,
    channels: Vec<Channel>,
}

/// An open stream.
#[derive(Debug)]
pub struct Stream {
    outbox: mpsc::Sender<Request>,
    responses: Streaming<Response>,
}

impl Lines {
    /// So many connections to a server, which come about when they are wanted.
    ///
    /// # Errors
    /// When there is no such address.
    pub fn new(address: &str, connections: usize) -> Result<Self, Failure> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|fault| Failure::Usage(format!("`{address}` is no address of a server: {fault}")))?;
        let endpoint = endpoint
            .connect_timeout(CONNECT_LIMIT)
            .tcp_nodelay(true)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
        let mut lines = Self { endpoint, channels: Vec::new() };
        lines.cut(connections);
        Ok(lines)
    }

    fn cut(&mut self, connections: usize) {
        self.channels = (0..connections).map(|_| self.endpoint.connect_lazy()).collect();
    }

    /// Gives all connections up: they end with the last of their streams, and new ones come in their place.
    pub fn renew(&mut self) {
        self.cut(self.channels.len());
    }

    /// The connection of a proxy.
    pub fn of(&self, proxy: usize) -> Option<Channel> {
        self.channels.get(proxy % self.channels.len().max(1)).cloned()
    }
}

impl Stream {
    /// Opens a stream that begins with these requests.
    ///
    /// # Errors
    /// As the server says, or the way to it.
    pub async fn open(channel: Channel, first: Vec<Request>) -> Result<Self, Status> {
        let (outbox, requests) = mpsc::channel(OUTBOX_MAX);
        for request in first {
            // there is room: it is one for each type
            let _ = outbox.try_send(request);
        }
        let mut client = Client::new(channel).max_decoding_message_size(usize::MAX);
        let answer = client.delta_aggregated_resources(ReceiverStream::new(requests)).await?;
        Ok(Self { outbox, responses: answer.into_inner() })
    }

    /// The next response.
    ///
    /// # Errors
    /// When the stream has ended.
    pub async fn next(&mut self) -> Result<Response, Status> {
        self.responses.message().await?.ok_or_else(|| Status::unavailable("the server has ended the stream"))
    }

    /// Sends a request.
    ///
    /// # Errors
    /// When the stream has ended.
    pub async fn send(&self, request: Request) -> Result<(), Status> {
        let sent = self.outbox.send(request).await;
        sent.map_err(|_| Status::unavailable("the server takes no more requests"))
    }
}
