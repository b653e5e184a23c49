//! One request on a connection of its own, which no traffic shares: whether an endpoint is well.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use h2::client;
use http::{HeaderMap, Method, Request};

use crate::sys::stream::Stream;

/// So much of an answer is read.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// The size of its head.
const HEAD_BYTES_MAX: u32 = 16 << 10;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The authority.
    pub host: &'a str,
    /// The path.
    pub path: &'a str,
    /// Who asks.
    pub agent: &'a str,
    /// A message of gRPC that goes with it, framed, and how long its answer is waited for. Without one it is a GET.
    pub call: Option<(&'a [u8], Duration)>,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The head.
    pub head: HeaderMap,
    /// The beginning of the body.
    pub body: Bytes,
    /// The trailers, where the body was read to its end and has some.
    pub trailers: Option<HeaderMap>,
}

/// Asks.
///
/// # Errors
/// The connection breaks, or the endpoint resets the request or breaks the protocol.
pub async fn ask(stream: Stream, question: &Question<'_>) -> io::Result<Answer> {
    let mut builder = client::Builder::new();
    builder.enable_push(false).max_header_list_size(HEAD_BYTES_MAX);
    let (mut sender, connection) = builder.handshake::<_, Bytes>(stream).await.map_err(io::Error::other)?;
    let asked = async {
        let (answer, mut body) = sender.send_request(request(question)?, question.call.is_none())?;
        if let Some((message, _)) = question.call {
            body.send_data(Bytes::copy_from_slice(message), true)?;
        }
        let (head, body) = answer.await?.into_parts();
        let (body, trailers) = read(body).await?;
        Ok::<_, h2::Error>(Answer { status: head.status.as_u16(), head: head.headers, body, trailers })
    };
    tokio::select! {
        answer = asked => answer.map_err(io::Error::other),
        Err(fault) = connection => Err(io::Error::other(fault)),
    }
}

fn request(question: &Question<'_>) -> Result<Request<()>, h2::Error> {
    let method = if question.call.is_some() { Method::POST } else { Method::GET };
    let uri = format!("http://{}{}", question.host, question.path);
    let mut request = Request::builder().method(method).uri(uri).header("user-agent", question.agent);
    if let Some((_, limit)) = question.call {
        let timeout = format!("{}m", limit.as_millis().min(99_999_999));
        let fields = [("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", &timeout)];
        for (name, value) in fields {
            request = request.header(name, value);
        }
    }
    // host and path were looked at when the table was read
    request.body(()).map_err(|_| h2::Reason::INTERNAL_ERROR.into())
}

async fn read(mut body: RecvStream) -> Result<(Bytes, Option<HeaderMap>), h2::Error> {
    let mut whole = BytesMut::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        body.flow_control().release_capacity(piece.len())?;
        whole.extend_from_slice(&piece);
        if whole.len() > ANSWER_BYTES_MAX {
            return Ok((whole.freeze(), None));
        }
    }
    Ok((whole.freeze(), body.trailers().await?))
}
