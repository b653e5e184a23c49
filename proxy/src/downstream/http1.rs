//! STOP 3: bytes ↔ exchange, for callers of HTTP/1.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use towpath_config::model::Listener;

use crate::codec::body::Framing;
use crate::codec::buffer::Buffer;
use crate::codec::h1::{
    HeadFault, HeadLimits, Http1, Persistence, Wired, read_request, write_interim, write_response,
};
use crate::codec::message::{RequestHead, ResponseHead, Version};
use crate::codec::outgoing::Outgoing;
use crate::exchange::subject::head_limits;
use crate::exchange::{AnswerHead, Caller};
use crate::filter::hop;
use crate::forward::Waiting;
use crate::outcome::Reason;
use crate::sys::transport::{Duplex, Transport};

/// A caller of HTTP/1.0 or 1.1 whose connection is busy. When it is dropped in the middle of an answer, for whatever
/// reason, a caller that takes the end of the connection for the end of the body sees it break.
#[derive(Debug)]
pub struct Http1Caller<S: Transport> {
    wire: Http1<S>,
    minor: u8,
    persistent: bool,
    head_only: bool,
}

/// Why no request could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRequest {
    /// The caller closed, in order or not; there is nobody to tell.
    Gone,
    /// It is refused.
    Refused(Reason),
}

impl<S: Transport> Http1Caller<S> {
    /// Wraps a stream on which something has come.
    #[must_use]
    pub fn new(io: S, input: Buffer) -> Self {
        Self { wire: Http1::new(io, input), minor: 1, persistent: false, head_only: false }
    }

    /// Whether what is no head of HTTP/1 begins a connection of HTTP/2 (RFC 9113 §3.4), or tries to: three words and no field,
    /// as its preface has them, and not the slash without which there is no version of HTTP/1.
    #[must_use]
    pub fn is_http2(&self) -> bool {
        let unread = self.wire.unread();
        let line = memchr::memmem::find(unread, b"\r\n\r\n").and_then(|end| unread.get(..end));
        line.is_some_and(|line| {
            let is_worded = line.split(|byte| *byte == b' ').count() == 3;
            line == b"PRI * HTTP/2.0" || (is_worded && memchr::memchr2(b'/', b'\r', line).is_none())
        })
    }

    /// The stream, and what was read of it.
    pub fn hand_over(&mut self) -> Option<(S, Buffer)> {
        let (_, unread) = self.wire.hand_over()?;
        Some((self.wire.release()?, unread))
    }

    /// Gives the stream back, when nothing was read that is not used yet.
    pub fn release(&mut self) -> Option<S> {
        self.wire.release()
    }

    /// Says that the last answer is whole, so that the connection may end with it.
    pub fn conclude(&mut self) {
        self.wire.send(Framing::None);
    }

    /// Whether bytes of a next request were read already.
    #[must_use]
    pub fn has_input(&self) -> bool {
        self.wire.has_input()
    }

    /// Whether the caller wants the connection to stay open.
    #[must_use]
    pub fn is_persistent(&self) -> bool {
        self.persistent
    }

    /// Waits for the head of a request and begins to receive its body.
    pub fn poll_request(
        &mut self,
        cx: &mut Context<'_>,
        listener: &Listener,
        head: &mut RequestHead,
    ) -> Poll<Result<(), NoRequest>> {
        // what is refused has nothing of the request before it
        (self.minor, self.head_only, self.persistent) = (1, false, false);
        let limits = head_limits(listener);
        let length = match std::task::ready!(self.wire.poll_head(cx, limits.bytes)) {
            Ok(length) => length,
            Err(HeadFault::Closed | HeadFault::Broken) => return Poll::Ready(Err(NoRequest::Gone)),
            Err(HeadFault::TooLarge) => return Poll::Ready(Err(NoRequest::Refused(self.too_large(&limits)))),
            Err(HeadFault::Malformed(reason)) => return Poll::Ready(Err(NoRequest::Refused(reason))),
        };
        let bytes = self.wire.unread().get(..length).unwrap_or_default();
        if let Err(reason) = read_request(bytes, &limits, head) {
            return Poll::Ready(Err(NoRequest::Refused(reason)));
        }
        self.wire.take_head(length);
        self.minor = u8::from(head.version != Version::Http10);
        self.head_only = head.method() == "HEAD";
        self.persistent =
            if self.minor == 0 { head.connection.keep_alive } else { true } && !head.connection.close;
        let limit = **listener.limits().body_bytes();
        self.wire.receive(head.framing, limit);
        match (head.framing, limit) {
            (Framing::Length(length), Some(limit)) if length > limit => {
                Poll::Ready(Err(NoRequest::Refused(Reason::BodyTooLarge)))
            }
            _ => Poll::Ready(Ok(())),
        }
    }

