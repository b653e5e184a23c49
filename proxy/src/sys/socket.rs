//! Sockets with the options that the proxy wants.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

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

/// Makes an accepted connection ready for a worker.
///
/// # Errors
/// The connection is broken already.
pub fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}

/// Lets the next close of a socket reset the connection instead of ending it in order.
pub fn reset_on_close(stream: &tokio::net::TcpStream) {
    // a socket that is gone already needs no reset
    let _ = SockRef::from(stream).set_linger(Some(std::time::Duration::ZERO));
}
