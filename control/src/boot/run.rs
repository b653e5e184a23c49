//! A whole server, from its settings to its end.

#![expect(clippy::disallowed_methods, reason = "there are no workers here")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::timeout;
use towpath_config::server::{self, Settings};

use super::answers::Answers;
use super::files;
use crate::api::Api;
use crate::meters::Meters;
use crate::push::{self, Edition, Fleet, Plan, Serving, Stager};
use crate::source::{Directory, DirectoryFault, Limits, Source, Stored};
use crate::store::{OpenFault, Retention, Store, StoreFault};
use crate::telemetry::Telemetry;
use crate::truth::{Start, Truth};

/// So long open streams may take to end.
const END: Duration = Duration::from_secs(5);

/// Why a server could not start, or did not go on.
#[derive(Debug, Error)]
pub enum Error {
    /// The state directory cannot be used.
    #[error(transparent)]
    State(#[from] OpenFault),
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] DirectoryFault),
    /// What the source says cannot be kept.
    #[error("cannot keep what the source says: {0}")]
    Store(#[from] StoreFault),
    /// An address cannot be had.
    #[error("`{key}` cannot listen on {address}: {fault}")]
    Bind {
        /// The key of the settings.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        fault: io::Error,
    },
    /// The system refuses something that every server needs.
    #[error("the server cannot start: {0}")]
    System(#[from] io::Error),
    /// A part of the server ended.
    #[error("the server ends: {0}")]
    Ended(String),
}

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// When the server cannot start, or not go on.
pub fn run(settings: &Settings) -> Result<(), Error> {
    let runtime = Builder::new_multi_thread().thread_name("control").enable_all().build()?;
    {
        let _inside = runtime.enter();
        files::raise_limit();
        files::outlive_size_limit()?;
    }
    let retention = Retention {
        revisions: u64::from(settings.limits().revisions),
        audit_bytes: settings.limits().audit_bytes,
    };
    let store = Store::open(settings.state(), retention)?;
    let limits =
        Limits { documents: settings.limits().source_documents, bytes: settings.limits().source_bytes };
    let source: Arc<dyn Source> = match settings.truth() {
        server::Truth::Store => Arc::new(Stored::new(store.clone(), limits)),
        server::Truth::Directory(path) => Arc::new(Directory::open(path, limits, store.clone())?),
    };
    let ended = runtime.block_on(live(settings, store, source));
    // what still runs has had its time
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

async fn live(settings: &Settings, store: Store, source: Arc<dyn Source>) -> Result<(), Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let proxies = bind("push", *settings.push()).await?;
    let people = bind("api", *settings.api()).await?;
    if settings.tokens().is_empty() {
        tracing::info!("there are no tokens: the API answers this machine only, and lets it do everything");
    }
    let meters = Arc::new(Meters::default());
    let start = Start { source, store: store.clone(), meters: Arc::clone(&meters) };
    let (truth, before, task) = Truth::start(start).await?;
    let mut task = tokio::spawn(task);
    let limits = settings.limits().push;
    let plan = Plan::all(Edition::new(before, None, Arc::clone(&meters)));
    let telemetry = Telemetry::new(limits.series);
    let fleet = Fleet::new(limits, *settings.times().gone_for(), plan, meters, telemetry);
    let stager = Stager::new(settings.staged().clone(), fleet.clone(), truth.clone(), settings.state()).await;
    let mut stager = tokio::spawn(stager.run());
    let (end, ending) = watch::channel(false);
    let answers = Arc::new(Answers::new(truth.clone(), fleet.clone()));
    let (tokens, patience) = (settings.tokens().clone(), *settings.times().api());
    let api = Api::new(answers, store, tokens, settings.limits().api, patience);
    let mut answered = tokio::spawn(api.serve(people, ending.clone()));
    let serving =
        Serving { listener: proxies, fleet: fleet.clone(), times: settings.times().clone(), ending };
    let mut served = tokio::spawn(push::serve(serving));
    tracing::info!(revision = truth.live().revision(), "serving");
    let gone = |what: &str| Err(Error::Ended(format!("{what} ended by a bug")));
    let ended = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        _ = &mut task => gone("what changes the mesh"),
        _ = &mut stager => gone("what decides who gets what"),
        _ = &mut served => gone("what serves proxies"),
        _ = &mut answered => gone("the API"),
    };
    let _ = end.send(true);
    let all = async { tokio::join!(served, answered) };
    if ended.is_ok() && timeout(END, all).await.is_err() {
        tracing::warn!("streams of proxies, or requests of the API, did not end in time");
    }
    ended
}

/// Listens, and says it loudly when more than this machine can come.
async fn bind(key: &'static str, address: SocketAddr) -> Result<TcpListener, Error> {
    let listener = TcpListener::bind(address).await.map_err(|fault| Error::Bind { key, address, fault })?;
    let address = listener.local_addr()?;
    if address.ip().is_loopback() {
        tracing::info!(%address, "`{key}` listens");
    } else {
        tracing::warn!(
            %address,
            "`{key}` listens beyond this machine, without TLS: whoever reaches it can {}",
            if key == "push" { "read what proxies are sent" } else { "read what is sent, tokens included" }
        );
    }
    Ok(listener)
}
