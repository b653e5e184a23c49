//! Listening sockets: TCP, and Unix with the file that stands for it.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::task::{Context, Poll, ready};

use tokio::net::{TcpListener, UnixListener};
use towpath_config::model::{Address, UnixAddress};

use super::socket::{self, Adopted, UnixSocket};
use super::socket_file::SocketFile;
use super::stream::{Origin, Stream};

#[cfg(test)]
mod tests;

/// A socket that takes connections.
#[derive(Debug)]
pub struct Listening {
    socket: Kind,
    address: Address,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    Unix(UnixListener, Option<SocketFile>),
}

impl Listening {
    /// Listens; `mode` are the permissions of a Unix socket's file. Must be called on the runtime that will accept.
    ///
    /// # Errors
    /// The address cannot be had.
    pub fn open(address: &Address, mode: u32) -> io::Result<Self> {
        match address {
            Address::Ip(ip) => Self::tcp(socket::listen(*ip)?),
            Address::Unix(name) => Self::unix(address, name, mode),
        }
    }

    /// Takes over a socket that listens already: the one of `address`, which is as good as it; `made` says whether the
    /// file of a Unix socket is one that the proxy made. Must be called on the runtime that will accept.
    ///
    /// # Errors
    /// It takes no connections.
    pub fn adopt(socket: OwnedFd, address: &Address, made: bool) -> io::Result<Self> {
        let socket = match socket::adopt(socket)? {
            Adopted::Tcp(socket) => return Self::tcp(socket),
            Adopted::Unix(socket) => UnixListener::from_std(socket)?,
        };
        let file = address.file().filter(|_| made).map(SocketFile::adopt).transpose()?;
        Ok(Self { socket: Kind::Unix(socket, file), address: address.clone() })
    }

    /// The same socket once more; the file of a Unix socket stays this one's until it is claimed. Must be called on the
    /// runtime that will accept.
    ///
    /// # Errors
    /// There are no more descriptors.
    pub fn again(&self) -> io::Result<Self> {
        Self::adopt(self.as_fd().try_clone_to_owned()?, &self.address, self.has_file())
    }

    /// Says whether the file of a Unix socket is ours to remove, or another process's.
    pub fn claim_file(&self, ours: bool) {
        if let Kind::Unix(_, Some(file)) = &self.socket {
            file.claim(ours);
        }
    }

    /// Whether a file stands for it that the proxy made.
    #[must_use]
    pub fn has_file(&self) -> bool {
        matches!(&self.socket, Kind::Unix(_, Some(_)))
    }

    fn tcp(socket: StdTcpListener) -> io::Result<Self> {
        let socket = TcpListener::from_std(socket)?;
        // the system picks the port when the table says 0
        let address = socket.local_addr()?.into();
        Ok(Self { socket: Kind::Tcp(socket), address })
    }

    fn unix(address: &Address, name: &UnixAddress, mode: u32) -> io::Result<Self> {
        let socket = UnixSocket::new()?;
        let file = match address.file() {
            Some(path) => Some(SocketFile::bind(&socket, path, mode)?),
            None => socket.bind(&name.path()).map(|()| None)?,
        };
        let socket = UnixListener::from_std(socket.listen()?)?;
        Ok(Self { socket: Kind::Unix(socket, file), address: address.clone() })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Changes who may connect, where a file says so.
    ///
    /// # Errors
    /// The file is gone, or is not ours any more.
    pub fn permit(&self, mode: u32) -> io::Result<()> {
        match &self.socket {
            Kind::Unix(_, Some(file)) => file.permit(mode),
            Kind::Unix(_, None) | Kind::Tcp(_) => Ok(()),
        }
    }

    /// The next connection, and who is at its other end.
    pub async fn accept(&self) -> io::Result<(Stream, Origin)> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// See [`Self::accept`].
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, Origin)>> {
        Poll::Ready(match &self.socket {
            Kind::Tcp(socket) => ready!(socket.poll_accept(cx))
                .map(|(stream, peer): (_, SocketAddr)| (Stream::Tcp(stream), peer.ip().into())),
            Kind::Unix(socket, _) => {
                ready!(socket.poll_accept(cx)).map(|(stream, _)| (Stream::Unix(stream), Origin::Unix))
            }
        })
    }
}

impl AsFd for Listening {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            Kind::Tcp(socket) => socket.as_fd(),
            Kind::Unix(socket, _) => socket.as_fd(),
        }
    }
}
