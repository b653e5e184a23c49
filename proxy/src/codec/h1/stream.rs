//! One HTTP/1.1 connection, from either side: a stream of bytes with a decoder and an encoder around it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::decoder::Decoder;
use super::encoder::Encoder;
use super::head::Scan;
use crate::codec::body::{BodyFault, Direct, Fill, Framing, Mouth, Opens, Sink, Source};
use crate::codec::buffer::{BUFFER_BYTES, Buffer};
use crate::codec::fields::Fields;
use crate::outcome::Reason;
use crate::sys::pipe::Pipe;
use crate::sys::transport::{Duplex, Transport};

/// Payload up to this is copied behind its head and sent with it; more is sent from where it lies.
const COPY_MAX: usize = 4 * 1024;

/// What is read at once for who cannot take more.
const LITTLE: usize = 512;

/// A read of so much that fills all there is room for tells of more behind it.
const FLOOD: usize = BUFFER_BYTES / 2;

/// For a rest of a body that is shorter, the short way is not worth its extra system calls.
const DIRECT_MIN: u64 = 2 * BUFFER_BYTES as u64;

/// Why no head could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadFault {
    /// The peer closed before the first byte.
    Closed,
    /// The connection ended or failed in the middle of the head.
    Broken,
    /// The head is longer than allowed.
    TooLarge,
    /// The bytes are no head.
    Malformed(Reason),
}

/// A connection that is busy. When it is dropped its buffers go back to the worker.
#[derive(Debug)]
pub struct Http1<S> {
    io: Option<S>,
    input: Buffer,
    output: Vec<u8>,
    sent: usize,
    scan: Scan,
    decoder: Decoder,
    encoder: Encoder,
    received: u64,
    written: u64,
    flooded: bool,
    little: bool,
}

impl<S> Http1<S> {
    /// Wraps a stream.
    #[must_use]
    pub fn new(io: S, input: Buffer) -> Self {
        Self {
            io: Some(io),
            output: Vec::new(),
            input,
            sent: 0,
            scan: Scan::default(),
            decoder: Decoder::new(Framing::None, None),
            encoder: Encoder::new(Framing::None),
            received: 0,
            written: 0,
            flooded: false,
            little: false,
        }
    }

    /// Whether no more than 512 octets are worth reading at once.
    pub fn read_little(&mut self, little: bool) {
        self.little = little;
    }

    /// Gives the stream away; what was read stays here.
    pub fn release(&mut self) -> Option<S> {
        self.io.take()
    }

    /// The stream and what was read of it: from here on others read and write.
    pub fn hand_over(&mut self) -> Option<(&mut S, Buffer)> {
        let unread = self.input.take();
        self.io.as_mut().map(|io| (io, unread))
    }

    /// The stream.
    pub fn io(&self) -> Option<&S> {
        self.io.as_ref()
    }

    /// Whether nothing that was read is left over.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.input.is_empty()
    }

    /// Whether the body that is being received is whole.
    #[must_use]
    pub fn is_received(&self) -> bool {
        self.decoder.is_done()
    }

    /// Whether the rest of the body that is being received, and nothing else, was read already.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let rest = self.decoder.payload(&self.input).len();
        self.decoder.is_whole_in(&self.input) && rest == self.input.filled().len()
    }

    /// Octets received and written so far.
    #[must_use]
    pub fn traffic(&self) -> (u64, u64) {
        (self.received, self.written)
    }

    /// Begins to receive a body.
    pub fn receive(&mut self, framing: Framing, limit: Option<u64>) {
        self.decoder = Decoder::new(framing, limit);
    }

    /// Begins to send a message: its head is written into the returned buffer, its body follows through [`Sink`].
    pub fn send(&mut self, framing: Framing) -> &mut Vec<u8> {
        self.encoder = Encoder::new(framing);
        self.lend_output()
    }

    /// Memory for what is to be written, until it has left.
    fn lend_output(&mut self) -> &mut Vec<u8> {
        if self.output.capacity() == 0 {
            self.output = self.input.lend_output();
        }
        &mut self.output
    }

    /// Drops what was read of the body that is being received, and says whether that was all of it.
    pub fn drop_buffered(&mut self) -> bool {
        loop {
            match self.decoder.advance(&mut self.input) {
                Ok(Some(Fill::Payload)) => {
                    let count = self.decoder.payload(&self.input).len();
                    self.input.consume(count);
                    self.decoder.consume(count as u64);
                }
                Ok(Some(Fill::End)) => return true,
                Ok(None) | Err(_) => return false,
            }
        }
    }

    /// What was read and not yet used.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        self.input.filled()
    }

    /// Takes a head of this length off the input; the next head is looked for behind it.
    pub fn take_head(&mut self, length: usize) {
        self.input.consume(length);
        self.scan = Scan::default();
    }

    /// Whether the peer takes the end of the connection for the end of the body that is being sent.
    #[must_use]
    pub fn ends_by_close(&self) -> bool {
        self.encoder.ends_by_close()
    }

    /// Whether a byte of a next head was read.
    #[must_use]
    pub fn has_input(&self) -> bool {
        !self.input.is_empty()
    }
}

