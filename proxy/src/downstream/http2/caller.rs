//! A stream as the caller of an exchange.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};

use super::head;
use super::session::Session;
use crate::codec::body::{BodyFault, Fill, Framing, Sink, Source};
use crate::codec::fields::Fields;
use crate::codec::h1::Http1;
use crate::codec::message::ResponseHead;
use crate::codec::outgoing::Outgoing;
use crate::exchange::{AnswerHead, Caller, Ending};
use crate::filter::hop;
use crate::forward::Waiting;
use crate::observe::tally::ListenerCounter;
use crate::sys::stream::Stream;

/// What becomes of the answer.
#[derive(Debug)]
enum Answer {
    /// There is none yet.
    Awaited,
    /// Its head has left, its body follows: of so many octets still, where that is known.
    Open { stream: SendStream<Bytes>, left: Option<u64> },
    /// It is whole.
    Whole,
}

/// One stream of a connection.
#[derive(Debug)]
pub(super) struct Http2Caller {
    session: Rc<Session>,
    respond: SendResponse<Bytes>,
    answer: Answer,
    request: RecvStream,
    /// What came of the body and was not passed on yet. The client may send as much again only when it was.
    chunk: Bytes,
    /// How many octets of the body may still come.
    allowed: u64,
    trailers: Option<Box<Fields>>,
    received: bool,
    gone: bool,
}

fn broken(fault: &h2::Error) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, fault.to_string())
}

impl Http2Caller {
    pub(super) fn new(
        session: &Rc<Session>,
        request: RecvStream,
        respond: SendResponse<Bytes>,
        limit: Option<u64>,
    ) -> Self {
        let received = request.is_end_stream();
        Self {
            session: Rc::clone(session),
            respond,
            answer: Answer::Awaited,
            request,
            chunk: Bytes::new(),
            allowed: limit.unwrap_or(u64::MAX),
            trailers: None,
            received,
            gone: false,
        }
    }

    /// Ends the stream. What the client sees of an answer that is not whole is a reset.
    pub(super) fn end(mut self, ending: Ending) {
        let whole = matches!(self.answer, Answer::Whole) && ending != Ending::Cut;
        if !self.gone && !whole {
            // a request that nobody has judged may be sent again
            let judged = ending == Ending::Cut || !matches!(self.answer, Answer::Awaited);
            self.respond.send_reset(if judged { Reason::INTERNAL_ERROR } else { Reason::REFUSED_STREAM });
        }
        self.session.count(ListenerCounter::Http2Resets, (self.gone && !whole).into());
    }

    /// Whether the client has reset the stream, or the connection has failed.
    fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let reset = match &mut self.answer {
            Answer::Awaited => self.respond.poll_reset(cx),
            Answer::Open { stream, .. } => stream.poll_reset(cx),
            Answer::Whole => Poll::Pending,
        };
        reset.map(|_| self.gone = true)
    }

    /// Takes what comes next of the body: octets, or the end and the trailers.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyFault>> {
        if let Some(chunk) = ready!(self.request.poll_data(cx)) {
            self.chunk = self.unless_gone(chunk)?;
            let count = self.chunk.len() as u64;
            self.allowed = self.allowed.checked_sub(count).ok_or(BodyFault::TooLarge)?;
            return Poll::Ready(Ok(()));
        }
        let trailers = ready!(self.request.poll_trailers(cx));
        self.received = true;
        if let Some(map) = self.unless_gone(trailers)? {
            self.trailers = Some(Box::new(head::read_trailers(&map)?));
        }
        Poll::Ready(Ok(()))
    }

    fn unless_gone<T>(&mut self, received: Result<T, h2::Error>) -> Result<T, BodyFault> {
        self.gone |= received.is_err();
        received.map_err(|_| BodyFault::Broken)
    }
}

impl Source for Http2Caller {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        while self.chunk.is_empty() {
            if self.received {
                return Poll::Ready(Ok(Fill::End));
            }
            ready!(self.poll_receive(cx))?;
        }
        Poll::Ready(Ok(Fill::Payload))
    }

    fn payload(&self) -> &[u8] {
        &self.chunk
    }

    fn consume(&mut self, count: usize) {
        let count = count.min(self.chunk.len());
        self.chunk.advance(count);
        // no more is given back than was taken, which is all that could go wrong
        let _ = self.request.flow_control().release_capacity(count);
    }

    fn trailers(&self) -> Option<&Fields> {
        self.trailers.as_deref()
    }
}

impl Sink for Http2Caller {
    fn poll_put(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        let Answer::Open { stream, left } = &mut self.answer else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        if left.is_some_and(|left| left < payload.len() as u64) {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        stream.reserve_capacity(payload.len());
        while stream.capacity() == 0 {
            match ready!(stream.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(fault)) => {
                    self.gone = true;
                    return Poll::Ready(Err(broken(&fault)));
                }
                None => {
                    self.gone = true;
                    return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
                }
            }
        }
        let count = stream.capacity().min(payload.len());
        let last = left.as_mut().is_some_and(|left| {
            *left -= count as u64;
            *left == 0
        });
        let chunk = Bytes::copy_from_slice(payload.get(..count).unwrap_or_default());
        let sent = stream.send_data(chunk, last);
        if last {
            self.answer = Answer::Whole;
        }
        Poll::Ready(sent.map(|()| count).map_err(|fault| broken(&fault)))
    }

    /// The task of the connection sends, as soon as it can; no more is held back than the send buffer.
    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()> {
        match std::mem::replace(&mut self.answer, Answer::Whole) {
            Answer::Whole => Ok(()),
            Answer::Awaited => Err(io::ErrorKind::NotConnected.into()),
            open @ Answer::Open { left: Some(1..), .. } => {
                self.answer = open;
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Answer::Open { mut stream, .. } => match trailers.filter(|trailers| !trailers.is_empty()) {
                Some(trailers) => stream.send_trailers(head::map(trailers.iter())),
                None => stream.send_data(Bytes::new(), true),
            }
            .map_err(|fault| broken(&fault)),
        }
    }
}

impl Waiting for Http2Caller {
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_reset(cx)
    }

    async fn interim(&mut self, head: &ResponseHead) -> io::Result<()> {
        let mut out = Outgoing::default();
        hop::response(head, &mut out);
        let response = head::response(head.status, out.fields(&head.fields));
        self.respond.send_informational(response).map_err(|fault| broken(&fault))
    }
}

impl Caller for Http2Caller {
    type Io = Stream;

    fn answer(&mut self, head: &AnswerHead<'_>, _last: bool) {
        let (bodiless, left) = match head.framing {
            Framing::None | Framing::Length(0) => (true, None),
            Framing::Length(length) => (false, Some(length)),
            Framing::Chunked | Framing::UntilClose => (false, None),
        };
        let response = head::response(head.status, head.out.fields(head.fields));
        self.answer = match self.respond.send_response(response, bodiless) {
            Ok(_) if bodiless => Answer::Whole,
            Ok(stream) => Answer::Open { stream, left },
            // it shows when the body is put
            Err(_) => {
                self.gone = true;
                Answer::Awaited
            }
        };
    }

    fn is_received(&mut self) -> bool {
        self.received || self.request.is_end_stream()
    }

    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.session.addresses
    }

    fn connection(&mut self) -> Option<&mut Http1<Stream>> {
        None
    }
}
