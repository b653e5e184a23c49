//! A connection, over TCP or a Unix socket.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::coop;

use super::socket;
use super::transport::{Duplex, Transport};

/// A connection that the runtime of this thread watches.
#[derive(Debug)]
pub enum Stream {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    Unix(UnixStream),
}

/// A connection on its way from one thread to another.
#[derive(Debug)]
pub enum Parcel {
    /// TCP.
    Tcp(std::net::TcpStream),
    /// A Unix socket.
    Unix(std::os::unix::net::UnixStream),
}

/// Who is at the other end of a connection that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An address; an IPv4 one as such, also when it came by a socket for both.
    Ip(IpAddr),
    /// A process of this machine, by a Unix socket. It has no address.
    Unix,
}

impl Origin {
    /// The address, where there is one.
    #[must_use]
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(ip),
            Self::Unix => None,
        }
    }
}

impl From<IpAddr> for Origin {
    fn from(ip: IpAddr) -> Self {
        Self::Ip(ip.to_canonical())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            // the word of RFC 7239 §6.2
            Self::Unix => f.write_str("unknown"),
        }
    }
}

impl Stream {
    /// Sends small pieces at once, and to `peer` on this machine as fast as it reads.
    ///
    /// # Errors
    /// The connection is broken already.
    pub fn tune(&self, peer: Option<IpAddr>) -> io::Result<()> {
        let Self::Tcp(stream) = self else { return Ok(()) };
        if peer.is_some_and(|peer| peer.is_loopback()) {
            socket::without_pacing(stream);
        }
        stream.set_nodelay(true)
    }

    /// Receives by another call than read(2), as soon as there is something.
    pub fn poll_receive<T>(
        &self,
        cx: &mut Context<'_>,
        mut receive: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.poll_io(cx, Interest::READABLE, || self.try_io(Interest::READABLE, &mut receive))
    }

    /// Sends by another call than write(2), as soon as there is room.
    pub fn poll_send<T>(
        &self,
        cx: &mut Context<'_>,
        mut send: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.poll_io(cx, Interest::WRITABLE, || self.try_io(Interest::WRITABLE, &mut send))
    }

    /// Tries at once, and again when the socket is said to be ready. Each success counts against what the task may do in its
    /// turn.
    fn poll_io<T>(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        mut attempt: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let turn = ready!(coop::poll_proceed(cx));
        loop {
            match attempt() {
                Err(fault) if fault.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.poll_ready(cx, interest))?;
                }
                given => {
                    turn.made_progress();
                    return Poll::Ready(given);
                }
            }
        }
    }

    fn poll_ready(&self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<()>> {
        match (self, interest.is_readable()) {
            (Self::Tcp(stream), true) => stream.poll_read_ready(cx),
            (Self::Tcp(stream), false) => stream.poll_write_ready(cx),
            (Self::Unix(stream), true) => stream.poll_read_ready(cx),
            (Self::Unix(stream), false) => stream.poll_write_ready(cx),
        }
    }

    /// Makes a call if the socket is said to be ready. That it would have to wait is noted.
    fn try_io<T>(&self, interest: Interest, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self {
            Self::Tcp(stream) => stream.try_io(interest, call),
            Self::Unix(stream) => stream.try_io(interest, call),
        }
    }

    /// Moves up to `most` octets by such a call. That it moved fewer says that a next one would have to wait, and is noted
    /// as that.
    fn try_move(
        &self,
        interest: Interest,
        most: usize,
        call: impl FnOnce() -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut moved = None;
        let tried = self.try_io(interest, || {
            let count = call()?;
            moved = Some(count);
            if (1..most).contains(&count) { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(count) }
        });
        moved.map_or(tried, Ok)
    }

    /// Takes the connection off this thread's runtime.
    ///
    /// # Errors
    /// The connection is broken already.
    pub fn pack(self) -> io::Result<Parcel> {
        Ok(match self {
            Self::Tcp(stream) => Parcel::Tcp(stream.into_std()?),
            Self::Unix(stream) => Parcel::Unix(stream.into_std()?),
        })
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}

impl Parcel {
    /// Puts the connection on this thread's runtime.
    ///
    /// # Errors
    /// The runtime cannot watch the socket.
    pub fn unpack(self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(stream) => Stream::Tcp(TcpStream::from_std(stream)?),
            Self::Unix(stream) => Stream::Unix(UnixStream::from_std(stream)?),
        })
    }
}

impl Duplex for Stream {
    fn break_on_close(&self) {
        // a Unix socket knows no reset, unless its peer has sent what nobody read
        if let Self::Tcp(stream) = self {
            socket::reset_on_close(stream);
        }
    }

    fn socket(&self) -> Option<&Stream> {
        Some(self)
    }
}

impl Transport for Stream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        // to ask costs less than to wait
        match self.try_io(Interest::READABLE, || Ok(())) {
            Ok(()) => Poll::Ready(()),
            Err(_) => self.poll_ready(cx, Interest::READABLE).map(|_| ()),
        }
    }

    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        // what came is no news any more, only what comes next, and an end, which is never forgotten
        let _ = self.try_io(Interest::READABLE, || Err::<(), _>(io::ErrorKind::WouldBlock.into()));
        self.poll_ready(cx, Interest::READABLE).map(|_| ())
    }

    fn poll_read_into(&mut self, cx: &mut Context<'_>, window: &mut [u8]) -> Poll<io::Result<usize>> {
        let most = window.len();
        self.poll_io(cx, Interest::READABLE, || {
            self.try_move(Interest::READABLE, most, || socket::receive(self.as_fd(), window))
        })
    }

    fn has_news(&self) -> bool {
        // nobody is to be woken, so no waker is left behind; what has not read to the end of the news may have left a
        // readiness that is none
        let news = self.try_io(Interest::READABLE, || socket::look(self.as_fd()));
        !matches!(news, Err(fault) if fault.kind() == io::ErrorKind::WouldBlock)
    }

    fn is_hung_up(&self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        let ready = match self {
            Self::Tcp(stream) => pin!(stream.ready(Interest::WRITABLE)).poll(&mut cx),
            Self::Unix(stream) => pin!(stream.ready(Interest::WRITABLE)).poll(&mut cx),
        };
        matches!(ready, Poll::Ready(Ok(ready)) if ready.is_write_closed())
    }

    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        match self {
            Self::Tcp(stream) => stream.peer_addr().ok().zip(stream.local_addr().ok()),
            Self::Unix(_) => None,
        }
    }
}

/// The same call on whichever stream it is.
macro_rules! on_stream {
    ($stream:expr, $call:ident($($argument:expr),*)) => {
        match $stream.get_mut() {
            Stream::Tcp(stream) => Pin::new(stream).$call($($argument),*),
            Stream::Unix(stream) => Pin::new(stream).$call($($argument),*),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        on_stream!(self, poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_io(cx, Interest::WRITABLE, || {
            self.try_move(Interest::WRITABLE, bytes.len(), || socket::send(self.as_fd(), bytes))
        })
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_stream!(self, poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, poll_shutdown(cx))
    }
}