impl<S: Transport> Http1<S> {
    /// Reads until a whole head stands in [`Http1::unread`] and gives its length.
    pub fn poll_head(&mut self, cx: &mut Context<'_>, limit: usize) -> Poll<Result<usize, HeadFault>> {
        loop {
            if let Some(length) = self.find_head().map_err(HeadFault::Malformed)? {
                return Poll::Ready(if length <= limit { Ok(length) } else { Err(HeadFault::TooLarge) });
            }
            if self.input.filled().len() >= limit || (self.input.is_full() && !self.input.grow(limit)) {
                return Poll::Ready(Err(HeadFault::TooLarge));
            }
            match ready!(self.poll_read(cx)) {
                Ok(0) if self.input.is_empty() => return Poll::Ready(Err(HeadFault::Closed)),
                Ok(0) => return Poll::Ready(Err(HeadFault::Broken)),
                Ok(_) => {}
                Err(_) if self.input.is_empty() => return Poll::Ready(Err(HeadFault::Closed)),
                Err(_) => return Poll::Ready(Err(HeadFault::Broken)),
            }
        }
    }

    /// The length of the head, once it is whole.
    fn find_head(&mut self) -> Result<Option<usize>, Reason> {
        if self.input.is_empty() {
            return Ok(None);
        }
        let leading = Scan::leading(self.input.filled())?;
        self.input.consume(leading);
        self.scan.end(self.input.filled())
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Some(io) = &mut self.io else { return Poll::Ready(Ok(0)) };
        if !self.input.has_memory() {
            ready!(io.poll_readable(cx));
        }
        let most = if self.little { LITTLE } else { BUFFER_BYTES };
        let window = self.input.spare_up_to(most);
        let room = window.len();
        let Poll::Ready(read) = io.poll_read_into(cx, window) else {
            self.input.rest();
            return Poll::Pending;
        };
        let count = read?;
        self.flooded = count == room && count >= FLOOD;
        self.input.filled_by(count);
        self.received += count as u64;
        Poll::Ready(Ok(count))
    }

    /// Ends when the peer has reset the connection, or has closed both of its sides, where that can be known. What it
    /// sends meanwhile is kept for later; an end of its sending side alone says nothing, since it may still read.
    pub fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.input.is_full() {
            // mostly nothing is to be read: to be told of it takes no memory
            self.input.rest();
            let Some(io) = &self.io else { return Poll::Pending };
            ready!(io.poll_readable(cx));
            match self.poll_read(cx) {
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Ready(Ok(0)) if self.io.as_ref().is_some_and(Transport::is_hung_up) => {
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(count)) if count > 0 => {}
                _ => return Poll::Pending,
            }
        }
        Poll::Pending
    }

    /// Reads and drops what the peer still sends, until it closes.
    pub fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let held = self.input.filled().len();
        self.input.consume(held);
        self.poll_read(cx).map_ok(|count| count as u64)
    }

    /// Sends what is pending.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.output.is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.poll_write(cx, &[]).map_ok(|_| ())
    }

    /// Sends the end of our side; the other side goes on.
    pub fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(cx))?;
        match &mut self.io {
            Some(io) => Pin::new(io).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }

    /// Writes what is pending, then `payload`; gives how much of the payload went out.
    fn poll_write(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let pending = self.output.get(self.sent..).unwrap_or_default();
            let Some(io) = &mut self.io else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
            let io = Pin::new(io);
            let count = ready!(match (pending, payload) {
                (only, []) | ([], only) => io.poll_write(cx, only),
                _ => io.poll_write_vectored(cx, &[IoSlice::new(pending), IoSlice::new(payload)]),
            })?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += count as u64;
            let before = count.min(pending.len());
            self.sent += before;
            if self.sent == self.output.len() {
                self.input.take_output(std::mem::take(&mut self.output));
                self.sent = 0;
                if count > before || payload.is_empty() {
                    return Poll::Ready(Ok(count - before));
                }
            }
        }
    }
}

