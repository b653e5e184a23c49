//! A whole process, from its route table to the end of its drain.

use std::convert::Infallible;
use std::ffi::OsString;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::runtime::{Builder, LocalOptions};
use towpath_config::Source;
use towpath_config::model::{Config, Workers};

use super::drain::{Ending, drain};
use super::guard;
use super::inherited::{Inherited, SERVING, Sockets};
use super::listeners::{BindFault, Bound, Listeners};
use super::logs::Logs;
use super::side::{self, Side};
use super::upgrade::Upgrades;
use crate::admin::{Acts, AdminContext};
use crate::health;
use crate::observe::process_log::ProcessLog;
use crate::observe::series::SeriesBook;
use crate::overload;
use crate::reload::fleet::Member;
use crate::reload::{self, Environment, Halt, Reloader, Requests, Unbound};
use crate::resolve::Resolutions;
use crate::shared::{Leave, Shared};
use crate::snapshot::Snapshot;
use crate::sys::processes::channel::Channel;
use crate::sys::processes::notify::Notifier;
use crate::sys::{affinity, files};
use crate::worker::{self, Post, Worker};

/// How often a process that starts looks whether names have been answered.
const STEP: Duration = Duration::from_millis(10);

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
    /// What came with the process.
    pub inherited: Inherited,
    /// The program and its arguments, to start the process that takes the place of this one.
    pub command: Vec<OsString>,
    /// The process log, if there is one.
    pub log: Option<Arc<dyn ProcessLog>>,
    /// Whether those who look at stdout and stderr want colours, where these are terminals.
    pub colours: bool,
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
    /// A proxy of a fleet cannot take the place of another without a table of its own.
    #[error("there is no stored table to take over with: it is kept where `proxy.control.state` says")]
    NoTable,
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
        Workers::Auto => affinity::usable(),
        Workers::Count(count) => usize::from(count.get()),
    };
    let book = Arc::new(SeriesBook::new(workers));
    let member = Member::new(&options.config, &options.source, &options.environment);
    let snapshot = match &member {
        Some(_) => Snapshot::before_any_table(options.config.clone(), &book),
        None => Snapshot::next(None, options.config.clone(), &book),
    };
    let files = guard::files(&options.config, workers);
    let place = member.as_ref().map(Member::place);
    let shared = Arc::new(Shared::new(snapshot, book, workers).with_files(files).with_fleet(place));
    let logs = Logs::new(Arc::clone(&shared), options.colours);
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default())?;
    let workers: Vec<Worker> = posts(workers, *options.config.process().pin_workers())
        .into_iter()
        .map(|post| worker::start(post, Arc::clone(&shared)))
        .collect::<io::Result<_>>()?;
    let doors = workers.iter().map(|worker| worker.door.clone()).collect();
    let listeners = Listeners::new(Arc::clone(&shared), doors);
    let outcome = runtime.block_on(live(options, member, Arc::clone(&shared), listeners, &logs));
    drop(runtime);
    finish(workers);
    logs.end();
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

/// Keeps an eye on endpoints, and on how many requests fail.
fn watch_clusters(shared: &Arc<Shared>) {
    tokio::task::spawn_local(health::run(Arc::clone(shared)));
    tokio::task::spawn_local(overload::run(Arc::clone(shared)));
}

/// Serves until the drain is over. Everything on the control thread happens below this.
async fn live(
    options: Options,
    mut member: Option<Member>,
    shared: Arc<Shared>,
    listeners: Listeners,
    logs: &Logs,
) -> Result<(), Error> {
    let Options { path, source, config, environment, inherited, command, log, .. } = options;
    let mut ending = Ending::new()?;
    files::outlive_size_limit()?;
    let mut upgrades = Upgrades::new(command)?;
    let (notifier, predecessor, mut sockets) = inherited.unpack().await?;
    let (config, bound) = first_table(config, member.as_mut(), &shared, &listeners, &mut sockets)?;
    if predecessor.is_some() && !shared.snapshot().has_table() {
        return Err(Error::NoTable);
    }
    let mut side = Side::bind(*config.process().admin(), &mut sockets)?;
    let (requester, requests) = reload::requests();
    let acts = Acts { reload: side::reload(requester), upgrade: upgrades.act(), reopen: logs.act() };
    tokio::task::spawn_local(logs.heed_signal()?);
    guard::watch(&shared, log.as_ref());
    watch_clusters(&shared);
    let names = Resolutions::new(Arc::clone(&shared));
    if let Some(predecessor) = &predecessor
        && !may_serve(&shared, predecessor, &mut ending).await
    {
        return Ok(());
    }
    listeners.open(bound, &config)?;
    let page = member.as_ref().map_or_else(|| source.name().to_owned(), Member::source);
    side.serve(AdminContext::new(Arc::clone(&shared), page.into(), acts, log))?;
    let first = predecessor.is_none();
    if let Some(predecessor) = predecessor {
        relieve(predecessor, &listeners).await;
    }
    tracing::info!(path = source.name(), workers = shared.workers().len(), "serving");
    let mut truth = Truth::new(member, path, environment, &source, &shared);
    // the first table of a fleet may still want sockets that came with the process
    if shared.snapshot().has_table() {
        sockets = Sockets::default();
    }
    let mut drain_signal = shared.drain_signal();
    let mut kept = Box::pin(keep_up(&mut truth, names, requests, &listeners, sockets, (logs, &notifier)));
    let leave = tokio::select! {
        fault = &mut kept => return Ok(fault?),
        never = begin(&shared, first.then_some(&notifier)) => match never {},
        leave = ending.asked() => leave,
        _ = drain_signal.wait_for(Option::is_some) => Leave::Announced,
        process = upgrades.run(&shared, &listeners, &side) => {
            notifier.succeeded_by(process);
            Leave::HandedOver
        }
    };
    let drained = end(&shared, &listeners, side, leave, &notifier);
    let is_patient = if leave == Leave::HandedOver {
        drop(kept);
        truth.hand_over();
        ending.unless_asked_again(&shared, drained).await
    } else {
        // requests that are under way may need what is to come
        let beside = async {
            tokio::select! { _ = kept => {}, () = drained => {} }
        };
        ending.unless_asked_again(&shared, beside).await
    };
    if is_patient {
        ending.unless_asked_again(&shared, truth.finish()).await;
    }
    Ok(())
}

