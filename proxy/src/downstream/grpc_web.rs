//! A caller that speaks gRPC-Web, as one that speaks gRPC: to everything behind it, its call is one of gRPC.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use towpath_config::model::Listener;

use crate::codec::base64::{Decoder, Encoder};
use crate::codec::body::{BodyFault, Fill, Framing, Mouth, Opens, Sink, Source};
use crate::codec::fields::Fields;
use crate::codec::grpc::web::{self, Dialect};
use crate::codec::message::{RequestHead, ResponseHead};
use crate::codec::outgoing::Outgoing;
use crate::exchange::{AnswerHead, Caller};
use crate::forward::Waiting;
use crate::sys::transport::Duplex;

/// So much is made text, or octets, at once.
const PIECE_BYTES: usize = 12 << 10;

/// The dialect of a call, where the listener translates it; its head is then one of gRPC.
pub(super) fn dialect(listener: &Listener, head: &mut RequestHead) -> Option<Dialect> {
    if !**listener.http().grpc_web() || head.is_connect() || head.upgrade().is_some() {
        return None;
    }
    web::translate(head)
}

/// What of the answer has to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Nothing: it is no answer of gRPC, or has no body.
    Plain,
    /// Its trailers come behind its octets.
    Octets,
    /// So they do, and all of it is text.
    Text,
}

/// A caller with a translation around it. It holds two pieces at most.
#[derive(Debug)]
pub(super) struct GrpcWeb<'a, C> {
    caller: &'a mut C,
    dialect: Dialect,
    decoder: Decoder,
    request: Piece,
    answer: Answer,
    encoder: Encoder,
    output: Piece,
    ends: bool,
}

/// Octets that were not taken yet.
#[derive(Debug, Default)]
struct Piece {
    bytes: Vec<u8>,
    taken: usize,
}

impl Piece {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    fn take(&mut self, count: usize) {
        self.taken += count;
        if self.rest().is_empty() {
            self.bytes.clear();
            self.taken = 0;
        }
    }
}

impl<'a, C: Caller> GrpcWeb<'a, C> {
    pub(super) fn new(caller: &'a mut C, dialect: Dialect) -> Self {
        Self {
            caller,
            dialect,
            decoder: Decoder::default(),
            request: Piece::default(),
            answer: Answer::Plain,
            encoder: Encoder::default(),
            output: Piece::default(),
            ends: false,
        }
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.rest().is_empty() {
            let count = ready!(self.caller.poll_put(cx, self.output.rest()))?;
            self.output.take(count);
        }
        Poll::Ready(Ok(()))
    }
}

impl<C: Caller> Source for GrpcWeb<'_, C> {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        if !self.dialect.text_up {
            return self.caller.poll_fill(cx);
        }
        while self.request.rest().is_empty() {
            if ready!(self.caller.poll_fill(cx))? == Fill::End {
                let whole = self.decoder.is_whole();
                return Poll::Ready(if whole { Ok(Fill::End) } else { Err(BodyFault::Malformed) });
            }
            let text = self.caller.payload();
            let text = text.get(..PIECE_BYTES).unwrap_or(text);
            let count = text.len();
            self.decoder.decode(text, &mut self.request.bytes).map_err(|_| BodyFault::Malformed)?;
            self.caller.consume(count);
        }
        Poll::Ready(Ok(Fill::Payload))
    }

    fn payload(&self) -> &[u8] {
        if self.dialect.text_up { self.request.rest() } else { self.caller.payload() }
    }

    fn consume(&mut self, count: usize) {
        if self.dialect.text_up { self.request.take(count) } else { self.caller.consume(count) }
    }

    fn trailers(&self) -> Option<&Fields> {
        self.caller.trailers()
    }
}

impl<C: Caller> Sink for GrpcWeb<'_, C> {
    fn poll_put(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_drain(cx))?;
        if self.answer != Answer::Text {
            return self.caller.poll_put(cx, payload);
        }
        let piece = payload.get(..PIECE_BYTES).unwrap_or(payload);
        self.encoder.encode(piece, &mut self.output.bytes);
        Poll::Ready(Ok(piece.len()))
    }

    /// What was held back for want of a third octet is padded, so that it can be read now.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.encoder.pad(&mut self.output.bytes);
        ready!(self.poll_drain(cx))?;
        if std::mem::take(&mut self.ends) {
            self.caller.finish(None)?;
        }
        self.caller.poll_flush(cx)
    }

    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()> {
        if self.answer == Answer::Plain {
            return self.caller.finish(trailers);
        }
        if let Some(trailers) = trailers.filter(|trailers| !trailers.is_empty()) {
            let frame = web::trailers(trailers);
            match self.answer {
                Answer::Text => self.encoder.encode(&frame, &mut self.output.bytes),
                Answer::Octets | Answer::Plain => self.output.bytes.extend(frame),
            }
        }
        self.ends = true;
        Ok(())
    }
}

impl<C: Caller> Waiting for GrpcWeb<'_, C> {
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.caller.poll_gone(cx)
    }

    async fn interim(&mut self, head: &ResponseHead) -> io::Result<()> {
        self.caller.interim(head).await
    }

    fn is_stalled(&mut self, cx: &mut Context<'_>) -> bool {
        self.caller.is_stalled(cx)
    }
}

impl<C: Caller> Opens for GrpcWeb<'_, C> {
    fn mouth(&mut self) -> Option<Mouth<Box<dyn Duplex + '_>>> {
        // a call becomes no tunnel
        None
    }
}

impl<C: Caller> Caller for GrpcWeb<'_, C> {
    fn answer(&mut self, head: &AnswerHead<'_>, last: bool) {
        let native =
            head.out.fields(head.fields).find(|field| field.name.eq_ignore_ascii_case(b"content-type"));
        let Some(content_type) = native.and_then(|field| web::content_type(field.value, self.dialect)) else {
            return self.caller.answer(head, last);
        };
        let bodiless = matches!(head.framing, Framing::None | Framing::Length(0));
        if !bodiless {
            self.answer = if self.dialect.text_down { Answer::Text } else { Answer::Octets };
        }
        let mut fields = Fields::default();
        for field in head.out.fields(head.fields) {
            let is = |name: &[u8]| field.name.eq_ignore_ascii_case(name);
            if is(b"content-type") {
                fields.add(field.name, |value| value.extend_from_slice(&content_type));
            } else if bodiless || !is(b"content-length") {
                fields.add(field.name, |value| value.extend_from_slice(field.value));
            }
        }
        let framing = if bodiless { head.framing } else { Framing::Chunked };
        let out = Outgoing::default();
        self.caller.answer(&AnswerHead { fields: &fields, out: &out, framing, ..*head }, last);
    }

    fn is_received(&mut self) -> bool {
        self.caller.is_received()
    }

    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.caller.addresses()
    }
}

#[cfg(test)]
mod tests;
