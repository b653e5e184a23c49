//! A connection of HTTP/2 (RFC 9113): each stream gets what it would get by HTTP/1.1, and calls of gRPC get a message and
//! their status (grpc/grpc doc/PROTOCOL-HTTP2.md).

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use super::connection::Idle;
use super::lane::{Answers, Lane};
use super::reply::{Own, Replies, Reply};
use crate::message::Question;
use crate::stream::Stream;

/// Streams at once on a connection.
const STREAMS_MAX: u32 = 1000;

/// What a client may send of one body, in bytes, before it is taken; and of all together.
const WINDOW_BYTES: (u32, u32) = (1 << 20, 16 << 20);

/// The status of a call that went well, and of one that did not: `UNAVAILABLE`.
const GRPC_STATUSES: (u16, u16) = (0, 14);

/// What most requests get.
#[derive(Debug)]
pub struct Usual {
    head: Response<()>,
    body: Bytes,
    call_head: Response<()>,
    message: Bytes,
}

impl Usual {
    /// Makes it ready.
    pub fn new(replies: &Replies) -> Self {
        let size = replies.size();
        let body = Bytes::copy_from_slice(replies.ready())
            .split_off(replies.ready().len().saturating_sub(size as usize));
        let mut message = BytesMut::new();
        // a flag and the length go before each message
        message.put_u8(0);
        message.put_u32(body.len() as u32);
        message.put_slice(&body);
        Self {
            head: head(200, "text/plain", replies, Some(size)),
            call_head: head(200, "application/grpc", replies, None),
            body,
            message: message.freeze(),
        }
    }

    fn answer(&self, mut respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
        respond.send_response(self.head.clone(), false)?.send_data(self.body.clone(), true)
    }

    fn answer_call(&self, mut respond: SendResponse<Bytes>, status: u16) -> Result<(), h2::Error> {
        let mut stream = respond.send_response(self.call_head.clone(), false)?;
        if status == GRPC_STATUSES.0 {
            stream.send_data(self.message.clone(), false)?;
        }
        let trailers = [(HeaderName::from_static("grpc-status"), HeaderValue::from(status))];
        stream.send_trailers(HeaderMap::from_iter(trailers))
    }
}

fn head(status: u16, kind: &'static str, replies: &Replies, length: Option<u64>) -> Response<()> {
    let mut head = Response::new(());
    // only what is a status can be wished for
    *head.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    let fields = head.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(version) = HeaderValue::from_str(replies.version()) {
        fields.insert("x-version", version);
    }
    if let Some(length) = length {
        fields.insert(header::CONTENT_LENGTH, length.into());
    }
    head
}

/// Answers until either side closes; `held` was read already.
///
/// # Errors
/// What the client did wrong.
pub async fn serve(
    stream: Stream,
    held: Vec<u8>,
    mut idle: Option<Idle>,
    lane: &Rc<Lane>,
) -> Result<(), h2::Error> {
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(STREAMS_MAX)
        .initial_window_size(WINDOW_BYTES.0)
        .initial_connection_window_size(WINDOW_BYTES.1);
    let mut connection = builder.handshake(Rewound { stream, held, read: 0 }).await?;
    let open = Rc::new(Cell::new(0_usize));
    let mut asked = 0;
    loop {
        let accepted = poll_fn(|cx| match connection.poll_accept(cx) {
            Poll::Pending => match &mut idle {
                Some(idle) if open.get() == 0 => idle.poll(cx).map(|()| None),
                _ => Poll::Pending,
            },
            accepted => accepted,
        });
        let Some((request, mut respond)) = accepted.await.transpose()? else { return Ok(()) };
        if let Some(idle) = &mut idle {
            idle.since = Instant::now();
        }
        let (head, body) = request.into_parts();
        let question = Question::from(&head);
        asked += 1;
        let answers = lane.answers();
        let reply = lane.decide(&answers, &question, asked);
        let last = matches!(&reply, Reply::Own(own) if !own.keep_alive);
        match reply {
            // a stream that the client has given up is its own affair
            Reply::Reset => respond.send_reset(Reason::INTERNAL_ERROR),
            Reply::Garbage => connection.abrupt_shutdown(Reason::PROTOCOL_ERROR),
            Reply::Ready if body.is_end_stream() && !question.grpc => {
                answers.usual.answer(respond).unwrap_or_default();
            }
            reply => {
                let stream = Asked { answers, _open: Open::begin(&open), question, body, respond };
                spawn_local(async move { stream.answer(reply).await.unwrap_or_default() });
            }
        }
        if last {
            connection.graceful_shutdown();
        }
    }
}

/// A stream that is being answered.
struct Open(Rc<Cell<usize>>);

impl Open {
    fn begin(open: &Rc<Cell<usize>>) -> Self {
        open.set(open.get() + 1);
        Self(Rc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// One stream that is answered by itself.
struct Asked {
    answers: Rc<Answers>,
    _open: Open,
    question: Question,
    body: RecvStream,
    respond: SendResponse<Bytes>,
}

impl Asked {
    async fn answer(mut self, reply: Reply) -> Result<(), h2::Error> {
        while let Some(piece) = self.body.data().await {
            let count = piece?.len();
            // no more is given back than came
            let _ = self.body.flow_control().release_capacity(count);
        }
        let own = match reply {
            Reply::Own(own) => own,
            _ if self.question.grpc => return self.answers.usual.answer_call(self.respond, GRPC_STATUSES.0),
            _ => return self.answers.usual.answer(self.respond),
        };
        if !own.delay.is_zero() {
            sleep(own.delay).await;
        }
        if self.question.grpc {
            let status = if own.status < 400 { GRPC_STATUSES.0 } else { GRPC_STATUSES.1 };
            return self.answers.usual.answer_call(self.respond, status);
        }
        self.answer_own(&own).await
    }

    async fn answer_own(mut self, own: &Own) -> Result<(), h2::Error> {
        let replies = &self.answers.replies;
        let head = head(own.status, "text/plain", replies, own.length);
        let mut rest = own.body.bytes();
        let mut stream = self.respond.send_response(head, rest == 0)?;
        while rest > 0 {
            let piece = Bytes::copy_from_slice(replies.piece(own, rest));
            rest -= piece.len() as u64;
            send(&mut stream, piece, rest == 0).await?;
            if let (Some(trickle), 1..) = (own.trickle, rest) {
                sleep(trickle.interval).await;
            }
        }
        Ok(())
    }
}

/// Sends all of a piece, as the client gives room for it.
async fn send(stream: &mut SendStream<Bytes>, mut piece: Bytes, last: bool) -> Result<(), h2::Error> {
    while !piece.is_empty() {
        stream.reserve_capacity(piece.len());
        // without room for ever: the client is gone
        let Some(room) = poll_fn(|cx| stream.poll_capacity(cx)).await else { return Ok(()) };
        let part = piece.split_to(room?.min(piece.len()));
        stream.send_data(part, last && piece.is_empty())?;
    }
    Ok(())
}

/// A stream of which something was read already.
struct Rewound {
    stream: Stream,
    held: Vec<u8>,
    read: usize,
}

impl AsyncRead for Rewound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let held = self.held.get(self.read..).unwrap_or_default();
        if held.is_empty() {
            return Pin::new(&mut self.stream as &mut (dyn AsyncRead + Unpin)).poll_read(cx, buffer);
        }
        let count = held.len().min(buffer.remaining());
        buffer.put_slice(held.get(..count).unwrap_or_default());
        self.read += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Rewound {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.stream), cx, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, from)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // what was written is with the system already
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
