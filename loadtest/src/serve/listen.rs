//! Accepts, and shares connections out to the threads in turn.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};

use super::lane::{Accepted, Lanes};
use super::order;
use crate::arguments::Serve;
use crate::failure::Failure;
use crate::output;
use crate::stream::Place;
use crate::system;

/// Connections that the kernel may hold until they are accepted.
const BACKLOG: i32 = 4096;

/// The rest after a connection could not be accepted: the next attempt would fail at once.
const REST: Duration = Duration::from_millis(100);

/// Serves until a signal ends it.
///
/// # Errors
/// When the address cannot be had, or the system gives way.
pub fn serve(asked: &Serve) -> Result<(), Failure> {
    if !asked.version.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::Usage(format!("`{}` is no version; write one word, such as v1", asked.version)));
    }
    system::allow_files(0)?;
    let place = asked.unix.clone().map_or(Place::Tcp(asked.listen), Place::Unix);
    let socket =
        bind(&place).map_err(|error| Failure::Usage(format!("cannot listen on {place}: {error}")))?;
    let lanes = Lanes::start(asked.threads.get(), asked.faults.clone(), asked.version.clone())?;
    let served = system::runtime()?.block_on(accept(socket, &place, &lanes, asked.orders));
    if let Place::Unix(path) = &place {
        // somebody else may have cleared it away
        let _ = std::fs::remove_file(path);
    }
    served
}

fn bind(place: &Place) -> io::Result<Socket> {
    let (domain, address) = match place {
        Place::Tcp(address) => (Domain::for_address(*address), SockAddr::from(*address)),
        Place::Unix(path) => {
            clear(path);
            (Domain::UNIX, SockAddr::unix(path)?)
        }
    };
    let socket = Socket::new(domain, Type::STREAM, None)?;
    if matches!(place, Place::Tcp(_)) {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address)?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Removes a socket on which nobody listens any more; whatever else stands there stays.
fn clear(path: &Path) {
    let is_socket = path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket());
    let refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && StdUnixStream::connect(path).is_err_and(|error| refused(&error)) {
        let _ = std::fs::remove_file(path);
    }
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => Ok(Accepted::Tcp(listener.accept().await?.0.into_std()?)),
            Self::Unix(listener) => Ok(Accepted::Unix(listener.accept().await?.0.into_std()?)),
        }
    }

    fn place(&self, asked: &Place) -> Place {
        let address: Option<SocketAddr> = match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(_) => None,
        };
        address.map_or_else(|| asked.clone(), Place::Tcp)
    }
}

async fn accept(socket: Socket, place: &Place, lanes: &Lanes, orders: bool) -> Result<(), Failure> {
    let listener = match place {
        Place::Tcp(_) => TcpListener::from_std(socket.into()).map(Listener::Tcp),
        Place::Unix(_) => UnixListener::from_std(socket.into()).map(Listener::Unix),
    };
    let listener = listener.map_err(Failure::system(format!("cannot listen on {place}")))?;
    let listen = |kind| signal(kind).map_err(Failure::system("cannot listen for signals"));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    output::answer(&format_args!("listening on {}", listener.place(place)))?;
    if orders {
        order::listen(lanes.clone())?;
    }
    let accepting = async {
        for turn in 0.. {
            match listener.accept().await {
                Ok(stream) => lanes.serve(turn, stream).await,
                Err(error) => {
                    output::complain(&format_args!("cannot accept a connection: {error}"));
                    tokio::time::sleep(REST).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
