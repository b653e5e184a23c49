//! Sockets with the options that the proxy wants.

use std::io;
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use rustix::net::{RecvFlags, SendFlags};
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};
use towpath_config::model::Address;

/// Connections that the kernel may hold before they are accepted.
const BACKLOG: i32 = 4096;

/// A listening socket, not blocking.
///
/// # Errors
/// The address cannot be had.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// A Unix socket without an address, not blocking.
#[derive(Debug)]
pub struct UnixSocket(Socket);

impl UnixSocket {
    /// A new one.
    ///
    /// # Errors
    /// The system gives none.
    pub fn new() -> io::Result<Self> {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }

    /// Takes an address; an abstract one begins with NUL.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn bind(&self, path: &Path) -> io::Result<()> {
        self.0.bind(&SockAddr::unix(path)?)
    }

    /// Calls an address, without waiting for whoever listens there to accept.
    ///
    /// # Errors
    /// Nobody listens there, or too many are waiting.
    pub fn connect(&self, path: &Path) -> io::Result<()> {
        self.0.connect(&SockAddr::unix(path)?)
    }

    /// The connection that it has become.
    #[must_use]
    pub fn into_stream(self) -> UnixStream {
        self.0.into()
    }

    /// Listens.
    ///
    /// # Errors
    /// It has no address.
    pub fn listen(self) -> io::Result<UnixListener> {
        self.0.listen(BACKLOG)?;
        Ok(self.0.into())
    }
}

/// A socket of another process that is to listen here.
#[derive(Debug)]
pub enum Adopted {
    /// TCP.
    Tcp(TcpListener),
    /// Unix.
    Unix(UnixListener),
}

/// Takes over a listening socket.
///
/// # Errors
/// It takes no connections.
pub fn adopt(socket: OwnedFd) -> io::Result<Adopted> {
    let socket = Socket::from(socket);
    if socket.r#type()? != Type::STREAM || !socket.is_listener()? {
        return Err(io::Error::other("the socket is none that takes connections"));
    }
    socket.set_cloexec(true)?;
    socket.set_nonblocking(true)?;
    match socket.domain()? {
        Domain::UNIX => Ok(Adopted::Unix(socket.into())),
        Domain::IPV4 | Domain::IPV6 => Ok(Adopted::Tcp(socket.into())),
        other => Err(io::Error::other(format!("the socket is of an unknown kind: {other:?}"))),
    }
}

/// Whether the socket has this address.
#[must_use]
pub fn is_at(socket: &OwnedFd, address: &Address) -> bool {
    let Ok(own) = SockRef::from(socket).local_addr() else { return false };
    match address {
        Address::Ip(ip) => own.as_socket() == Some(*ip),
        Address::Unix(name) => match address.file() {
            Some(file) => own.as_pathname() == Some(file),
            None => own.as_abstract_namespace() == name.path().as_os_str().as_bytes().get(1..),
        },
    }
}

/// Lets the next close of a socket reset the connection instead of ending it in order.
pub fn reset_on_close(stream: &tokio::net::TcpStream) {
    // a socket that is gone already needs no reset
    let _ = SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO));
}

/// Looks whether there is something to read, and leaves it there.
///
/// # Errors
/// There is nothing, or the connection is broken.
pub fn look(stream: BorrowedFd<'_>) -> io::Result<()> {
    SockRef::from(&stream).peek(&mut [MaybeUninit::uninit()]).map(|_| ())
}

/// Receives into `window`, without what the C library does around each call that can wait; 0 octets are the end.
///
/// # Errors
/// There is nothing, or the connection is broken.
pub fn receive(stream: BorrowedFd<'_>, window: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::net::recv(stream, window, RecvFlags::empty())?.0)
}

/// Sends what there is room for, in the same way.
///
/// # Errors
/// There is no room, or the connection is broken.
pub fn send(stream: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    // who is gone is told by an error, not by a signal
    Ok(rustix::net::send(stream, bytes, SendFlags::NOSIGNAL)?)
}

/// Takes the plainest congestion control. What paces its packets, as BBR does, pays with timers and small packets for a
/// link that is not there between two processes of one machine.
pub fn without_pacing(stream: &tokio::net::TcpStream) {
    // every kernel has it and lets everybody have it; without it all works, at a higher price
    let _ = SockRef::from(stream).set_tcp_congestion(b"reno");
}
