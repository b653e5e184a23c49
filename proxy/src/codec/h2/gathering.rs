//! What the crate writes, sent together: it writes each frame of DATA that is not tiny by itself, and between two of them whatever
//! else there is, and each of these would be a system call.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::sys::transport::Transport;

#[cfg(test)]
mod tests;

/// Octets that wait for more. What is as large as that goes at once, with what waits, and is not copied.
const WAITING_MAX: usize = 16 * 1024;

/// A stream that the crate has, and whoever polls the crate, who sends what it has written when the turn is over.
#[derive(Debug)]
pub struct Gathering<T>(Rc<RefCell<Gathered<T>>>);

#[derive(Debug)]
struct Gathered<T> {
    io: T,
    /// What was written and not sent.
    waiting: Vec<u8>,
    /// Whether somebody will send it at the end of the turn.
    gathers: bool,
    /// What became of that, if nobody has heard of it yet.
    fault: Option<io::Error>,
}

impl<T> Clone for Gathering<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: AsyncWrite + Unpin> Gathering<T> {
    /// Over this stream; sends at once, as long as nobody has said that he will send.
    pub fn over(io: T) -> Self {
        Self(Rc::new(RefCell::new(Gathered { io, waiting: Vec::new(), gathers: false, fault: None })))
    }

    /// Leaves it to [`Gathering::send`] when something is sent.
    pub fn gather(&self) {
        self.0.borrow_mut().gathers = true;
    }

    /// Sends what was written; what cannot be sent yet is sent when the task is polled again. That it fails is heard by
    /// the crate, which reads.
    pub fn send(&self, cx: &mut Context<'_>) {
        let mut gathered = self.0.borrow_mut();
        if let Poll::Ready(Err(fault)) = gathered.poll_send(cx) {
            gathered.waiting = Vec::new();
            gathered.fault = Some(fault);
            cx.waker().wake_by_ref();
        }
    }
}

impl<T: Transport> Gathering<T> {
    /// Waits until the peer sends nothing more.
    pub fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.borrow().io.poll_ended(cx)
    }
}

impl<T: AsyncWrite + Unpin> Gathered<T> {
    /// Sends what waits.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            let count = ready!(Pin::new(&mut self.io).poll_write(cx, &self.waiting))?;
            self.sent(count)?;
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Notes that so many octets of what waited were sent.
    fn sent(&mut self, count: usize) -> io::Result<()> {
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        if count < self.waiting.len() {
            self.waiting.drain(..count);
        } else {
            // memory only while something waits
            self.waiting = Vec::new();
        }
        Ok(())
    }

    /// Takes these octets, as many as can be.
    fn poll_put(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if let Some(fault) = self.fault.take() {
            return Poll::Ready(Err(fault));
        }
        let count: usize = slices.iter().map(|slice| slice.len()).sum();
        if self.gathers && self.waiting.len() + count < WAITING_MAX {
            if self.waiting.is_empty() {
                self.waiting.reserve_exact(WAITING_MAX);
            }
            slices.iter().for_each(|slice| self.waiting.extend_from_slice(slice));
            return Poll::Ready(Ok(count));
        }
        while !self.waiting.is_empty() {
            let [first, second] = [0, 1].map(|place| slices.get(place).map_or(&[][..], |slice| slice));
            let all = [&self.waiting, first, second].map(IoSlice::new);
            let waiting = self.waiting.len();
            let count = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, &all))?;
            self.sent(count.min(waiting))?;
            if count > waiting {
                return Poll::Ready(Ok(count - waiting));
            }
        }
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Gathering<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        window: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut gathered = self.0.borrow_mut();
        match gathered.fault.take() {
            Some(fault) => Poll::Ready(Err(fault)),
            None => Pin::new(&mut gathered.io).poll_read(cx, window),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Gathering<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_put(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().poll_put(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// The crate flushes whenever its own memory is full, also in the middle of its turn.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut gathered = self.0.borrow_mut();
        if gathered.gathers { Poll::Ready(Ok(())) } else { gathered.poll_send(cx) }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut gathered = self.0.borrow_mut();
        ready!(gathered.poll_send(cx))?;
        Pin::new(&mut gathered.io).poll_shutdown(cx)
    }
}
