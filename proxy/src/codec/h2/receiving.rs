//! The half of a stream that receives, as a source of payload.

use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use h2::{Reason, RecvStream};

use super::credit::{Credit, Reader};
use super::fields::read_trailers;
use crate::codec::body::{BodyFault, Fill, Source};
use crate::codec::fields::Fields;

/// What a frame of DATA costs that waits to be passed on, in octets, however few it has: the crate counts what it lacks of them.
pub const SMALL_FRAME: usize = 256;

/// A body on its way in. The sender may send as much again only when what came was passed on, so that a side that stands
/// still stops this stream, and no other of its connection.
#[derive(Debug)]
pub struct Receiving {
    stream: RecvStream,
    /// What came and was not passed on yet.
    chunk: Bytes,
    /// How many octets may still come.
    allowed: u64,
    trailers: Option<Box<Fields>>,
    ended: bool,
    /// How many octets the head has promised that have not come.
    owed: Option<u64>,
    /// Whether nothing more is worth having for now.
    sated: bool,
    fault: Option<h2::Error>,
    reader: Option<Reader>,
}

impl Receiving {
    /// A body of at most `limit` octets.
    #[must_use]
    pub fn new(stream: RecvStream, limit: Option<u64>) -> Self {
        let ended = stream.is_end_stream();
        let allowed = limit.unwrap_or(u64::MAX);
        let (chunk, trailers, fault, reader) = Default::default();
        Self { stream, chunk, allowed, trailers, ended, owed: None, sated: false, fault, reader }
    }

    /// A body that comes by a connection whose room grows as it is needed.
    #[must_use]
    pub fn credited(stream: RecvStream, credit: &Rc<Credit>) -> Self {
        Self { reader: Some(Reader::of(credit)), ..Self::new(stream, None) }
    }

    /// Notes how long the body is. Once all of that has come, it does not matter how the connection ends.
    pub fn promise(&mut self, length: u64) {
        self.owed = Some(length);
    }

    /// Whether whoever it is for stands still, so that the sender may as well wait.
    pub fn read_little(&mut self, little: bool) {
        self.sated = little;
    }

    /// Whether the body came whole, as far as can be said without waiting.
    #[must_use]
    pub fn is_received(&self) -> bool {
        self.ended || self.stream.is_end_stream()
    }

    /// What broke the stream off.
    #[must_use]
    pub fn fault(&self) -> Option<&h2::Error> {
        self.fault.as_ref()
    }

    /// Takes what comes next: octets, or the end and the trailers.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyFault>> {
        if let Some(chunk) = ready!(self.stream.poll_data(cx)) {
            if self.owed == Some(0) && chunk.as_ref().is_err_and(is_farewell) {
                self.ended = true;
                return Poll::Ready(Ok(()));
            }
            self.chunk = self.unless_broken(chunk)?;
            let count = self.chunk.len() as u64;
            self.allowed = self.allowed.checked_sub(count).ok_or(BodyFault::TooLarge)?;
            self.owed = self.owed.map(|owed| owed.saturating_sub(count));
            // nothing follows, not even trailers, which need not be asked for
            self.ended = self.stream.is_end_stream();
            return Poll::Ready(Ok(()));
        }
        let trailers = ready!(self.stream.poll_trailers(cx));
        self.ended = true;
        if let Some(map) = self.unless_broken(trailers)? {
            self.trailers = Some(Box::new(read_trailers(&map)?));
        }
        Poll::Ready(Ok(()))
    }

    fn unless_broken<T>(&mut self, received: Result<T, h2::Error>) -> Result<T, BodyFault> {
        received.map_err(|fault| {
            self.fault = Some(fault);
            BodyFault::Broken
        })
    }
}

/// Whether a stream has ended with its connection, or by a reset that complains of nothing. That the sender had ended it before is
/// forgotten then.
fn is_farewell(fault: &h2::Error) -> bool {
    fault.is_io() || fault.reason() == Some(Reason::NO_ERROR)
}

impl Source for Receiving {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        while self.chunk.is_empty() {
            if self.ended {
                return Poll::Ready(Ok(Fill::End));
            }
            let Poll::Ready(received) = self.poll_receive(cx) else {
                if let Some(reader) = self.reader.as_mut().filter(|_| !self.sated) {
                    reader.wait(cx);
                }
                return Poll::Pending;
            };
            received?;
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
        let _ = self.stream.flow_control().release_capacity(count);
        if let Some(reader) = &self.reader {
            reader.take(count);
        }
    }

    fn trailers(&self) -> Option<&Fields> {
        self.trailers.as_deref()
    }
}
