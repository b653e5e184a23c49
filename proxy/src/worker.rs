//! One worker: one thread, one runtime, its own pools. Nothing in it is ever touched by another thread.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc;
use tokio::task::JoinError;

use crate::downstream::berth::Berths;
use crate::downstream::connection;
use crate::downstream::http2::Crew;
use crate::downstream::listener::Arrival;
use crate::filter::forwarded::Peer;
use crate::local::Local;
use crate::observe::stats::{Counter, Shard};
use crate::shared::Shared;
use crate::sys::affinity;

use crate::sys::memory::{Pressure, heap};
use crate::sys::stream::Stream;

/// Connections that may wait for a worker to take them.
const ARRIVALS_MAX: usize = 4096;

/// How often a worker looks after its pools and counts.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// How long a worker rests that a bug has ended: a bug that ends it at once must not take a whole CPU.
const RESTART_PAUSE: Duration = Duration::from_millis(100);

/// A running worker and the way to it. It ends when the way is closed.
#[derive(Debug)]
pub struct Worker {
    /// Where its connections go in.
    pub door: mpsc::Sender<Arrival>,
    /// Its thread.
    pub thread: JoinHandle<()>,
}

/// How a worker is started.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    /// Its number.
    pub number: usize,
    /// The one CPU that it runs on; any when left out.
    pub cpu: Option<usize>,
}

/// Starts a worker.
///
/// # Errors
/// The system gives no thread.
pub fn start(Post { number, cpu }: Post, shared: Arc<Shared>) -> io::Result<Worker> {
    let (door, mut arrivals) = mpsc::channel(ARRIVALS_MAX);
    let thread = std::thread::Builder::new().name(format!("worker-{number}")).spawn(move || {
        if let Some(Err(fault)) = cpu.map(affinity::pin) {
            tracing::warn!(worker = number, cpu, %fault, "the worker cannot be pinned, and runs on any CPU");
        }
        let _keeping = heap::Keeping::begin();
        supervise(number, shared.stats().shard(number), |pause| {
            match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
                Ok(runtime) => {
                    shared.workers().get(number).inspect(|worker| worker.runs_by(runtime.handle().metrics()));
                    runtime.block_on(async {
                        tokio::time::sleep(pause).await;
                        work(Local::new(number, Arc::clone(&shared)), &mut arrivals).await;
                    });
                }
                Err(fault) => tracing::error!(worker = number, %fault, "no runtime"),
            }
        });
    })?;
    Ok(Worker { door, thread })
}

/// Lets a worker live until it is no longer wanted. Where a bug ends its life it begins another after a pause: the
/// connections that it had are lost, those that wait for it are not. A life gets the pause before it.
fn supervise(number: usize, stats: &Shard, mut life: impl FnMut(Duration)) {
    let mut pause = Duration::ZERO;
    // what a life leaves behind is never seen by another: it makes everything anew but the way that connections come
    while catch_unwind(AssertUnwindSafe(|| life(pause))).is_err() {
        stats.add(Counter::WorkerRestarts, 1);
        tracing::error!(worker = number, "the worker ended by a bug of the proxy, and begins anew");
        pause = RESTART_PAUSE;
    }
}

/// Carries connections. What looks after them runs beside, not in tasks of their own, whose end nobody would notice.
async fn work(local: Local, arrivals: &mut mpsc::Receiver<Arrival>) {
    let (local, crew, berths) = (Rc::new(local), Rc::<Crew>::default(), Rc::default());
    tokio::select! {
        () = take(&local, &crew, &berths, arrivals) => {}
        () = ticking(&local) => {}
        () = housekeep(&local, &crew, &berths) => {}
        () = local.pool().yield_to_others() => {}
        () = watch_drain(&local) => {}
    }
}

/// Begins to carry each connection that comes, until no more can. The runtime catches a bug that ends one of them.
async fn take(
    local: &Rc<Local>,
    crew: &Rc<Crew>,
    berths: &Rc<Berths<Stream>>,
    arrivals: &mut mpsc::Receiver<Arrival>,
) {
    while let Some(Arrival { stream, origin, seat }) = arrivals.recv().await {
        let Ok(stream) = stream.unpack() else { continue };
        let listener = Arc::clone(seat.listener());
        let (local, crew, berths) = (Rc::clone(local), Rc::clone(crew), Rc::clone(berths));
        let connection = connection::run(local, crew, berths, stream, listener, Peer::new(origin));
        tokio::task::spawn_local(async move {
            let _seat = seat;
            connection.await;
        });
    }
}

/// Looks at the deadlines. In a task of its own, as the one exception: what runs beside is woken through the kernel, and this
/// is woken often. A bug that ends it ends the worker.
async fn ticking(local: &Local) {
    let ended = tokio::task::spawn_local(Rc::clone(local.timers()).run()).await;
    if let Err(bug) = ended.map_err(JoinError::try_into_panic) {
        bug.map_or_else(drop, |bug| resume_unwind(bug));
    }
}

async fn housekeep(local: &Local, crew: &Crew, berths: &Berths<Stream>) {
    let mut tick = tokio::time::interval(HOUSEKEEPING);
    loop {
        tick.tick().await;
        local.housekeep();
        if local.shared().pressure() > Pressure::Low {
            crew.dismiss();
            berths.dismiss();
            heap::release();
        }
    }
}

/// When the drain begins, connections that wait for a next request get a moment to be closed at; the others end with
/// their answer.
async fn watch_drain(local: &Local) {
    let mut signal = local.shared().drain_signal();
    let drain = signal.wait_for(Option::is_some).await.ok().and_then(|drain| *drain);
    drain.inspect(|drain| local.begin_drain(drain));
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests;
