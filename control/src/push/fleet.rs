//! All proxies, and who gets which revision.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{Semaphore, broadcast, watch};
use tokio::time::sleep;
use towpath_config::server::PushLimits;
use towpath_wire::{Identity, Limits, Session};

use super::edition::{Edition, Plan};
use super::event::{Event, Happening};
use super::member::Member;
use super::stager::{StageStatus, Withheld};
use super::status::{self, ObjectStatus, ProxyStatus};
use crate::meters::{Counter, Meters};
use crate::telemetry::Telemetry;

#[cfg(test)]
mod tests;

/// Events that a slow watcher may be behind before it misses some.
const EVENTS_MAX: usize = 1024;

/// Octets of one message: what is more comes in several, so that a slow reader holds no more. The encoder of a stream keeps
/// the memory of its largest message for as long as the stream lives.
const RESPONSE_BYTES: usize = 64 << 10;

/// So many different rejections of one revision are written to the log.
const TOLD_MAX: usize = 100;

/// How often a proxy is looked at that has not judged yet.
const LOOK: Duration = Duration::from_millis(50);

/// What there is of the fleet at a moment, by the names of their metrics without `towpath_control_`.
pub const GAUGES: [(&str, &str); 9] = [
    ("revision", "The newest revision."),
    ("proxies", "Proxies that are connected."),
    ("proxies_settled", "Proxies that have judged all of the newest revision."),
    ("proxies_rejecting", "Proxies that reject something."),
    ("proxies_reporting", "Proxies that report their traffic."),
    ("series", "Series of traffic that are kept."),
    ("series_overflowed", "Requests that were counted in a common series for want of room, so far."),
    ("staged", "1 while a revision is on its way step by step, else 0."),
    ("withheld", "Documents that staged push took back, and the source could not be told of."),
];

/// The proxies of a server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fleet(Arc<State>);

#[derive(Debug)]
struct State {
    limits: PushLimits,
    gone_for: Duration,
    plan: watch::Sender<Arc<Plan>>,
    members: Mutex<BTreeMap<Arc<str>, Arc<Member>>>,
    /// Streams that are open.
    open: AtomicUsize,
    /// Those that went, in the order in which they did.
    gone: Mutex<VecDeque<(SystemTime, Arc<Member>)>>,
    first_pushes: Arc<Semaphore>,
    events: broadcast::Sender<Arc<Event>>,
    stages: Stages,
    told: Mutex<(u64, HashSet<String>)>,
    meters: Arc<Meters>,
    telemetry: Telemetry,
}

/// Whose verdict is waited for.
pub struct Question<'q> {
    /// On this revision, or a later one.
    pub revision: u64,
    /// Only of proxies to which revisions from this one on said something new; 0 for all.
    pub since: u64,
    /// Whether proxies of a namespace count.
    pub counts: &'q (dyn Fn(&str) -> bool + Send + Sync),
}

/// Revisions that go step by step.
#[derive(Debug)]
struct Stages {
    /// The one that is on its way.
    now: watch::Sender<Option<StageStatus>>,
    /// The one that was taken back last, as it was then.
    taken_back: watch::Sender<Option<StageStatus>>,
    withheld: watch::Sender<Arc<Withheld>>,
}

/// There are too many streams.
#[derive(Debug)]
pub struct Full;

impl Fleet {
    /// A fleet without proxies; `gone_for` is how long those that went are listed.
    #[must_use]
    pub fn new(
        limits: PushLimits,
        gone_for: Duration,
        plan: Plan,
        meters: Arc<Meters>,
        telemetry: Telemetry,
    ) -> Self {
        Self(Arc::new(State {
            limits,
            gone_for,
            plan: watch::channel(Arc::new(plan)).0,
            members: Mutex::default(),
            open: AtomicUsize::new(0),
            gone: Mutex::default(),
            first_pushes: Arc::new(Semaphore::new(limits.first_pushes)),
            events: broadcast::channel(EVENTS_MAX).0,
            stages: Stages {
                now: watch::channel(None).0,
                taken_back: watch::channel(None).0,
                withheld: watch::channel(Arc::default()).0,
            },
            told: Mutex::default(),
            meters,
            telemetry,
        }))
    }

