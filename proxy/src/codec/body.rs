//! Bodies as a flow of payload, whatever the protocol on either side: a source, a sink, and the pump between them.

use std::io;
use std::task::{Context, Poll, ready};

use crate::codec::buffer::Buffer;
use crate::codec::fields::Fields;
use crate::sys::pipe::Pipe;
use crate::sys::stream::Stream;
use crate::sys::transport::Duplex;

/// How long a body is (RFC 9112 §6.3). There is no fifth way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// So many octets.
    Length(u64),
    /// `chunked`.
    Chunked,
    /// Until the sender closes; answers only.
    UntilClose,
}

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFault {
    /// The connection failed.
    Broken,
    /// The sender ended before the body did.
    Truncated,
    /// The framing cannot be read in one way only.
    Malformed,
    /// More octets than allowed.
    TooLarge,
}

/// What there is to take from a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// [`Source::payload`] is not empty.
    Payload,
    /// The body is whole; trailers, if any, are known.
    End,
}

/// One end of the short way: payload that nobody has to see goes from socket to socket.
#[derive(Debug, Clone, Copy)]
pub struct Direct<'a> {
    /// The socket.
    pub socket: &'a Stream,
    /// How many of its next octets are payload.
    pub most: u64,
}

/// Where payload comes from.
pub trait Source {
    /// Waits until there is payload, or the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>>;
    /// The payload that is at hand.
    fn payload(&self) -> &[u8];
    /// Drops payload that was passed on.
    fn consume(&mut self, count: usize);
    /// The trailers, once the end was seen.
    fn trailers(&self) -> Option<&Fields>;
    /// The short way, where it is open and worth its cost.
    fn direct_from(&self) -> Option<Direct<'_>> {
        None
    }
    /// A pipe for the short way.
    fn lend_pipe(&self) -> Option<Pipe> {
        None
    }
    /// Counts payload that went the short way; after none the next goes the long way, which sees why.
    fn taken(&mut self, _count: usize) {}
}

/// Where payload goes to.
pub trait Sink {
    /// Takes some of the payload (at least one octet of it); may hold it back until the next flush.
    fn poll_put(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>>;
    /// Sends what was held back.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Marks the end of the body. Called once; a flush follows.
    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()>;
    /// The short way, where it is open: nothing is held back, and payload needs no framing.
    fn direct_to(&self) -> Option<Direct<'_>> {
        None
    }
    /// Counts payload that came by the short way.
    fn given(&mut self, _count: usize) {}
}

/// One mouth of a tunnel.
#[derive(Debug)]
pub struct Mouth<D> {
    /// The stream.
    pub io: D,
    /// What was read of it before.
    pub unread: Option<Buffer>,
}

/// What can become a tunnel, once its head has left.
pub trait Opens: Sink {
    /// The mouth; none where there is no stream any more.
    fn mouth(&mut self) -> Option<Mouth<Box<dyn Duplex + '_>>>;
    /// Counts what was read and written at the mouth, where the connection counts that of its exchange.
    fn passed(&mut self, _received: u64, _written: u64) {}
}

/// Why a pump stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PumpFault {
    /// The side that sends.
    Source(BodyFault),
    /// The side that receives.
    Sink,
}

/// One direction of an exchange.
#[derive(Debug, Default)]
pub struct Pump {
    pipe: Option<Pipe>,
    ended: bool,
    done: bool,
    at_sink: bool,
    moved: u64,
}

impl Pump {
    /// Whether everything has been passed on.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Whether the source has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether the receiving side is the one that has to be waited for.
    #[must_use]
    pub fn waits_for_sink(&self) -> bool {
        self.at_sink
    }

    /// Octets of payload passed on.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.moved
    }

    /// Passes payload on until the end, or until one of the sides has to be waited for.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut impl Source,
        sink: &mut impl Sink,
    ) -> Poll<Result<(), PumpFault>> {
        while !self.ended {
            if ready!(self.poll_direct(cx, source, sink))? {
                continue;
            }
            self.at_sink = false;
            match source.poll_fill(cx) {
                Poll::Ready(Ok(Fill::Payload)) => {
                    self.at_sink = true;
                    let put = ready!(sink.poll_put(cx, source.payload())).map_err(|_| PumpFault::Sink)?;
                    self.moved += put as u64;
                    source.consume(put);
                }
                Poll::Ready(Ok(Fill::End)) => {
                    self.ended = true;
                    sink.finish(source.trailers()).map_err(|_| PumpFault::Sink)?;
                }
                Poll::Ready(Err(fault)) => return Poll::Ready(Err(PumpFault::Source(fault))),
                Poll::Pending => {
                    self.at_sink = true;
                    ready!(sink.poll_flush(cx)).map_err(|_| PumpFault::Sink)?;
                    self.at_sink = false;
                    return Poll::Pending;
                }
            }
        }
        self.at_sink = true;
        ready!(sink.poll_flush(cx)).map_err(|_| PumpFault::Sink)?;
        self.done = true;
        Poll::Ready(Ok(()))
    }

    /// Passes payload on by the short way; says whether any went. While it stands still it holds no pipe.
    fn poll_direct(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut impl Source,
        sink: &mut impl Sink,
    ) -> Poll<Result<bool, PumpFault>> {
        if self.pipe.as_ref().is_none_or(|pipe| pipe.held() == 0) {
            let (Some(from), Some(to)) = (source.direct_from(), sink.direct_to()) else {
                self.pipe = None;
                return Poll::Ready(Ok(false));
            };
            let Some(mut pipe) = self.pipe.take().or_else(|| source.lend_pipe()) else {
                return Poll::Ready(Ok(false));
            };
            self.at_sink = false;
            let filled = ready!(pipe.poll_fill(cx, from.socket, from.most.min(to.most)));
            let count = filled.map_err(|_| PumpFault::Source(BodyFault::Broken))?;
            source.taken(count);
            if count == 0 {
                return Poll::Ready(Ok(false));
            }
            self.pipe = Some(pipe);
        }
        self.at_sink = true;
        let (Some(pipe), Some(to)) = (&mut self.pipe, sink.direct_to()) else {
            return Poll::Ready(Err(PumpFault::Sink));
        };
        let count = ready!(pipe.poll_drain(cx, to.socket)).map_err(|_| PumpFault::Sink)?;
        self.moved += count as u64;
        sink.given(count);
        Poll::Ready(Ok(true))
    }
}
