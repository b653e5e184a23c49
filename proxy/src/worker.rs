//! One worker: one thread, one runtime, its own pools. Nothing in it is ever touched by another thread.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{mpsc, watch};

use crate::downstream::connection;
use crate::downstream::listener::Arrival;
use crate::filter::forwarded::Peer;
use crate::local::Local;
use crate::shared::{Drain, Shared};

/// Connections that may wait for a worker to take them.
const ARRIVALS_MAX: usize = 4096;

/// How often a worker looks after its pools and counts.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// A running worker and the way to it. It ends when the way is closed.
#[derive(Debug)]
pub struct Worker {
    /// Where its connections go in.
    pub door: mpsc::Sender<Arrival>,
    /// Its thread.
    pub thread: JoinHandle<()>,
}

/// Starts worker number `number`.
///
/// # Errors
/// The system gives no thread.
pub fn start(number: usize, shared: Arc<Shared>) -> io::Result<Worker> {
    let (door, arrivals) = mpsc::channel(ARRIVALS_MAX);
    let thread = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
        match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
            Ok(runtime) => runtime.block_on(work(Local::new(number, shared), arrivals)),
            Err(fault) => tracing::error!(worker = number, %fault, "no runtime"),
        }
    })?;
    Ok(Worker { door, thread })
}

async fn work(local: Local, mut arrivals: mpsc::Receiver<Arrival>) {
    let local = Rc::new(local);
    tokio::task::spawn_local(Rc::clone(local.timers()).run());
    tokio::task::spawn_local(housekeep(Rc::clone(&local)));
    tokio::task::spawn_local(yield_to_others(Rc::clone(&local)));
    tokio::task::spawn_local(watch_drain(Rc::clone(&local), local.shared().drain_signal()));
    while let Some(Arrival { stream, origin, listener, seat }) = arrivals.recv().await {
        let Ok(stream) = stream.unpack() else { continue };
        let local = Rc::clone(&local);
        let connection = connection::run(local, stream, Rc::from(&*listener), Peer::new(origin));
        tokio::task::spawn_local(async move {
            let _seat = seat;
            connection.await;
        });
    }
}

async fn housekeep(local: Rc<Local>) {
    let mut tick = tokio::time::interval(HOUSEKEEPING);
    loop {
        tick.tick().await;
        local.housekeep();
    }
}

/// Idle upstream connections are closed while requests of other workers wait for one of their cluster.
async fn yield_to_others(local: Rc<Local>) {
    local.pool().yield_to_others().await;
}

/// When the drain begins, connections that wait for a next request get a moment to be closed at; the others end with
/// their answer.
async fn watch_drain(local: Rc<Local>, mut signal: watch::Receiver<Option<Drain>>) {
    let drain = signal.wait_for(Option::is_some).await.ok().and_then(|drain| *drain);
    drain.inspect(|drain| local.begin_drain(drain));
}