    fn members(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Arc<Member>>> {
        self.0.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What proxies may cost.
    #[must_use]
    pub fn limits(&self) -> &PushLimits {
        &self.0.limits
    }

    /// What the server counts.
    #[must_use]
    pub fn meters(&self) -> &Arc<Meters> {
        &self.0.meters
    }

    /// What proxies report.
    #[must_use]
    pub fn telemetry(&self) -> &Telemetry {
        &self.0.telemetry
    }

    /// Turns for the first table of a stream.
    #[must_use]
    pub fn first_pushes(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.first_pushes)
    }

    /// Who gets which revision, and each change of that.
    #[must_use]
    pub fn plan(&self) -> watch::Receiver<Arc<Plan>> {
        self.0.plan.subscribe()
    }

    /// From now on proxies get this.
    pub fn set_plan(&self, plan: Plan) {
        self.0.plan.send_replace(Arc::new(plan));
    }

    /// Where a revision is that goes step by step.
    #[must_use]
    pub fn staged(&self) -> Option<StageStatus> {
        self.0.stages.now.borrow().clone()
    }

    /// Says which one was taken back.
    pub fn set_taken_back(&self, stage: StageStatus) {
        self.0.stages.taken_back.send_replace(Some(stage));
    }

    /// Says where it is.
    pub fn set_staged(&self, stage: Option<StageStatus>) {
        self.0.stages.now.send_replace(stage);
    }

    /// What staged push took back, and the source could not be told of.
    #[must_use]
    pub fn withheld(&self) -> Arc<Withheld> {
        Arc::clone(&self.0.stages.withheld.borrow())
    }

    /// Says what that is.
    pub fn set_withheld(&self, withheld: Withheld) {
        self.0.stages.withheld.send_replace(Arc::new(withheld));
    }

    /// What happens from now on. Who reads too slowly misses some, and is told so.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Arc<Event>> {
        self.0.events.subscribe()
    }

