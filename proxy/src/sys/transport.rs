//! The little that a connection wants of a stream of bytes, so that TLS or another way of I/O can take its place.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::Stream;

/// Bytes in both directions, each of which has its own end: what a tunnel leads to.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin {
    /// Lets the next close break the stream instead of ending it in order.
    fn break_on_close(&self);

    /// The socket, where octets of the stream are octets of the socket: not beneath encryption.
    fn socket(&self) -> Option<&Stream> {
        None
    }
}

impl<D: Duplex + ?Sized> Duplex for &mut D {
    fn break_on_close(&self) {
        (**self).break_on_close();
    }

    fn socket(&self) -> Option<&Stream> {
        (**self).socket()
    }
}

/// A connection.
pub trait Transport: Duplex {
    /// Waits until a read would not wait, without holding a buffer for it.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Waits until the peer sends nothing more, however much of what it has sent nobody has read. Costs no system call.
    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()>;

    /// Reads into memory that is ready for it; 0 octets are the end of what the peer sends.
    fn poll_read_into(&mut self, cx: &mut Context<'_>, window: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut window = ReadBuf::new(window);
        ready!(Pin::new(self).poll_read(cx, &mut window))?;
        Poll::Ready(Ok(window.filled().len()))
    }

    /// Whether the peer neither sends nor reads any more: it has reset the connection, or closed a Unix socket. Costs no
    /// system call.
    fn is_hung_up(&self) -> bool;

    /// The addresses of the peer and of our end, where the stream has such.
    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)>;

    /// Whether something came, or the peer closed, while nobody was reading. Costs no system call where
    /// nothing did.
    fn has_news(&self) -> bool;
}
