//! A stream as a tunnel (RFC 9113 §8.5, RFC 8441 §5).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Receiving, Sending};
use crate::codec::body::{Fill, Sink, Source};
use crate::sys::transport::Duplex;

/// Both halves of a stream: DATA are bytes, END_STREAM is the end of a side. Whoever owns the stream breaks it, by a reset.
#[derive(Debug)]
pub struct Tunnel<'a> {
    /// What comes in.
    pub receiving: &'a mut Receiving,
    /// What goes out.
    pub sending: &'a mut Sending,
}

impl Duplex for Tunnel<'_> {
    fn break_on_close(&self) {}
}

impl AsyncRead for Tunnel<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        window: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let receiving = &mut *self.receiving;
        Poll::Ready(match ready!(receiving.poll_fill(cx)) {
            Ok(Fill::Payload) => {
                let count = receiving.payload().len().min(window.remaining());
                window.put_slice(receiving.payload().get(..count).unwrap_or_default());
                receiving.consume(count);
                Ok(())
            }
            // fields have no place in a tunnel (RFC 9113 §8.5)
            Ok(Fill::End) if receiving.trailers().is_some() => Err(io::ErrorKind::InvalidData.into()),
            Ok(Fill::End) => Ok(()),
            Err(_) => Err(io::ErrorKind::ConnectionReset.into()),
        })
    }
}

impl AsyncWrite for Tunnel<'_> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.sending.poll_put(cx, bytes)
    }

    /// What is written leaves by itself. That nobody will read it is heard here, also while nothing is written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match self.sending.poll_broken(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionReset.into()),
            Poll::Pending => Ok(()),
        })
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.sending.finish(None))
    }
}