/// Something that sends and receives over one HTTP/1.1 connection; bodies flow through it as through the connection.
pub trait Wired {
    /// The stream under the connection.
    type Io: Transport;
    /// The connection.
    fn wire(&self) -> &Http1<Self::Io>;
    /// The connection, to be used.
    fn wire_mut(&mut self) -> &mut Http1<Self::Io>;
}

impl<W: Wired> Source for W {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        let wire = self.wire_mut();
        loop {
            if let Some(fill) = wire.decoder.advance(&mut wire.input)? {
                return Poll::Ready(Ok(fill));
            }
            match ready!(wire.poll_read(cx)) {
                Ok(0) => wire.decoder.close()?,
                Ok(_) => {}
                Err(_) => return Poll::Ready(Err(BodyFault::Broken)),
            }
        }
    }

    fn payload(&self) -> &[u8] {
        let wire = self.wire();
        wire.decoder.payload(&wire.input)
    }

    fn consume(&mut self, count: usize) {
        let wire = self.wire_mut();
        wire.input.consume(count);
        wire.decoder.consume(count as u64);
    }

    fn trailers(&self) -> Option<&Fields> {
        self.wire().decoder.trailers()
    }

    fn direct_from(&self) -> Option<Direct<'_>> {
        let wire = self.wire();
        if !wire.flooded || !wire.input.is_empty() {
            return None;
        }
        let most = wire.decoder.unframed().filter(|most| *most >= DIRECT_MIN)?;
        Some(Direct { socket: wire.io.as_ref()?.socket()?, most })
    }

    fn lend_pipe(&self) -> Option<Pipe> {
        self.wire().input.lend_pipe()
    }

    fn taken(&mut self, count: usize) {
        let wire = self.wire_mut();
        wire.received += count as u64;
        wire.decoder.consume(count as u64);
        wire.flooded = count >= FLOOD;
    }
}

impl<W: Wired> Sink for W {
    fn poll_put(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.wire_mut();
        wire.lend_output();
        let allowed = wire.encoder.begin(payload.len(), &mut wire.output)?;
        let payload = payload.get(..allowed).unwrap_or_default();
        let count = if payload.len() <= COPY_MAX && wire.output.len() <= COPY_MAX {
            wire.output.extend_from_slice(payload);
            payload.len()
        } else {
            ready!(wire.poll_write(cx, payload))?
        };
        wire.encoder.written(count, &mut wire.output);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire_mut().poll_flush(cx)
    }

    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()> {
        let wire = self.wire_mut();
        wire.lend_output();
        wire.encoder.finish(trailers, &mut wire.output)
    }

    fn direct_to(&self) -> Option<Direct<'_>> {
        let wire = self.wire();
        if !wire.output.is_empty() {
            return None;
        }
        Some(Direct { socket: wire.io.as_ref()?.socket()?, most: wire.encoder.unframed()? })
    }

    fn given(&mut self, count: usize) {
        let wire = self.wire_mut();
        wire.written += count as u64;
        wire.encoder.written(count, &mut wire.output);
    }
}

impl<W: Wired> Opens for W {
    fn mouth(&mut self) -> Option<Mouth<Box<dyn Duplex + '_>>> {
        let (io, unread) = self.wire_mut().hand_over()?;
        Some(Mouth { io: Box::new(io), unread: Some(unread) })
    }

    fn passed(&mut self, received: u64, written: u64) {
        let wire = self.wire_mut();
        wire.received += received;
        wire.written += written;
    }
}

impl<S> Drop for Http1<S> {
    fn drop(&mut self) {
        if self.output.capacity() > 0 {
            self.input.take_output(std::mem::take(&mut self.output));
        }
    }
}
