//! Accepts, and shares connections out to the threads in turn.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use super::connection::Connection;
use super::http2::Usual;
use super::reply::Replies;
use crate::arguments::Serve;
use crate::failure::Failure;
use crate::output;
use crate::stream::{Place, Stream};
use crate::system;

/// Connections that the kernel may hold until they are accepted.
const BACKLOG: i32 = 4096;

/// Bytes that are read at once.
const SCRATCH_BYTES: usize = 64 * 1024;

/// Connections that a thread may leave waiting.
const WAITING_MAX: usize = 1024;

/// The rest after a connection could not be accepted: the next attempt would fail at once.
const REST: Duration = Duration::from_millis(100);

/// What a thread has for its connections.
#[derive(Debug)]
pub struct Lane {
    /// Decides about requests.
    pub replies: Arc<Replies>,
    /// What is read is looked at here and forgotten.
    pub scratch: RefCell<Box<[u8]>>,
    /// What most requests get by HTTP/2.
    pub usual: Usual,
}

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
    let idle_close = asked.faults.idle_close;
    let replies = Arc::new(Replies::new(asked.faults.clone(), asked.version.clone()));
    let lanes = (0..asked.threads.get())
        .map(|number| start(number, Arc::clone(&replies), idle_close))
        .collect::<Result<Vec<_>, _>>()?;
    let served = system::runtime()?.block_on(accept(socket, &place, &lanes));
    if let Place::Unix(path) = &place {
        // somebody else may have cleared it away
        let _ = std::fs::remove_file(path);
    }
    served
}

/// A connection on its way to its thread.
enum Accepted {
    Tcp(std::net::TcpStream),
    Unix(StdUnixStream),
}

impl Accepted {
    fn enter(self) -> io::Result<Stream> {
        match self {
            Self::Tcp(stream) => Stream::tcp(TcpStream::from_std(stream)?),
            Self::Unix(stream) => Ok(Stream::Unix(UnixStream::from_std(stream)?)),
        }
    }
}

fn start(
    number: usize,
    replies: Arc<Replies>,
    idle_close: Option<Duration>,
) -> Result<mpsc::Sender<Accepted>, Failure> {
    let (sender, mut accepted) = mpsc::channel::<Accepted>(WAITING_MAX);
    let runtime = move || system::runtime();
    let serves = move || {
        let runtime = runtime()?;
        let scratch = RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice());
        let usual = Usual::new(&replies);
        let lane = Rc::new(Lane { replies, scratch, usual });
        runtime.block_on(async {
            while let Some(stream) = accepted.recv().await {
                // one that has ended already is no loss
                let Ok(stream) = stream.enter() else { continue };
                let lane = Rc::clone(&lane);
                // how a client leaves is its own affair
                spawn_local(async move {
                    Connection::new(stream, idle_close).run(&lane).await.unwrap_or_default();
                });
            }
        });
        Ok::<(), Failure>(())
    };
    let started = thread::Builder::new().name(format!("lane-{number}")).spawn(serves);
    started.map_err(Failure::system("cannot start a thread"))?;
    Ok(sender)
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

async fn accept(socket: Socket, place: &Place, lanes: &[mpsc::Sender<Accepted>]) -> Result<(), Failure> {
    let listener = match place {
        Place::Tcp(_) => TcpListener::from_std(socket.into()).map(Listener::Tcp),
        Place::Unix(_) => UnixListener::from_std(socket.into()).map(Listener::Unix),
    };
    let listener = listener.map_err(Failure::system(format!("cannot listen on {place}")))?;
    let listen = |kind| signal(kind).map_err(Failure::system("cannot listen for signals"));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    output::answer(&format_args!("listening on {}", listener.place(place)))?;
    let accepting = async {
        for lane in lanes.iter().cycle() {
            match listener.accept().await {
                // a thread is there as long as the process
                Ok(stream) => lane.send(stream).await.unwrap_or_default(),
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
