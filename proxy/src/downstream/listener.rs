//! STOP 1: accepts connections in one place and hands them to the workers, evenly (ADR 0003).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::observe::stats::Counter;
use crate::shared::{Seat, Shared};
use crate::sys::socket;

/// Pause after a failure to accept that will not pass by itself, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// A connection on its way to a worker.
#[derive(Debug)]
pub struct Arrival {
    /// The socket, not blocking.
    pub stream: std::net::TcpStream,
    /// The other end.
    pub peer: SocketAddr,
    /// Name of the listener.
    pub listener: Arc<str>,
    /// Its right to be open.
    pub seat: Seat,
}

/// The ways to the workers, by number.
pub type Doors = Arc<[mpsc::Sender<Arrival>]>;

/// An open listener.
#[derive(Debug)]
pub struct Acceptor {
    socket: TcpListener,
    name: Arc<str>,
    shared: Arc<Shared>,
    doors: Doors,
    open: Arc<AtomicU32>,
}

impl Acceptor {
    /// Takes over a listening socket. Must be called on the runtime that will run it.
    ///
    /// # Errors
    /// The runtime cannot watch the socket.
    pub fn new(
        socket: std::net::TcpListener,
        name: &str,
        shared: Arc<Shared>,
        doors: Doors,
    ) -> io::Result<Self> {
        let socket = TcpListener::from_std(socket)?;
        Ok(Self { socket, name: name.into(), shared, doors, open: Arc::default() })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Accepts until the task is dropped.
    pub async fn run(&self) {
        loop {
            match self.socket.accept().await {
                Ok((stream, peer)) => self.hand_over(stream, peer),
                Err(fault) if is_passing(&fault) => {}
                Err(fault) => {
                    self.shared.stats().control().add(Counter::ListenerErrors, 1);
                    tracing::warn!(listener = &*self.name, %fault, "cannot accept");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes what the kernel has accepted already, so that closing the socket loses nobody.
    pub fn take_rest(&self) {
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(Ok((stream, peer))) = self.socket.poll_accept(&mut cx) {
            self.hand_over(stream, peer);
        }
    }

    fn hand_over(&self, stream: TcpStream, peer: SocketAddr) {
        let snapshot = self.shared.snapshot();
        let limit = **snapshot.config().process().limits().connections();
        let own = snapshot.listener(&self.name).map_or(0, |(_, listener)| **listener.limits().connections());
        let Some(seat) = self.shared.seat(limit, &self.open, own) else {
            self.shared.stats().control().add(Counter::DownstreamRefused, 1);
            return;
        };
        let Ok(stream) = stream.into_std().and_then(|stream| socket::tune(&stream).map(|()| stream)) else {
            return;
        };
        let Some(door) = self.doors.get(seat.worker()) else { return };
        let arrival = Arrival { stream, peer, listener: Arc::clone(&self.name), seat };
        if door.try_send(arrival).is_err() {
            self.shared.stats().control().add(Counter::DownstreamRefused, 1);
        }
    }
}

/// A failure of one connection, not of the socket.
fn is_passing(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
