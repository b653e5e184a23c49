//! A fleet from its arguments to its report. The only file of `fleet` that wires.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::apply;
use super::life::{self, Aim, Fleet, Manner};
use super::line::Lines;
use super::message::identity;
use super::phase::{Phase, PhaseFigures, Spread};
use super::proxy::Proxy;
use super::report::{Applied, Figures, Server};
use super::system::{Taken, taken};
use crate::arguments::{self, Changes, Members};
use crate::failure::Failure;
use crate::output::{self, Sink};
use crate::system;

/// How often it is looked whether a phase is over. What is measured does not depend on it.
const GLANCE: Duration = Duration::from_millis(5);

/// After so long without a response a change is over.
const QUIET: Duration = Duration::from_millis(300);

/// Changes of others that are told one by one.
const PUSHES_MAX: usize = 1_000;

/// The most octets of a document that is applied.
const DOCUMENT_BYTES_MAX: u64 = 64 << 20;

/// Is a fleet as the arguments say, and reports.
///
/// # Errors
/// When an argument cannot be used, the system gives way, or a proxy did not get what it should.
pub fn run(asked: &arguments::Fleet) -> Result<(), Failure> {
    // opened before the first connection, so that no run is for nothing
    let json = asked.json.as_deref().map(Sink::open).transpose()?;
    let document = asked.changes.apply.as_deref().map(read).transpose()?;
    if let Some(process) = asked.pid {
        taken(process)?;
    }
    let Members { proxies, connections, .. } = &asked.members;
    let connections = connections.map_or(*proxies as usize, |count| count.get().min(*proxies as usize));
    system::allow_files(connections)?;
    let figures = system::runtime()?.block_on(async {
        let fleet = fleet(asked, connections)?;
        Course { asked, fleet, document, server: Server::default() }.run(connections).await
    })?;
    let to_stdout = matches!(json, Some(Sink::Stdout));
    if let Some(sink) = json {
        let mut text =
            serde_json::to_vec_pretty(&figures).map_err(|fault| Failure::Usage(fault.to_string()))?;
        text.push(b'\n');
        sink.write(&text)?;
    }
    if !to_stdout {
        output::answer(&figures.to_string().trim_end())?;
    }
    match figures.lacking() {
        0 => Ok(()),
        _ if asked.manner.never_ack => Ok(()),
        lacking => Err(Failure::Unanswered(format!(
            "{lacking} of {proxies} proxies did not get in {} what they should",
            humantime::format_duration(asked.changes.timeout)
        ))),
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let unusable =
        |fault: &dyn std::fmt::Display| Failure::Usage(format!("cannot read {}: {fault}", path.display()));
    let size = std::fs::metadata(path).map_err(|fault| unusable(&fault))?.len();
    if size > DOCUMENT_BYTES_MAX {
        return Err(unusable(&"it is larger than 64MiB"));
    }
    std::fs::read_to_string(path).map_err(|fault| unusable(&fault))
}

fn fleet(asked: &arguments::Fleet, connections: usize) -> Result<Rc<Fleet>, Failure> {
    let manner = &asked.manner;
    Ok(Rc::new(Fleet {
        lines: RefCell::new(Lines::new(&asked.control, connections)?),
        book: RefCell::default(),
        phase: RefCell::new(Phase::begin(asked.members.proxies as usize, Instant::now())),
        aim: Cell::new(Aim::Sync),
        manner: Manner { delay: manner.ack_delay, never: manner.never_ack },
        faults: RefCell::default(),
        storms: watch::channel(0).0,
        held: Cell::new(0),
    }))
}

/// The proxies, each with a name of its own.
fn proxies(asked: &arguments::Fleet) -> impl Iterator<Item = Proxy> {
    let Members { namespace, labels, .. } = &asked.members;
    let labels: BTreeMap<_, _> =
        labels.iter().map(|label| (label.name.clone(), label.value.clone())).collect();
    let hosts: Vec<_> = asked.manner.on_demand.iter().map(|host| format!("{namespace}/{host}")).collect();
    (1..=asked.members.proxies).map(move |number| {
        let identity = identity(format!("load-{number}"), namespace, &labels);
        if hosts.is_empty() { Proxy::whole(identity) } else { Proxy::on_demand(identity, &hosts) }
    })
}

/// What happens, one after the other.
struct Course<'a> {
    asked: &'a arguments::Fleet,
    fleet: Rc<Fleet>,
    document: Option<String>,
    server: Server,
}