/// Drains.
async fn end(shared: &Shared, listeners: &Listeners, side: Side, leave: Leave, notifier: &Notifier) {
    listeners.freeze();
    if leave == Leave::HandedOver {
        listeners.claim_files(false);
        tokio::join!(drain(shared, listeners, leave), side.close());
    } else {
        notifier.stopping();
        drain(shared, listeners, leave).await;
        side.close().await;
    }
}

/// What the process begins with, and the sockets for it: the table of its file; of a proxy of a fleet the last good one,
/// where it has one that can go live, without listeners whose addresses it cannot have, and else no table.
fn first_table(
    config: Config,
    member: Option<&mut Member>,
    shared: &Shared,
    listeners: &Listeners,
    sockets: &mut Sockets,
) -> Result<(Config, Bound), Error> {
    if let Some(member) = member {
        let mut recalled = member.recall();
        // each time there is at least one listener less
        while let Some(stored) = recalled {
            match listeners.bind(&stored, sockets) {
                Ok(bound) => {
                    let before = shared.snapshot();
                    shared.publish(Arc::new(Snapshot::next(Some(&before), stored.clone(), shared.series())));
                    member.recalled();
                    return Ok((stored, bound));
                }
                Err(faults) => recalled = member.recall_without(&unbound(&faults)),
            }
        }
    }
    let bound = listeners.bind(&config, sockets).map_err(Error::Bind)?;
    Ok((config, bound))
}

/// Who says what the table is.
enum Truth {
    /// Whoever started the process.
    Fixed,
    /// A file.
    File(Reloader),
    /// A control server.
    Fleet(Box<Member>, Arc<Shared>),
}

impl Truth {
    fn new(
        member: Option<Member>,
        path: Option<PathBuf>,
        environment: Environment,
        source: &Source,
        shared: &Arc<Shared>,
    ) -> Self {
        match (member, path) {
            (Some(member), _) => Self::Fleet(Box::new(member), Arc::clone(shared)),
            (None, Some(path)) => Self::File(Reloader::new(Arc::clone(shared), path, environment, source)),
            (None, None) => Self::Fixed,
        }
    }

    /// Another process says it from now on.
    fn hand_over(&mut self) {
        if let Self::Fleet(member, _) = self {
            member.hand_over();
        }
    }

    /// The process ends: what is left to be kept or told is.
    async fn finish(&mut self) {
        if let Self::Fleet(member, shared) = self {
            member.finish(shared).await;
        }
    }
}

/// Whether to take the place of the other process, once there is all that it needs, or the other one is gone.
async fn may_serve(shared: &Shared, predecessor: &Channel, ending: &mut Ending) -> bool {
    tokio::select! {
        () = answers(shared) => true,
        _ = predecessor.receive() => true,
        _ = ending.asked() => false,
    }
}

/// Tells the other process that its place is taken.
async fn relieve(predecessor: Channel, listeners: &Listeners) {
    // where it is gone there is nobody to tell, and all the more reason to serve
    predecessor.send(SERVING, None).await.unwrap_or_default();
    listeners.claim_files(true);
}

/// Ends when there is a table, and its names have their answers or were waited for long enough.
async fn answers(shared: &Shared) {
    loop {
        let snapshot = shared.snapshot();
        if snapshot.has_table() && snapshot.awaited_names(SystemTime::now()).is_empty() {
            break;
        }
        tokio::time::sleep(STEP).await;
    }
}

/// Tells whoever started the process, if that is not its predecessor, once it is ready.
async fn begin(shared: &Shared, notifier: Option<&Notifier>) -> Infallible {
    if let Some(notifier) = notifier {
        answers(shared).await;
        notifier.ready();
    }
    pending().await
}

/// Takes over every new table: opens sockets first, then publishes, then closes what is no longer wanted.
async fn keep_up(
    truth: &mut Truth,
    mut names: Resolutions,
    requests: Requests,
    listeners: &Listeners,
    mut sockets: Sockets,
    (logs, notifier): (&Logs, &Notifier),
) -> io::Result<()> {
    let mut go_live = |config: &Config, publish: &mut dyn FnMut()| {
        let bound = listeners.bind(config, &mut sockets).map_err(|faults| Halt::Sockets(unbound(&faults)))?;
        // what nobody wants of them is closed
        sockets = Sockets::default();
        publish();
        names.follow();
        logs.follow();
        listeners.open(bound, config).map_err(|fault| Halt::Rest(fault.to_string()))
    };
    match truth {
        Truth::Fixed => match reload::refuse(requests, "no file that could be read again").await {},
        Truth::File(reloader) => reload::run(reloader, requests, &mut go_live, notifier).await,
        Truth::Fleet(member, shared) => {
            let source = member.source();
            tokio::select! {
                never = reload::refuse(requests, &source) => match never {},
                ended = member.run(shared, &mut go_live) => ended,
            }
        }
    }
}

fn unbound(faults: &[BindFault]) -> Vec<Unbound> {
    let unbound = |fault: &BindFault| Unbound { listener: fault.listener.clone(), fault: fault.to_string() };
    faults.iter().map(unbound).collect()
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
