//! Sockets with the options that the proxy wants.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;

use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, Type};

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

    /// Listens.
    ///
    /// # Errors
    /// It has no address.
    pub fn listen(self) -> io::Result<UnixListener> {
        self.0.listen(BACKLOG)?;
        Ok(self.0.into())
    }
}

/// Lets the next close of a socket reset the connection instead of ending it in order.
pub fn reset_on_close(stream: &tokio::net::TcpStream) {
    // a socket that is gone already needs no reset
    let _ = SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO));
}
