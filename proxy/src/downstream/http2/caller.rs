//! A stream as the caller of an exchange.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};

use super::head;
use super::session::Session;
use crate::codec::body::{BodyFault, Fill, Sink, Source};
use crate::codec::fields::Fields;
use crate::codec::h1::Http1;
use crate::codec::h2::{Receiving, Sending};
use crate::codec::message::ResponseHead;
use crate::codec::outgoing::Outgoing;
use crate::exchange::{AnswerHead, Caller, Ending};
use crate::filter::hop;
use crate::forward::Waiting;
use crate::observe::tally::ListenerCounter;
use crate::sys::stream::Stream;

/// One stream of a connection.
#[derive(Debug)]
pub(super) struct Http2Caller {
    session: Rc<Session>,
    respond: SendResponse<Bytes>,
    /// The answer, once its head has left.
    answer: Option<Sending>,
    request: Receiving,
    gone: bool,
}

impl Http2Caller {
    pub(super) fn new(
        session: &Rc<Session>,
        request: RecvStream,
        respond: SendResponse<Bytes>,
        limit: Option<u64>,
    ) -> Self {
        let request = Receiving::new(request, limit);
        Self { session: Rc::clone(session), respond, answer: None, request, gone: false }
    }

    /// Ends the stream. What the client sees of an answer that is not whole is a reset.
    pub(super) fn end(mut self, ending: Ending) {
        let whole = self.answer.as_ref().is_some_and(Sending::is_whole) && ending != Ending::Cut;
        let gone = self.is_gone();
        if !gone && !whole {
            // a request that nobody has judged may be sent again
            let judged = ending == Ending::Cut || self.answer.is_some();
            self.respond.send_reset(if judged { Reason::INTERNAL_ERROR } else { Reason::REFUSED_STREAM });
        }
        self.session.count(ListenerCounter::Http2Resets, (gone && !whole).into());
    }

    /// Whether the client was seen to be gone.
    fn is_gone(&self) -> bool {
        self.gone || self.request.fault().is_some() || self.answer.as_ref().is_some_and(Sending::is_broken)
    }
}

impl Source for Http2Caller {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        self.request.poll_fill(cx)
    }

    fn payload(&self) -> &[u8] {
        self.request.payload()
    }

    fn consume(&mut self, count: usize) {
        self.request.consume(count);
    }

    fn trailers(&self) -> Option<&Fields> {
        self.request.trailers()
    }
}

impl Sink for Http2Caller {
    fn poll_put(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.answer {
            Some(answer) => answer.poll_put(cx, payload),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()> {
        self.answer.as_mut().ok_or(io::ErrorKind::NotConnected)?.finish(trailers)
    }
}

impl Waiting for Http2Caller {
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.answer {
            Some(answer) => answer.poll_reset(cx),
            None => self.respond.poll_reset(cx).map(|_| self.gone = true),
        }
    }

    async fn interim(&mut self, head: &ResponseHead) -> io::Result<()> {
        let mut out = Outgoing::default();
        hop::response(head, &mut out);
        let response = head::response(head.status, out.fields(&head.fields));
        self.respond.send_informational(response).map_err(|_| io::ErrorKind::ConnectionReset.into())
    }
}

impl Caller for Http2Caller {
    type Io = Stream;

    fn answer(&mut self, head: &AnswerHead<'_>, _last: bool) {
        let response = head::response(head.status, head.out.fields(head.fields));
        match self.respond.send_response(response, Sending::is_bodiless(head.framing)) {
            Ok(stream) => self.answer = Some(Sending::new(stream, head.framing)),
            // it shows when the body is put
            Err(_) => self.gone = true,
        }
    }

    fn is_received(&mut self) -> bool {
        self.request.is_received()
    }

    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.session.addresses
    }

    fn connection(&mut self) -> Option<&mut Http1<Stream>> {
        None
    }
}
