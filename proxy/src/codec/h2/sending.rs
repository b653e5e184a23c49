//! The half of a stream that sends, as a sink of payload.

use std::io;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};

use super::fields::map;
use crate::codec::body::{Framing, Sink};
use crate::codec::fields::Fields;

/// A body on its way out, whose head has left. It takes what the receiver has granted.
#[derive(Debug)]
pub struct Sending {
    stream: SendStream<Bytes>,
    /// Octets that the head has promised and that are still owed.
    left: Option<u64>,
    /// Octets that go with the head, before anything is granted.
    ahead: usize,
    /// The last octets of a sized body, until it is known whether trailers follow: most often none do, and they end the stream.
    tail: Bytes,
    ended: bool,
    broken: bool,
}

/// Octets of a body that wait with its head.
const AHEAD_MAX: usize = 16 * 1024;

fn reset(fault: &h2::Error) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, fault.to_string())
}

impl Sending {
    /// Whether the head of such a message ends its stream.
    #[must_use]
    pub fn is_bodiless(framing: Framing) -> bool {
        matches!(framing, Framing::None | Framing::Length(0))
    }

    /// The body of a message that is framed so.
    #[must_use]
    pub fn new(stream: SendStream<Bytes>, framing: Framing) -> Self {
        let left = match framing {
            Framing::Length(length) => Some(length),
            Framing::None | Framing::Chunked | Framing::UntilClose => None,
        };
        Self { stream, left, ahead: 0, tail: Bytes::new(), ended: Self::is_bodiless(framing), broken: false }
    }

    /// The same, where the stream is only open when its head has left: a first piece of the body does not wait for that, since
    /// most bodies are no longer, and the two then leave together.
    #[must_use]
    pub fn with_head(stream: SendStream<Bytes>, framing: Framing) -> Self {
        Self { ahead: AHEAD_MAX, ..Self::new(stream, framing) }
    }

    /// Whether the message was given to its last octet.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.ended
    }

    /// Whether the receiver has reset the stream, or the connection has failed, as far as was seen.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Ends when the receiver has reset the stream, or the connection has failed.
    pub fn poll_reset(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.ended {
            return Poll::Pending;
        }
        self.stream.poll_reset(cx).map(|_| self.broken = true)
    }

    /// The same, but not of a receiver that has no need of more and nothing to complain of (RFC 9113 §8.1).
    pub fn poll_broken(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.ended {
            return Poll::Pending;
        }
        match ready!(self.stream.poll_reset(cx)) {
            Ok(Reason::NO_ERROR) => Poll::Pending,
            _ => {
                self.broken = true;
                Poll::Ready(())
            }
        }
    }

    /// Whether the receiver would take something now; the task is woken when it would.
    pub fn has_room(&mut self, cx: &mut Context<'_>) -> bool {
        self.poll_room(cx, 1).is_ready()
    }

    /// Waits until the receiver has granted some of so many octets.
    fn poll_room(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<io::Result<usize>> {
        self.stream.reserve_capacity(wanted);
        loop {
            let room = self.stream.capacity();
            if room > 0 {
                return Poll::Ready(Ok(room));
            }
            match ready!(self.stream.poll_capacity(cx)) {
                Some(granted) => self.unless_broken(granted.map(|_| ()))?,
                None => {
                    self.broken = true;
                    return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
                }
            }
        }
    }

    fn send_tail(&mut self) -> io::Result<()> {
        if self.tail.is_empty() {
            return Ok(());
        }
        let sent = self.stream.send_data(std::mem::take(&mut self.tail), false);
        self.unless_broken(sent)
    }

    fn unless_broken(&mut self, sent: Result<(), h2::Error>) -> io::Result<()> {
        sent.map_err(|fault| {
            self.broken = true;
            reset(&fault)
        })
    }
}

impl Sink for Sending {
    fn poll_put(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        if self.ended || self.left.is_some_and(|left| left < payload.len() as u64) {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let ahead = std::mem::take(&mut self.ahead);
        let room = if ahead > 0 { ahead } else { ready!(self.poll_room(cx, payload.len()))? };
        let count = room.min(payload.len());
        let chunk = Bytes::copy_from_slice(payload.get(..count).unwrap_or_default());
        if let Some(left) = &mut self.left {
            *left -= count as u64;
            if *left == 0 {
                self.tail = chunk;
                return Poll::Ready(Ok(count));
            }
        }
        let sent = self.stream.send_data(chunk, false);
        Poll::Ready(self.unless_broken(sent).map(|()| count))
    }

    /// The task of the connection sends, as soon as it can; no more is held back than the send buffer.
    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.send_tail())
    }

    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        if self.left.is_some_and(|left| left > 0) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.ended = true;
        let trailers = trailers.filter(|trailers| !trailers.is_empty());
        let sent = match trailers {
            Some(trailers) => {
                self.send_tail()?;
                self.stream.send_trailers(map(trailers.iter()))
            }
            None => self.stream.send_data(std::mem::take(&mut self.tail), true),
        };
        self.unless_broken(sent)
    }
}
