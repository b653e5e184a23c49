//! A stream of which something was read already, that counts what passes and lets nothing pass that may not.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::session::Session;
use crate::codec::buffer::Buffer;
use crate::codec::h2::{Gathering, Guard, Unheard};
use crate::observe::tally::ListenerCounter;
use crate::sys::transport::Transport;

/// What is dropped at once, after the end of our side.
const DISCARD_BYTES: usize = 4 * 1024;

/// The bytes of a connection, those first that were read before.
#[derive(Debug)]
pub(super) struct Rewound<S> {
    io: Gathering<S>,
    unread: Option<Buffer>,
    session: Rc<Session>,
    guard: Guard,
    /// The client broke the rules: nothing is read any more.
    breached: bool,
    /// What is still read after the end of our side.
    linger: u64,
}

impl<S> Rewound<S> {
    pub(super) fn new(
        io: Gathering<S>,
        unread: Buffer,
        session: Rc<Session>,
        guard: Guard,
        linger: u64,
    ) -> Self {
        Self { io, unread: Some(unread), session, guard, breached: false, linger }
    }

    /// Notes that so many octets of these were written.
    fn sent(&mut self, slices: &[IoSlice<'_>], count: usize) {
        self.session.count(ListenerCounter::BytesSent, count as u64);
        let unheard = self.guard.send_some(slices, count, self.session.begun.get());
        if unheard != Unheard::default() {
            self.session.count(ListenerCounter::Http2Refused, unheard.refused.into());
            self.session.count(ListenerCounter::Http2Oversized, unheard.oversized.into());
        }
    }
}

impl<S: Transport> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        window: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.breached {
            return Poll::Pending;
        }
        let before = window.filled().len();
        if let Some(unread) = &mut self.unread {
            let count = unread.filled().len().min(window.remaining());
            window.put_slice(unread.filled().get(..count).unwrap_or_default());
            unread.consume(count);
            if unread.is_empty() {
                self.unread = None;
            }
        } else {
            ready!(Pin::new(&mut self.io).poll_read(cx, window))?;
            self.session.count(ListenerCounter::BytesReceived, (window.filled().len() - before) as u64);
        }
        let now = self.session.local.timers().now();
        if let Err(breach) = self.guard.receive(window, before, now) {
            // whoever polls looks for it when there is nothing more to read
            self.session.breach.set(Some(breach));
            self.breached = true;
            if window.filled().len() == before {
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Transport> AsyncWrite for Rewound<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.sent(&[IoSlice::new(bytes)], count);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, slices))?;
        self.sent(slices, count);
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Ends our side, then reads and drops what still comes, so that the client gets to read the last answers before the
    /// connection is reset. Of a client that broke the rules nothing is read before it has ended too: what it goes on sending
    /// costs nobody anything, and it has as long to learn why.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.session.ending.get() {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
            self.session.ending.set(true);
        }
        if self.guard.has_refused() && !self.session.hasty.get() {
            ready!(self.io.poll_ended(cx));
        }
        while self.linger > 0 && !self.session.hasty.get() {
            let mut bytes = [0; DISCARD_BYTES];
            let mut window = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut self.io).poll_read(cx, &mut window)) {
                Ok(()) if !window.filled().is_empty() => {
                    let count = window.filled().len() as u64;
                    self.linger = self.linger.saturating_sub(count);
                    self.session.count(ListenerCounter::BytesReceived, count);
                }
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