    /// Tells those who watch.
    pub fn tell(&self, namespace: Option<String>, happening: Happening) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        // nobody need be watching
        let _ = self.0.events.send(Arc::new(Event { time_ms, namespace, happening }));
    }

    /// A proxy comes; an older stream of it is told to end.
    ///
    /// # Errors
    /// When there are too many streams.
    pub async fn enter(&self, identity: Identity, address: SocketAddr) -> Result<Arc<Member>, Full> {
        let name = super::member::name_of(&identity.namespace, &identity.id);
        let rank = super::member::rank_of(&name);
        let edition = Arc::clone(self.0.plan.borrow().edition(rank));
        let view = edition.view(&identity).await;
        let limits =
            Limits { names: self.0.limits.names, response_bytes: RESPONSE_BYTES, ..Limits::default() };
        let session = Session::new(limits, Arc::clone(&view));
        let member = Arc::new(Member::new(identity, address, session, view, edition.revision()));
        let before = {
            let mut members = self.members();
            let known = members.get(&name).is_some_and(|member| member.gone().is_none());
            if !known && self.0.open.load(Ordering::Relaxed) >= self.0.limits.streams {
                self.0.meters.add(Counter::StreamsRefused, 1);
                return Err(Full);
            }
            self.0.open.fetch_add(1, Ordering::Relaxed);
            members.insert(Arc::clone(&name), Arc::clone(&member))
        };
        if let Some(before) = before.filter(|before| before.gone().is_none()) {
            self.0.meters.add(Counter::StreamsReplaced, 1);
            tracing::warn!(proxy = &*name, before = %before.address, now = %address, "this proxy opened another stream: the older one ends");
            before.replaced.notify_one();
        }
        self.0.meters.add(Counter::Streams, 1);
        tracing::info!(proxy = &*name, %address, version = member.identity.version, "a proxy connected");
        let connected = Happening::Connected { proxy: name.to_string(), address: address.to_string() };
        self.tell(Some(member.identity.namespace.clone()), connected);
        Ok(member)
    }

    /// A proxy went.
    pub fn leave(&self, member: &Arc<Member>, reason: &str) {
        member.leave();
        self.0.open.fetch_sub(1, Ordering::Relaxed);
        tracing::info!(proxy = &*member.name, reason, "a proxy disconnected");
        let gone = Happening::Gone { proxy: member.name.to_string(), reason: reason.to_owned() };
        self.tell(Some(member.identity.namespace.clone()), gone);
        self.gone().push_back((SystemTime::now(), Arc::clone(member)));
        self.forget();
    }

    fn gone(&self) -> MutexGuard<'_, VecDeque<(SystemTime, Arc<Member>)>> {
        self.0.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes those from the list that are gone for long, and the first of those that are too many.
    fn forget(&self) {
        let now = SystemTime::now();
        let mut gone = self.gone();
        let mut members = self.members();
        while let Some((at, _)) = gone.front()
            && (gone.len() > self.0.limits.gone_proxies
                || now.duration_since(*at).unwrap_or_default() >= self.0.gone_for)
        {
            let Some((_, member)) = gone.pop_front() else { break };
            // it may have come back
            if members.get(&member.name).is_some_and(|known| Arc::ptr_eq(known, &member)) {
                members.remove(&member.name);
            }
        }
    }

    /// A proxy rejects something: told to those who watch, and to the log once for each revision, not for each proxy.
    pub fn rejected(&self, member: &Member) {
        let seen = member.seen();
        for rejected in &seen.rejected {
            let line = format!("{} {} {}", rejected.kind.name(), rejected.name, rejected.version);
            let first = {
                let mut told = self.0.told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.0 != seen.sent {
                    *told = (seen.sent, HashSet::new());
                }
                told.1.len() < TOLD_MAX && told.1.insert(line)
            };
            let (kind, name, reason) = (rejected.kind.name(), &rejected.name, &*rejected.reason);
            if first {
                tracing::warn!(
                    proxy = &*member.name,
                    kind,
                    name,
                    reason,
                    "a proxy rejects a resource, and keeps what it had"
                );
            } else {
                tracing::debug!(proxy = &*member.name, kind, name, reason, "a proxy rejects a resource");
            }
            let happening = Happening::Rejected {
                proxy: member.name.to_string(),
                kind,
                name: name.clone(),
                reason: reason.to_owned(),
            };
            self.tell(Some(member.identity.namespace.clone()), happening);
        }
    }

    /// The proxies that are connected.
    #[must_use]
    pub fn connected(&self) -> Vec<Arc<Member>> {
        self.members().values().filter(|member| member.gone().is_none()).cloned().collect()
    }

    /// Every proxy that is connected or was lately, by name.
    #[must_use]
    pub fn proxies(&self) -> Vec<ProxyStatus> {
        self.forget();
        let members: Vec<_> = self.members().values().cloned().collect();
        members.iter().map(|member| status::proxy(member, self.0.telemetry.state(&member.name))).collect()
    }

    /// Comes back when the proxies that are connected, and for which the revision is meant, have judged it. Each of them is
    /// looked at until it has, and not again: however many there are and however long it takes, who waits costs little.
    ///
    /// # Errors
    /// Why the revision was taken back.
    pub async fn settled(&self, question: Question<'_>) -> Result<(), String> {
        let Question { revision, since, counts } = question;
        let taken_back = self.0.stages.taken_back.subscribe();
        let is_back = || taken_back.borrow().as_ref().and_then(|stage| reason(stage, revision, counts));
        self.begins(revision).await;
        let mut waited = self.meant(revision);
        waited.retain(|member| counts(&member.identity.namespace));
        loop {
            if let Some(reason) = is_back() {
                return Err(reason);
            }
            while waited.last().is_some_and(|member| member.has_judged(revision, since)) {
                waited.pop();
            }
            if waited.is_empty() {
                break;
            }
            sleep(LOOK).await;
        }
        // what they have against it may take it back; whoever decides that looks at all of it once more
        let mut stages = self.0.stages.now.subscribe();
        for _ in 0..2 {
            if self.0.plan.borrow().staged.is_none() {
                break;
            }
            // it is told from here, so it does not end before
            _ = stages.changed().await;
        }
        is_back().map_or(Ok(()), Err)
    }

    /// Comes back when it is known who gets a revision.
    async fn begins(&self, revision: u64) {
        let (mut plan, mut stages) = (self.0.plan.subscribe(), self.0.stages.now.subscribe());
        loop {
            // a stage is told of once the first ones have the revision
            let told = stages.borrow_and_update().as_ref().is_some_and(|stage| stage.revision >= revision);
            let begun = {
                let plan = plan.borrow_and_update();
                plan.newest.revision() >= revision && (plan.staged.is_none() || told)
            };
            if begun {
                return;
            }
            // what is waited for is sent from here, so neither ends before
            tokio::select! {
                _ = plan.changed() => {}
                _ = stages.changed() => {}
            }
        }
    }

    /// The connected proxies for which a revision, or a later one, is meant by now.
    fn meant(&self, revision: u64) -> Vec<Arc<Member>> {
        let plan = Arc::clone(&self.0.plan.borrow());
        let mut members = self.connected();
        members.retain(|member| plan.edition(member.rank).revision() >= revision);
        members
    }

    /// How each resource of the newest revision is.
    #[must_use]
    pub fn objects(&self) -> Vec<ObjectStatus> {
        let newest = self.newest();
        let members = self.connected();
        let mut objects = status::objects(&members, newest.live().desired().resources());
        let states = members.iter().filter_map(|member| {
            let (state, _) = self.0.telemetry.state(&member.name)?;
            Some((Arc::clone(&member.name), state))
        });
        status::wait(&mut objects, &states.collect::<Vec<_>>());
        objects
    }

    /// The values of [`GAUGES`], in their order.
    #[must_use]
    pub fn gauges(&self) -> [f64; GAUGES.len()] {
        let newest = self.newest().revision();
        let members = self.connected();
        let settled = members.iter().filter(|member| member.applied() == Some(newest)).count();
        let rejecting = members.iter().filter(|member| !member.seen().rejected.is_empty()).count();
        let (series, overflowed, reporting) = self.0.telemetry.sizes();
        [
            newest as f64,
            members.len() as f64,
            settled as f64,
            rejecting as f64,
            reporting as f64,
            series as f64,
            overflowed as f64,
            f64::from(u8::from(self.staged().is_some())),
            self.withheld().len() as f64,
        ]
    }

    /// A moment from now on, by the clock that tests can stop.
    #[must_use]
    pub fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    /// The edition that everybody gets, or will get.
    #[must_use]
    pub fn newest(&self) -> Arc<Edition> {
        Arc::clone(&self.0.plan.borrow().newest)
    }
}

/// Why a revision was taken back with this stage, if it was.
fn reason(stage: &StageStatus, revision: u64, counts: &dyn Fn(&str) -> bool) -> Option<String> {
    let within = stage.before < revision && revision <= stage.revision;
    let theirs = stage.blamed.is_empty() || stage.blamed.iter().any(|namespace| counts(namespace));
    stage.reverted.clone().filter(|_| within && theirs)
}
