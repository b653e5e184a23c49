//! A proxy of a fleet, on the control thread: everything that happens to it comes by here, one after the other.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use towpath_config::Source;
use towpath_config::model::{Config, Control};
use towpath_config::parts::Base;
use towpath_wire::{Client, Identity, Kind, backoff};

use super::demand::{Demand, Wishes};
use super::disk::{Disk, Turn};
use super::gathering::Gathering;
use super::link::{Link, Lost, Opening};
use super::report::{Reporter, Reports};
use super::settling;
use super::store::{self, Kept, Store};
use super::table::Table;
use crate::observe::stats::Counter;
use crate::reload::{Environment, GoLive};
use crate::shared::{Ask, Fleet, Hosts, Open, Origin, Shared};

/// How often hosts are looked at that nobody asks for any more.
const AGE: Duration = Duration::from_secs(1);

/// Questions of requests that are taken up together.
const ASKS_MAX: usize = 256;

/// Hosts that are longer are no names (RFC 1035 §2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// A proxy of a fleet.
pub struct Member {
    pub(super) place: Arc<Fleet>,
    pub(super) table: Table,
    pub(super) base: Base,
    pub(super) control: Control,
    pub(super) namespace: String,
    pub(super) client: Client,
    pub(super) hosts: Option<Asked>,
    pub(super) disk: Option<Disk>,
    pub(super) recalled: Option<(Table, Kept)>,
    pub(super) link: LinkState,
    pub(super) reports: Option<Reports>,
}

/// Hosts on demand.
pub(super) struct Asked {
    pub(super) demand: Demand,
    asks: mpsc::Receiver<Ask>,
    age: Instant,
}

/// How the stream is.
pub(super) enum LinkState {
    /// It is tried again then.
    Resting(Instant),
    Opening(Opening),
    Open(Box<Stream>),
}

pub(super) struct Stream {
    link: Link,
    gathering: Gathering,
}

/// What has happened.
enum Event {
    Rested,
    Opened(Result<Link, Lost>),
    Heard(Result<towpath_wire::Response, Lost>),
    Due,
    Asks(Vec<Ask>),
    Age,
    Disk(Turn),
    Hangup,
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

impl LinkState {
    async fn next(&mut self) -> Event {
        match self {
            Self::Resting(until) => {
                sleep_until(*until).await;
                Event::Rested
            }
            Self::Opening(opening) => Event::Opened(opening.await),
            Self::Open(open) => Event::Heard(open.link.next().await),
        }
    }