    /// A head that outgrew its limit, told apart by whether its target alone did.
    fn too_large(&self, limits: &HeadLimits) -> Reason {
        let line = self.wire.unread().split(|byte| *byte == b'\r').next().unwrap_or_default();
        if line.len() > limits.uri { Reason::UriTooLong } else { Reason::HeadTooLarge }
    }

    /// Reads and drops what still comes, so that the caller gets to read the answer before the connection is reset. Says
    /// whether the caller ended before it had sent `left` octets.
    pub async fn linger(&mut self, mut left: u64) -> bool {
        if poll_fn(|cx| self.wire.poll_close(cx)).await.is_err() {
            return true;
        }
        while left > 0 {
            match poll_fn(|cx| self.wire.poll_discard(cx)).await {
                Ok(count) if count > 0 => left = left.saturating_sub(count),
                _ => return true,
            }
        }
        false
    }
}

impl<S: Transport> Drop for Http1Caller<S> {
    fn drop(&mut self) {
        if self.wire.ends_by_close() {
            self.wire.io().into_iter().for_each(Duplex::break_on_close);
        }
    }
}

impl<S: Transport> Caller for Http1Caller<S> {
    fn answer(&mut self, head: &AnswerHead<'_>, last: bool) {
        let bodiless = head.framing == Framing::None || self.head_only;
        // a body without a known end is chunked for callers that know chunks, and ends with the connection for others
        let framing = match head.framing {
            _ if head.tunnel => Framing::UntilClose,
            _ if bodiless => Framing::None,
            Framing::Length(length) => Framing::Length(length),
            _ if self.minor == 1 => Framing::Chunked,
            _ => Framing::UntilClose,
        };
        self.persistent &= !last && framing != Framing::UntilClose;
        let persistence = match (head.status, self.persistent) {
            (101, _) => Persistence::Upgrade,
            _ if head.tunnel => Persistence::Open,
            (_, false) => Persistence::Close,
            (_, true) if self.minor == 0 => Persistence::KeepAlive,
            (_, true) => Persistence::Open,
        };
        let output = self.wire.send(framing);
        write_response(head.status, head.phrase, head.fields, head.out, framing, persistence, output);
    }

    fn is_received(&mut self) -> bool {
        self.wire.drop_buffered()
    }

    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.wire.io()?.addresses()
    }
}

impl<S: Transport> Waiting for Http1Caller<S> {
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.wire.poll_gone(cx)
    }

    async fn interim(&mut self, head: &ResponseHead) -> io::Result<()> {
        if self.minor == 0 {
            return Ok(());
        }
        let mut out = Outgoing::default();
        hop::response(head, &mut out);
        write_interim(head.status, head.phrase(), &head.fields, &out, self.wire.send(Framing::None));
        poll_fn(|cx| self.wire.poll_flush(cx)).await
    }
}

impl<S: Transport> Wired for Http1Caller<S> {
    type Io = S;

    fn wire(&self) -> &Http1<S> {
        &self.wire
    }

    fn wire_mut(&mut self) -> &mut Http1<S> {
        &mut self.wire
    }
}
