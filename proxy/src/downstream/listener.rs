//! STOP 1: accepts connections in one place and hands them to the workers, evenly (ADR 0003).

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::observe::listener::ListenerStats;
use crate::observe::stats::Counter;
use crate::observe::tally::ListenerCounter;
use crate::shared::{Seat, Shared};
use crate::sys::listening::Listening;
use crate::sys::stream::{Origin, Parcel, Stream};

/// Pause after a failure to accept that will not pass by itself, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// A connection on its way to a worker.
#[derive(Debug)]
pub struct Arrival {
    /// The connection.
    pub stream: Parcel,
    /// Who is at its other end.
    pub origin: Origin,
    /// Its right to be open, at its listener.
    pub seat: Seat,
}

/// The ways to the workers, by number.
pub type Doors = Arc<[mpsc::Sender<Arrival>]>;

/// An open listener.
#[derive(Debug)]
pub struct Acceptor {
    socket: Listening,
    stats: Arc<ListenerStats>,
    shared: Arc<Shared>,
    doors: Doors,
}

impl Acceptor {
    /// Takes over a listening socket.
    #[must_use]
    pub fn new(socket: Listening, stats: Arc<ListenerStats>, shared: Arc<Shared>, doors: Doors) -> Self {
        Self { socket, stats, shared, doors }
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> &Listening {
        &self.socket
    }

    /// Accepts until the task is dropped.
    pub async fn run(&self) {
        let mut failing = false;
        loop {
            match self.socket.accept().await {
                Ok((stream, origin)) => {
                    failing = false;
                    self.hand_over(stream, origin);
                }
                Err(fault) if is_passing(&fault) => {}
                Err(fault) => {
                    self.shared.stats().control().add(Counter::ListenerErrors, 1);
                    // one line for each want of files, however often it is tried again
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!(listener = self.stats.name(), %fault, "cannot accept");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes what the kernel has accepted already, so that closing the socket loses nobody.
    pub fn take_rest(&self) {
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(Ok((stream, origin))) = self.socket.poll_accept(&mut cx) {
            self.hand_over(stream, origin);
        }
    }

    fn hand_over(&self, stream: Stream, origin: Origin) {
        self.stats.tally().add_control(ListenerCounter::Connections, 1);
        let snapshot = self.shared.snapshot();
        let listener = snapshot.listener(self.stats.name());
        let own = listener.map_or(0, |(_, listener)| **listener.limits().connections());
        let Some(seat) = self.shared.seat(&self.stats, own) else { return self.refuse() };
        let Ok(stream) = stream.tune(origin.ip()).and_then(|()| stream.pack()) else { return };
        let Some(door) = self.doors.get(seat.worker()) else { return };
        if door.try_send(Arrival { stream, origin, seat }).is_err() {
            self.refuse();
        }
    }

    fn refuse(&self) {
        self.stats.tally().add_control(ListenerCounter::Refused, 1);
    }
}

/// A failure of one connection, not of the socket.
fn is_passing(fault: &io::Error) -> bool {
    matches!(
        fault.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
