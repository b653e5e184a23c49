//! STOP 10: request → answer, whatever the endpoint speaks.

use std::io;
use std::task::{Context, Poll};

use towpath_config::model::ClusterLimits;

use super::http1::Http1Attempt;
use super::http2::Http2Attempt;
use super::pool::Connection;
use crate::codec::body::{BodyFault, Direct, Fill, Framing, Mouth, Opens, Sink, Source};
use crate::codec::fields::Fields;
use crate::codec::h1::Asked;
use crate::codec::message::ResponseHead;
use crate::outcome::Reason;
use crate::sys::pipe::Pipe;
use crate::sys::transport::Duplex;

/// What goes out as the head of a request.
#[derive(Debug)]
pub struct RequestLine<'a> {
    /// The method.
    pub method: &'a str,
    /// What stands between method and version, in parts.
    pub uri: &'a [&'a str],
    /// How the body is framed.
    pub framing: Framing,
    /// How the answer is to be read.
    pub asked: Asked,
}

/// What an endpoint can have seen of a request that it did not answer: whether the request may be sent again is judged by
/// this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: there was no connection to send it on.
    Unsent,
    /// Nothing: it says that it has not processed it.
    Refused,
    /// Nothing: not a byte of it had left when a connection ended that had been used before.
    Nothing,
    /// Nobody can say: a connection that had been used before ended without a byte of the answer.
    Unknown,
    /// It may have begun to answer.
    Something,
}

/// Why an attempt gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptFault {
    /// What the caller is told.
    pub reason: Reason,
    /// What of the request was seen.
    pub seen: Seen,
}

impl AttemptFault {
    /// There was no connection to send it on.
    #[must_use]
    pub fn unsent(reason: Reason) -> Self {
        Self { reason, seen: Seen::Unsent }
    }
}

impl From<Reason> for AttemptFault {
    /// Not to be sent again.
    fn from(reason: Reason) -> Self {
        Self { reason, seen: Seen::Something }
    }
}

/// One exchange with one endpoint. The answer's payload comes from it, the request's goes into it.
#[derive(Debug)]
pub enum Attempt {
    /// On a connection of HTTP/1.1.
    Http1(Http1Attempt),
    /// On a connection of HTTP/2, beside others.
    Http2(Http2Attempt),
}

/// The same call on whichever attempt it is.
macro_rules! on_attempt {
    ($attempt:expr, $call:ident($($argument:expr),*)) => {
        match $attempt {
            Attempt::Http1(attempt) => attempt.$call($($argument),*),
            Attempt::Http2(attempt) => attempt.$call($($argument),*),
        }
    };
}

impl Attempt {
    /// Octets received and sent.
    #[must_use]
    pub fn traffic(&self) -> (u64, u64) {
        on_attempt!(self, traffic())
    }

    /// Whether no more than a little is worth reading at once, since whoever it is for does not take it.
    pub fn read_little(&mut self, little: bool) {
        on_attempt!(self, read_little(little));
    }

    /// Waits for a head, final or interim.
    pub fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        asked: Asked,
        limits: &ClusterLimits,
        head: &mut ResponseHead,
    ) -> Poll<Result<(), AttemptFault>> {
        on_attempt!(self, poll_head(cx, asked, limits, head))
    }

    /// Gives a connection that carries one exchange at a time away for another one, when the answer was read to its last
    /// byte and nothing follows. The caller must know that the request was sent whole.
    pub fn take_connection(&mut self) -> Option<Connection> {
        match self {
            Self::Http1(attempt) => attempt.take_connection(),
            Self::Http2(_) => None,
        }
    }
}

impl Source for Attempt {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        on_attempt!(self, poll_fill(cx))
    }

    fn payload(&self) -> &[u8] {
        on_attempt!(self, payload())
    }

    fn consume(&mut self, count: usize) {
        on_attempt!(self, consume(count));
    }

    fn trailers(&self) -> Option<&Fields> {
        on_attempt!(self, trailers())
    }

    fn direct_from(&self) -> Option<Direct<'_>> {
        on_attempt!(self, direct_from())
    }

    fn lend_pipe(&self) -> Option<Pipe> {
        on_attempt!(self, lend_pipe())
    }

    fn taken(&mut self, count: usize) {
        on_attempt!(self, taken(count));
    }
}

impl Sink for Attempt {
    fn poll_put(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        on_attempt!(self, poll_put(cx, payload))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // both what an attempt is and what it is built on have a way to do it
        match self {
            Self::Http1(attempt) => Sink::poll_flush(attempt, cx),
            Self::Http2(attempt) => Sink::poll_flush(attempt, cx),
        }
    }

    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()> {
        on_attempt!(self, finish(trailers))
    }

    fn direct_to(&self) -> Option<Direct<'_>> {
        on_attempt!(self, direct_to())
    }

    fn given(&mut self, count: usize) {
        on_attempt!(self, given(count));
    }
}

impl Opens for Attempt {
    fn mouth(&mut self) -> Option<Mouth<Box<dyn Duplex + '_>>> {
        on_attempt!(self, mouth())
    }
}

#[cfg(test)]
mod tests;