impl Course<'_> {
    async fn run(mut self, connections: usize) -> Result<Figures, Failure> {
        let mut members = JoinSet::new();
        self.server.before = self.taken()?;
        self.begin(Aim::Sync);
        for (number, proxy) in proxies(self.asked).enumerate() {
            members.spawn_local(life::live(Rc::clone(&self.fleet), number, proxy));
        }
        let sync = self.whole(Duration::ZERO).await;
        self.server.synced = self.taken()?;
        let mut storm = None;
        if self.asked.manner.reconnect_storm && sync.proxies == sync.of {
            storm = Some(self.storm().await);
            self.server.stormed = Some(self.taken()?);
        }
        let applied = self.apply().await?;
        let pushes = self.stay().await;
        let server = self.asked.pid.map(|_| std::mem::take(&mut self.server));
        let faults = self.fleet.faults.take();
        Ok(Figures {
            proxies: sync.of,
            connections,
            sync,
            held: self.fleet.held.get(),
            storm,
            applied,
            pushes,
            faults,
            server,
            own: taken(std::process::id())?,
        })
    }

    fn taken(&self) -> Result<Taken, Failure> {
        self.asked.pid.map_or(Ok(Taken::default()), taken)
    }

    fn begin(&self, aim: Aim) {
        self.fleet.aim.set(aim);
        self.fleet.phase.replace(Phase::begin(self.asked.members.proxies as usize, Instant::now()));
    }

    /// Waits until all proxies have done what they were to do and nothing more came for so long, or time is over.
    async fn whole(&self, quiet: Duration) -> PhaseFigures {
        let deadline = Instant::now() + self.asked.changes.timeout;
        loop {
            let now = Instant::now();
            if now >= deadline || self.fleet.phase.borrow().is_over(quiet, now) {
                return self.fleet.phase.borrow().figures();
            }
            sleep(GLANCE).await;
        }
    }

    async fn storm(&self) -> PhaseFigures {
        self.fleet.lines.borrow_mut().renew();
        self.begin(Aim::Sync);
        self.fleet.storms.send_modify(|storms| *storms += 1);
        self.whole(Duration::ZERO).await
    }

    /// Makes each change once all have taken the one before.
    async fn apply(&mut self) -> Result<Option<Applied>, Failure> {
        let Changes { api, times, timeout, .. } = &self.asked.changes;
        let (Some(text), Some(api)) = (&self.document, api) else { return Ok(None) };
        let namespace = &self.asked.members.namespace;
        let (mut answered, mut acknowledged, mut last, mut each) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for turn in 1..=*times {
            self.begin(Aim::Acknowledge);
            let begun = Instant::now();
            apply::apply(*api, namespace, &apply::document(text, turn), *timeout).await?;
            answered.push(begun.elapsed().as_secs_f64() * 1_000.0);
            let figures = self.whole(QUIET).await;
            let times = self.fleet.phase.borrow().times();
            last.extend(times.iter().copied().reduce(f64::max));
            acknowledged.extend(times);
            let whole = figures.proxies == figures.of;
            each.push(figures);
            if !whole {
                break;
            }
        }
        self.server.applied = Some(self.taken()?);
        Ok(Some(Applied {
            times: each.len(),
            answered_ms: Spread::of(answered),
            acknowledged_ms: Spread::of(acknowledged),
            last_acknowledged_ms: Spread::of(last),
            each,
        }))
    }

    /// Stays, and tells apart what others change.
    async fn stay(&self) -> Vec<PhaseFigures> {
        let mut pushes = Vec::new();
        let deadline = Instant::now() + self.asked.changes.stay;
        let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
        self.begin(Aim::Acknowledge);
        while Instant::now() < deadline {
            tokio::select! {
                () = sleep(GLANCE) => {}
                _ = &mut interrupted => break,
            }
            let quiet = self.fleet.phase.borrow().is_quiet(QUIET, Instant::now());
            if quiet {
                pushes.push(self.fleet.phase.borrow().figures());
                self.begin(Aim::Acknowledge);
            }
            if pushes.len() >= PUSHES_MAX {
                break;
            }
        }
        pushes
    }
}
