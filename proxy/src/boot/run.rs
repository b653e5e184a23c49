//! A whole process, from its route table to the end of its drain.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use towpath_config::Source;
use towpath_config::model::{Config, Workers};

use super::guard;
use super::listeners::{BindFault, Listeners};
use crate::observe::series::SeriesBook;
use crate::reload::{self, Environment, Reloader, Requests};
use crate::shared::{Drain, Leave, Shared};
use crate::snapshot::Snapshot;
use crate::sys::affinity;
use crate::worker::{self, Post, Worker};

/// How often the drain looks whether everything has ended.
const DRAIN_STEP: Duration = Duration::from_millis(10);

/// What a process is started with.
pub struct Options {
    /// The route table's file; without one it stays as it is.
    pub path: Option<PathBuf>,
    /// The route table as it was written.
    pub source: Source,
    /// What it means.
    pub config: Config,
    /// Where `${…}` comes from.
    pub environment: Environment,
}

/// Why a process could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Addresses of listeners cannot be had.
    #[error("{}", lines(.0))]
    Bind(Vec<BindFault>),
    /// The address of the admin port cannot be had.
    #[error("the admin port cannot listen on {address}: {fault}")]
    Admin {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        fault: io::Error,
    },
    /// The system refuses something that every process needs.
    #[error("the process cannot start: {0}")]
    System(#[from] io::Error),
}

fn lines(faults: &[BindFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Runs until the drain is over.
///
/// # Errors
/// The process cannot start.
pub fn run(options: Options) -> Result<(), Error> {
    let workers = match options.config.process().workers() {
        Workers::Auto => std::thread::available_parallelism().map_or(1, usize::from),
        Workers::Count(count) => usize::from(count.get()),
    };
    let book = Arc::new(SeriesBook::new(workers));
    let snapshot = Snapshot::next(None, options.config.clone(), &book);
    let shared = Arc::new(Shared::new(snapshot, book, workers).with_files(guard::files(&options.config)));
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    let workers: Vec<Worker> = posts(workers, *options.config.process().pin_workers())
        .into_iter()
        .map(|post| worker::start(post, Arc::clone(&shared)))
        .collect::<io::Result<_>>()?;
    let doors = workers.iter().map(|worker| worker.door.clone()).collect();
    let outcome =
        runtime.block_on(live(options, Arc::clone(&shared), Listeners::new(Arc::clone(&shared), doors)));
    drop(runtime);
    finish(workers);
    outcome
}

/// The workers' numbers, and their CPUs if each has one of those that the process may use.
fn posts(workers: usize, pinned: bool) -> Vec<Post> {
    let allowed = if pinned { affinity::allowed() } else { Ok(Vec::new()) };
    let allowed = allowed.unwrap_or_else(|fault| {
        tracing::warn!(%fault, "the CPUs of the process cannot be had, no worker is pinned");
        Vec::new()
    });
    let mut cpus = allowed.iter().copied().cycle();
    (0..workers).map(|number| Post { number, cpu: cpus.next() }).collect()
}

/// Serves until the drain is over. Everything on the control thread happens below this.
async fn live(options: Options, shared: Arc<Shared>, mut listeners: Listeners) -> Result<(), Error> {
    let mut ending = Ending::new()?;
    let bound = listeners.bind(&options.config).map_err(Error::Bind)?;
    let (requester, requests) = reload::requests();
    super::side::open(&options, &shared, requester)?;
    tokio::task::spawn_local(guard::watch_memory(Arc::clone(&shared)));
    listeners.open(bound, &options.config)?;
    let workers = shared.workers().len();
    tracing::info!(path = options.source.name(), workers, "serving");
    let mut drain = shared.drain_signal();
    let leave = tokio::select! {
        fault = keep_up(options, &shared, requests, &mut listeners) => return Ok(fault?),
        leave = ending.asked() => leave,
        _ = drain.wait_for(Option::is_some) => Leave::Announced,
    };
    tokio::select! {
        () = drained(&shared, listeners, leave) => {}
        _ = ending.asked() => tracing::warn!(connections = shared.connections(), "asked again to end: not waiting"),
    }
    Ok(())
}

/// Stops being chosen, then takes nothing new, then waits for what is open.
async fn drained(shared: &Shared, mut listeners: Listeners, leave: Leave) {
    let Drain { closes, spread, deadline } = shared.begin_drain(leave);
    let delay = closes.saturating_duration_since(Instant::now());
    let (connections, timeout) = (shared.connections(), deadline - closes);
    tracing::info!(connections, ?delay, ?spread, ?timeout, "draining");
    tokio::time::sleep_until(closes).await;
    listeners.close();
    shared.close();
    tracing::info!(connections = shared.connections(), "nothing new is taken");
    emptied(shared, deadline).await;
}

/// Takes over every new table: opens sockets first, then publishes, then closes what is no longer wanted.
async fn keep_up(
    options: Options,
    shared: &Arc<Shared>,
    requests: Requests,
    listeners: &mut Listeners,
) -> io::Result<()> {
    let Some(path) = options.path else { reload::refuse(requests).await };
    let reloader = Reloader::new(Arc::clone(shared), path, options.environment, &options.source);
    let mut go_live = |config: &Config, publish: &mut dyn FnMut()| {
        let bound = listeners.bind(config).map_err(|faults| lines(&faults))?;
        publish();
        listeners.open(bound, config).map_err(|fault| fault.to_string())
    };
    reload::run(reloader, requests, &mut go_live).await
}

/// Ends when no connection is open, or at the deadline.
async fn emptied(shared: &Shared, due: Instant) {
    while shared.connections() > 0 {
        if Instant::now() >= due {
            tracing::warn!(
                connections = shared.connections(),
                "the drain is over, these connections are cut off"
            );
            return;
        }
        tokio::time::sleep(DRAIN_STEP).await;
    }
    tracing::info!("drained");
}

/// Lets the workers end, and waits for their threads.
fn finish(workers: Vec<Worker>) {
    let threads: Vec<_> = workers.into_iter().map(|Worker { door, thread }| (drop(door), thread).1).collect();
    for thread in threads {
        if thread.join().is_err() {
            tracing::error!("a worker ended by a bug of the proxy");
        }
    }
}

/// The signals that ask a process to end.
struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) -> Leave {
        tokio::select! {
            _ = self.terminate.recv() => Leave::Announced,
            _ = self.interrupt.recv() => Leave::AtOnce,
        }
    }
}