    fn due(&self) -> Option<Instant> {
        match self {
            Self::Open(open) => open.gathering.due(),
            Self::Resting(_) | Self::Opening(_) => None,
        }
    }
}

impl Asked {
    async fn next(&mut self) -> Event {
        let mut asks = Vec::new();
        tokio::select! {
            _ = self.asks.recv_many(&mut asks, ASKS_MAX) => Event::Asks(asks),
            () = sleep_until(self.age) => Event::Age,
        }
    }
}

impl Member {
    /// What the document of a process says of its control server; `None` when the table is in the document.
    #[must_use]
    pub fn new(config: &Config, source: &Source, environment: &Environment) -> Option<Self> {
        let control = config.control()?.clone();
        let process = config.process();
        let namespace = process.namespace().clone();
        let identity = Identity {
            id: process.id().clone(),
            namespace: namespace.clone(),
            labels: process.labels().clone(),
            locality: process.locality().clone().unwrap_or_default(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mut client = Client::new(identity);
        let limits = control.limits();
        let (hosts, asked) = match control.on_demand() {
            false => (None, None),
            true => {
                let (hosts, asks) = Hosts::new(**limits.waiting(), **control.hold());
                let demand = Demand::new(&namespace, **limits.hosts(), *control.forget());
                (Some(hosts), Some(Asked { demand, asks, age: Instant::now() + AGE }))
            }
        };
        wildcards(&control).iter().for_each(|kind| _ = client.subscribe_all(*kind));
        let store = control.state().as_ref().map(|state| Store::new(state, &namespace, process.id()));
        Some(Self {
            place: Arc::new(Fleet::new(control.address(), hosts)),
            table: Table::new(&namespace, **limits.table_bytes() as usize),
            base: Base::local(source, &|name| environment(name)),
            namespace,
            client,
            hosts: asked,
            disk: store.map(Disk::new),
            recalled: None,
            link: LinkState::Resting(Instant::now()),
            reports: None,
            control,
        })
    }

    /// What others see of it.
    #[must_use]
    pub fn place(&self) -> Arc<Fleet> {
        Arc::clone(&self.place)
    }

    /// Where the table comes from, for people.
    #[must_use]
    pub fn source(&self) -> String {
        format!("control server {}", self.control.address())
    }

    /// Keeps the table as the server wants it, for as long as it is asked to.
    ///
    /// # Errors
    /// When SIGHUP cannot be listened to.
    pub async fn run(&mut self, shared: &Arc<Shared>, go_live: &mut GoLive<'_>) -> io::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        if *self.control.telemetry() {
            let (shared, place) = (Arc::clone(shared), self.place());
            let (id, namespace) = (shared.snapshot().config().process().id().clone(), self.namespace.clone());
            self.reports = Some(Reports::begin(Reporter { shared, place, id, namespace }));
        }
        let mut failures = 0;
        let mut rng = fastrand::Rng::new();
        loop {
            let lost = match self.next(&mut hangup).await {
                Event::Rested => {
                    self.open();
                    None
                }
                Event::Opened(Ok(link)) => {
                    self.opened(link, shared);
                    None
                }
                Event::Heard(Ok(response)) => {
                    failures = 0;
                    self.heard(response).err()
                }
                Event::Opened(Err(lost)) | Event::Heard(Err(lost)) => Some(lost),
                Event::Due => self.judge(shared, go_live).await.err(),
                Event::Asks(asks) => self.asked(asks).err(),
                Event::Age => self.age(shared, go_live).await.err(),
                Event::Disk(turn) => {
                    self.turn(turn, shared);
                    None
                }
                Event::Hangup => {
                    tracing::warn!("nothing is read again: the route table comes from the {}", self.source());
                    None
                }
            };
            if let Some(lost) = lost {
                failures += 1;
                shared.stats().control().add(Counter::ControlFailures, 1);
                self.lost(lost, backoff(failures, rng.f64()));
            }
        }
    }

    async fn next(&mut self, hangup: &mut Signal) -> Event {
        let due = self.link.due();
        let asked = async {
            match &mut self.hosts {
                Some(asked) => asked.next().await,
                None => pending().await,
            }
        };
        let disk = async {
            match &mut self.disk {
                Some(disk) => disk.next().await,
                None => pending().await,
            }
        };
        tokio::select! {
            event = self.link.next() => event,
            () = until(due) => Event::Due,
            event = asked => event,
            turn = disk => Event::Disk(turn),
            _ = hangup.recv() => Event::Hangup,
        }
    }

    fn open(&mut self) {
        let first = self.client.connected();
        let bytes_max = **self.control.limits().message_bytes() as usize;
        let address = self.control.address().clone();
        self.link = LinkState::Opening(Box::pin(Link::open(address, first, bytes_max)));
    }

    fn opened(&mut self, link: Link, shared: &Shared) {
        shared.stats().control().add(Counter::ControlConnects, 1);
        tracing::info!(server = self.place.server(), "connected to the control server");
        let gathering = Gathering::new(wildcards(&self.control), Instant::now());
        self.link = LinkState::Open(Box::new(Stream { link, gathering }));
        self.place.connected(SystemTime::now());
    }

    /// Notes that there is no stream; it is tried again after this pause.
    fn lost(&mut self, fault: Lost, pause: Duration) {
        self.client.disconnected();
        let server = self.place.server();
        let was_open = matches!(self.link, LinkState::Open(_));
        if was_open {
            tracing::warn!(server, fault, "the control server is lost, what is live stays");
            self.disk.iter_mut().for_each(Disk::want);
            self.table.forget_rejected();
        } else if !self.place.has_failed_by(&fault) {
            tracing::warn!(server, fault, "the control server cannot be reached, what is live stays");
        }
        self.place.lost(SystemTime::now(), fault);
        self.link = LinkState::Resting(Instant::now() + pause);
    }

    fn heard(&mut self, response: towpath_wire::Response) -> Result<(), Lost> {
        let LinkState::Open(open) = &mut self.link else { return Ok(()) };
        let batch = self.client.response(response).map_err(|garbled| garbled.to_string())?;
        open.gathering.add(batch, Instant::now());
        Ok(())
    }

    /// Judges what has come: settles, goes live, and tells the server.
    async fn judge(&mut self, shared: &Shared, go_live: &mut GoLive<'_>) -> Result<(), Lost> {
        let LinkState::Open(open) = &mut self.link else { return Ok(()) };
        let now = Instant::now();
        let (whole, mut batches) = (open.gathering.is_whole(now), open.gathering.take(now));
        // some may have been let go since they came
        batches.iter_mut().for_each(|batch| self.client.sift(batch));
        let mut verdicts = Vec::new();
        for batch in &batches {
            let mut rejected = match &mut self.hosts {
                Some(asked) => asked.demand.hear(batch),
                None => Vec::new(),
            };
            if batch.kind != Kind::Host {
                let puts = batch.upserts.iter().map(|upsert| (upsert, self.table.put(batch.kind, upsert)));
                let wrong = puts.filter_map(|(upsert, put)| Some((upsert.name.to_string(), put.err()?)));
                rejected.extend(wrong.collect::<Vec<_>>());
                batch.removals.iter().for_each(|name| self.table.remove(batch.kind, name));
            }
            verdicts.push(rejected);
        }
        self.settle(shared, go_live, whole).await;
        if whole {
            self.place.note(|standing| {
                (standing.origin, standing.confirmed) = (Some(Origin::Received), Some(SystemTime::now()));
            });
        }
        for (batch, mut rejected) in batches.into_iter().zip(verdicts) {
            for upsert in &batch.upserts {
                if let Some(fault) = self.table.rejection(batch.kind, &upsert.name)
                    && rejected.iter().all(|(name, _)| **name != *upsert.name)
                {
                    rejected.push((upsert.name.to_string(), fault.to_owned()));
                }
            }
            shared.stats().control().add(Counter::ControlRejections, rejected.len() as u64);
            let verdict = self.client.verdict(&batch, &rejected);
            self.send(verdict)?;
        }
        self.follow_hosts(shared, go_live, whole).await
    }

    /// Asks for what hosts want now, and no more for what none wants; then tells those who wait.
    async fn follow_hosts(
        &mut self,
        shared: &Shared,
        go_live: &mut GoLive<'_>,
        whole: bool,
    ) -> Result<(), Lost> {
        let Some(asked) = &mut self.hosts else { return Ok(()) };
        let wishes = asked.demand.wishes();
        let gone = wishes.unsubscribe.iter().filter(|(kind, _)| *kind != Kind::Host);
        gone.for_each(|(kind, name)| self.table.remove(*kind, name));
        let sent = self.wish(&wishes);
        self.settle(shared, go_live, whole).await;
        if let (Some(asked), Some(hosts)) = (&mut self.hosts, self.place.hosts())
            && whole
        {
            asked.demand.tell(hosts);
        }
        sent
    }

    pub(super) fn wish(&mut self, wishes: &Wishes) -> Result<(), Lost> {
        let of = |wanted: &std::collections::BTreeSet<(Kind, String)>, kind| -> Vec<String> {
            wanted.iter().filter(|(known, _)| *known == kind).map(|(_, name)| name.clone()).collect()
        };
        for kind in Kind::ALL {
            let (new, old) = (of(&wishes.subscribe, kind), of(&wishes.unsubscribe, kind));
            if !new.is_empty() {
                let request = self.client.subscribe(kind, new.iter().map(String::as_str));
                self.send(request)?;
            }
            if !old.is_empty() {
                let request = self.client.unsubscribe(kind, old.iter().map(String::as_str));
                self.send(request)?;
            }
        }
        Ok(())
    }

    fn send(&self, request: Option<towpath_wire::Request>) -> Result<(), Lost> {
        match (&self.link, request) {
            (LinkState::Open(open), Some(request)) => open.link.send(request),
            _ => Ok(()),
        }
    }

    fn asked(&mut self, asks: Vec<Ask>) -> Result<(), Lost> {
        let (Some(asked), Some(hosts)) = (&mut self.hosts, self.place.hosts()) else { return Ok(()) };
        let now = Instant::now();
        for ask in asks {
            if ask.host.is_empty() || ask.host.len() > HOST_BYTES_MAX {
                // nobody serves it, so there is nothing to wait for
                _ = ask.told.send(());
            } else {
                asked.demand.ask(hosts, ask, now);
            }
        }
        let wishes = asked.demand.wishes();
        self.wish(&wishes)
    }

    async fn age(&mut self, shared: &Shared, go_live: &mut GoLive<'_>) -> Result<(), Lost> {
        if let (Some(asked), Some(hosts)) = (&mut self.hosts, self.place.hosts()) {
            let now = Instant::now();
            asked.age = now + AGE;
            asked.demand.age(hosts, now);
        }
        self.follow_hosts(shared, go_live, true).await
    }

    pub(super) fn turn(&mut self, turn: Turn, shared: &Shared) {
        let Some(disk) = &mut self.disk else { return };
        match turn {
            Turn::Due => {
                let confirmed = self.place.standing().confirmed.map(store::seconds).unwrap_or_default();
                let hosts = self.hosts.as_ref().map(|asked| asked.demand.kept()).unwrap_or_default();
                let parts = self.table.good().cloned().collect();
                disk.write(self.base.clone(), Kept { parts, hosts, confirmed });
            }
            Turn::Written(Ok(())) => {}
            Turn::Written(Err(fault)) => {
                shared.stats().control().add(Counter::ControlStoreFailures, 1);
                let path = disk.store().path();
                tracing::error!(path = %path.display(), %fault, "the last good table cannot be stored, traffic goes on");
            }
        }
    }

    /// Settles what changed, and makes it live if it is `whole`.
    async fn settle(&mut self, shared: &Shared, go_live: &mut GoLive<'_>, whole: bool) {
        if !self.table.is_touched() {
            return;
        }
        let settled = settling::settle(&mut self.table, &self.base, shared, go_live, whole).await;
        if settled != settling::Settled::Endpoints || !self.place.standing().objects.is_empty() {
            self.note_table();
        }
        if settled != settling::Settled::Nothing {
            self.disk.iter_mut().for_each(Disk::want);
        }
    }

    /// Shows how the resources stand, and tells the log what is new about them.
    pub(super) fn note_table(&self) {
        let (tallies, objects) = (self.table.tallies(), self.table.objects());
        let before = self.place.standing();
        for object in objects.iter().filter(|object| !before.objects.contains(object)) {
            let (kind, name, fault) = (object.kind, &object.name, &object.fault);
            match object.open {
                // mostly what it waits for is on its way
                Open::Waiting => tracing::debug!(kind, %name, %fault, "waiting, the last good one stays"),
                open => tracing::warn!(kind, %name, %fault, "{}, the last good one stays", open.name()),
            }
        }
        self.place.note(|standing| (standing.tallies, standing.objects) = (tallies, objects));
    }
}

/// The types of which this proxy wants all that there is for it.
fn wildcards(control: &Control) -> Vec<Kind> {
    match control.on_demand() {
        true => vec![Kind::Settings, Kind::Listener],
        false => super::names::KINDS.to_vec(),
    }
}
