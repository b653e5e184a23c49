//! A stream as the caller of an exchange.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};

use super::head;
use super::session::{Session, Stalled};
use crate::codec::body::{BodyFault, Fill, Mouth, Opens, Sink, Source};
use crate::codec::fields::Fields;
use crate::codec::h2::{Receiving, Sending, Tunnel};
use crate::codec::message::{RequestHead, ResponseHead};
use crate::codec::outgoing::Outgoing;
use crate::exchange::{AnswerHead, Caller, Ending};
use crate::filter::hop;
use crate::forward::Waiting;
use crate::observe::tally::ListenerCounter;
use crate::sys::transport::Duplex;

/// One stream of a connection.
#[derive(Debug)]
pub(super) struct Http2Caller {
    session: Rc<Session>,
    respond: SendResponse<Bytes>,
    /// The answer, once its head has left.
    answer: Option<Sending>,
    request: Receiving,
    /// The code that breaks the tunnel which was asked for; what comes behind the head is no body then.
    tunnel: Option<Reason>,
    stalled: Option<Stalled>,
    gone: bool,
}

/// By which code a tunnel is broken that this request asks for: RFC 8441 §5 and RFC 9113 §8.5.
fn tunnel(head: &RequestHead) -> Option<Reason> {
    let websocket = head.upgrade().map(|_| Reason::CANCEL);
    websocket.or_else(|| head.is_connect().then_some(Reason::CONNECT_ERROR))
}

impl Http2Caller {
    pub(super) fn new(
        session: &Rc<Session>,
        request: RecvStream,
        respond: SendResponse<Bytes>,
        head: Option<&RequestHead>,
        limit: Option<u64>,
    ) -> Self {
        let tunnel = head.and_then(tunnel);
        let request = Receiving::new(request, limit.filter(|_| tunnel.is_none()));
        Self {
            session: Rc::clone(session),
            respond,
            answer: None,
            request,
            tunnel,
            stalled: None,
            gone: false,
        }
    }

    /// Ends the stream. What the client sees of an answer that is not whole is a reset.
    pub(super) fn end(mut self, ending: Ending) {
        let whole = self.answer.as_ref().is_some_and(Sending::is_whole) && ending != Ending::Cut;
        let gone = self.is_gone();
        if !gone && !whole {
            // a request that nobody has judged may be sent again
            let judged = ending == Ending::Cut || self.answer.is_some();
            let broken = self.tunnel.unwrap_or(Reason::INTERNAL_ERROR);
            self.respond.send_reset(if judged { broken } else { Reason::REFUSED_STREAM });
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
        if self.tunnel.is_some() { Poll::Ready(Ok(Fill::End)) } else { self.request.poll_fill(cx) }
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
        let Some(answer) = &mut self.answer else {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        };
        let put = answer.poll_put(cx, payload);
        if put.is_ready() {
            self.session.take();
        }
        if put.is_pending() != self.stalled.is_some() {
            self.stalled = put.is_pending().then(|| Stalled::begin(&self.session));
        }
        put
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()> {
        self.answer.as_mut().ok_or(io::ErrorKind::NotConnected)?.finish(trailers)
    }
}

impl Waiting for Http2Caller {
    fn is_stalled(&mut self, cx: &mut Context<'_>) -> bool {
        // one that the client has room for goes on, whatever becomes of the others
        self.session.is_stalled() && self.answer.as_mut().is_none_or(|answer| !answer.has_room(cx))
    }

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
    fn answer(&mut self, head: &AnswerHead<'_>, _last: bool) {
        // a change of the protocol is no more than consent (RFC 8441 §5)
        let status = if head.status == 101 { 200 } else { head.status };
        let response = head::response(status, head.out.fields(head.fields));
        self.tunnel.take_if(|_| !head.tunnel);
        match self.respond.send_response(response, Sending::is_bodiless(head.framing)) {
            Ok(stream) => self.answer = Some(Sending::new(stream, head.framing)),
            // it shows when the body is put
            Err(_) => self.gone = true,
        }
    }

    fn is_received(&mut self) -> bool {
        self.tunnel.is_some() || self.request.is_received()
    }

    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.session.addresses
    }
}

impl Opens for Http2Caller {
    fn mouth(&mut self) -> Option<Mouth<Box<dyn Duplex + '_>>> {
        let tunnel = Tunnel { receiving: &mut self.request, sending: self.answer.as_mut()? };
        Some(Mouth { io: Box::new(tunnel), unread: None })
    }
}
