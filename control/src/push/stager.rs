//! Follows the truth and decides who gets what: everybody at once, or step by step.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use towpath_config::server::Staged;
use towpath_wire::{Kind, View};

use super::edition::{Edition, Plan, difference, namespace_of};
use super::event::Happening;
use super::fleet::Fleet;
use super::member::Member;
use super::staged::{Complaint, Decision, Seat, Stage, Staging, Traffic};
use crate::documents::Written;
use crate::meters::Counter;
use crate::store::{Origin, Signature};
use crate::truth::{Live, Proposal, Refused, Truth};

mod withheld;

pub use withheld::Withheld;

/// How often a fleet is looked at while a revision is on its way, or not yet everywhere.
const TICK: Duration = Duration::from_millis(250);

/// The file in the state directory that says where a revision is,
const FILE: &str = "staged.json";

/// and the one that says what is withheld.
const WITHHELD: &str = "withheld.json";

/// Where a revision is that goes step by step.
#[derive(Debug, Clone, PartialEq)]
pub struct StageStatus {
    /// The revision.
    pub revision: u64,
    /// What all others have.
    pub before: u64,
    /// The step: `one`, `10%`, `all`.
    pub step: String,
    /// Which step that is, from 1, and how many there are.
    pub steps: (usize, usize),
    /// So many proxies have it.
    pub proxies: usize,
    /// Of so many to whom it makes a difference.
    pub of: usize,
    /// How long the step has held; nothing while proxies have not judged it.
    pub held: Option<Duration>,
    /// Why it was taken back, if it was.
    pub reverted: Option<String>,
    /// Whose change was taken back; everybody's when nobody is named.
    pub blamed: BTreeSet<String>,
}

/// Whoever decides what proxies get.
pub struct Stager {
    rules: Option<Staged>,
    fleet: Fleet,
    truth: Truth,
    state: PathBuf,
    staging: Option<Staging>,
    withheld: Withheld,
    /// What each proxy had counted when the revision came to it, and how it fared before.
    baselines: HashMap<Arc<str>, ([u64; 2], [u64; 2])>,
    /// The last revision that every connected proxy is known to have judged.
    applied: u64,
}

impl Stager {
    /// Goes on where a server before this one was: what was on its way still is. `state` is the state directory; the fleet
    /// has what was kept last, and gets what is so now.
    pub async fn new(rules: Option<Staged>, fleet: Fleet, truth: Truth, state: &Path) -> Self {
        let (stage, withheld) = (read(&state.join(FILE)).await, read(&state.join(WITHHELD)).await);
        let (state, withheld) = (state.to_owned(), withheld.unwrap_or_default());
        let (baselines, staging) = (HashMap::new(), None);
        let mut stager = Self { rules, fleet, truth, state, staging, withheld, baselines, applied: 0 };
        if !stager.withheld.is_empty() {
            let live = stager.withholding(Arc::clone(stager.fleet.newest().live())).await;
            stager.fleet.set_plan(Plan::all(stager.edition(live)));
            stager.fleet.set_withheld(stager.withheld.clone());
        }
        if let (Some(rules), Some(stage)) = (stager.rules.clone(), stage) {
            stager.resume(rules, stage).await;
        }
        let live = stager.truth.live();
        if live.revision() != stager.fleet.newest().revision() {
            stager.take(live).await;
        }
        stager
    }

    async fn resume(&mut self, rules: Staged, stage: Stage) {
        let newest = self.fleet.newest();
        if stage.revision != newest.revision() {
            return;
        }
        match self.truth.revision(stage.before).await {
            Ok(before) => {
                tracing::info!(revision = stage.revision, before = stage.before, "a staged revision goes on");
                let before = self.edition(self.withholding(Arc::new(before)).await);
                self.staging = Some(Staging::resume(rules, stage.clone()));
                self.fleet.set_plan(Plan { newest, staged: Some((before, stage)) });
            }
            Err(fault) => tracing::warn!(
                %fault, revision = stage.revision,
                "what a staged revision came from is not kept: all get the revision"
            ),
        }
    }

    /// Follows the truth until it ends.
    pub async fn run(mut self) {
        let mut follow = self.truth.follow();
        let plan = Arc::clone(&self.fleet.plan().borrow());
        if let Some((before, Stage { reverted: Some(reason), blamed, .. })) = &plan.staged {
            // the server ended before the source was told
            let complaint = Complaint { blamed: blamed.clone(), reason: reason.clone() };
            self.restore(&plan, before, complaint).await;
        }
        loop {
            let live = Arc::clone(&follow.borrow_and_update());
            if live.revision() != self.fleet.newest().revision() {
                self.take(live).await;
            }
            self.look().await;
            let busy = self.staging.is_some() || self.applied != self.fleet.newest().revision();
            tokio::select! {
                changed = follow.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(TICK), if busy => {}
            }
        }
    }

    fn edition(&self, live: Arc<Live>) -> Arc<Edition> {
        Edition::new(live, Some(&*self.fleet.newest()), Arc::clone(self.fleet.meters()))
    }

    /// A new revision.
    async fn take(&mut self, live: Arc<Live>) {
        if let Some(record) = live.record() {
            let (who, message) = (record.who.clone(), record.message.clone());
            self.fleet.tell(None, Happening::Revision { revision: record.number, who, message });
        }
        self.send(live).await;
    }

    /// A revision without what is withheld.
    async fn withholding(&self, live: Arc<Live>) -> Arc<Live> {
        let written = self.withheld.written(live.documents());
        if written.is_empty() {
            return live;
        }
        loop {
            match self.truth.suppose(live.documents().with(&written), Arc::clone(&live)).await {
                Ok(supposed) => return Arc::new(supposed),
                Err(Refused::Busy) => tokio::time::sleep(TICK).await,
                // the server ends
                Err(_) => return live,
            }
        }
    }

    /// To all, or on its way. A revision that comes while another is on its way takes its place; one that says what all others
    /// have already ends it.
    async fn send(&mut self, live: Arc<Live>) {
        self.withheld.forget(live.documents());
        self.keep_withheld().await;
        let live = self.withholding(live).await;
        let plan = Arc::clone(&self.fleet.plan().borrow());
        let before = plan.staged.as_ref().map_or(&plan.newest, |(before, _)| before);
        let newest = self.edition(Arc::clone(&live));
        self.baselines.clear();
        let restores = before.live().documents() == live.documents();
        match self.rules.clone().filter(|_| before.revision() > 0 && !restores) {
            Some(rules) => {
                let staging = Staging::begin(rules, newest.revision(), before.revision());
                let staged = Some((Arc::clone(before), staging.stage().clone()));
                self.staging = Some(staging);
                self.fleet.set_plan(Plan { newest, staged });
            }
            None => {
                self.staging = None;
                self.fleet.set_staged(None);
                self.fleet.set_plan(Plan::all(newest));
            }
        }
        self.keep().await;
    }

    async fn look(&mut self) {
        let members = self.fleet.connected();
        let plan = Arc::clone(&self.fleet.plan().borrow());
        if let (Some(mut staging), Some((before, _))) = (self.staging.take(), &plan.staged) {
            let seats = self.seats(&members, &staging, &plan.newest, before).await;
            let now = Fleet::now();
            let decision = staging.look(now, &seats);
            let status = status(&staging, &seats);
            self.act(decision, staging, &plan, status).await;
        } else {
            self.tell_applied(&members, plan.newest.revision());
        }
    }

    async fn act(&mut self, decision: Decision, staging: Staging, plan: &Plan, status: StageStatus) {
        let Some((before, _)) = &plan.staged else { return };
        let stage = staging.stage().clone();
        let revision = stage.revision;
        match decision {
            Decision::Stay => {
                self.staging = Some(staging);
                self.fleet.set_staged(Some(status));
                return;
            }
            Decision::Done => {
                tracing::info!(revision, "a staged revision is everywhere");
                self.fleet.set_staged(None);
                self.fleet.set_plan(Plan::all(Arc::clone(&plan.newest)));
            }
            Decision::Step | Decision::Reach => {
                if decision == Decision::Step {
                    let (step, _) = staging.progress(Fleet::now());
                    tracing::info!(revision, step, "a staged revision goes further");
                    self.fleet.tell(None, Happening::Stage { revision, step });
                }
                self.staging = Some(staging);
                self.note_baselines(&stage);
                self.replan(plan, before, stage);
                self.fleet.set_staged(Some(status));
            }
            Decision::Revert(complaint) => {
                let Complaint { blamed, reason } = &complaint;
                tracing::error!(
                    revision,
                    before = stage.before,
                    reason,
                    ?blamed,
                    "a staged revision is taken back"
                );
                self.fleet.meters().add(Counter::Reverted, 1);
                self.fleet.tell(None, Happening::Reverted { revision, reason: reason.clone() });
                self.staging = Some(staging);
                self.replan(plan, before, stage);
                self.fleet.set_taken_back(status.clone());
                self.fleet.set_staged(Some(status));
                self.keep().await;
                self.restore(plan, before, complaint).await;
            }
        }
        self.keep().await;
    }

    fn replan(&self, plan: &Plan, before: &Arc<Edition>, stage: Stage) {
        let newest = Arc::clone(&plan.newest);
        self.fleet.set_plan(Plan { newest, staged: Some((Arc::clone(before), stage)) });
    }

    /// Writes to the source what the namespaces that are to blame said before, as a new revision; what others have changed
    /// stays, and sets out anew with it. Proxies have what was before already, whether that works or not.
    async fn restore(&mut self, plan: &Plan, before: &Edition, complaint: Complaint) {
        let (newest, restored) = (plan.newest.revision(), before.revision());
        let Complaint { blamed, reason } = complaint;
        let written = taken_back(plan.newest.live(), before.live(), &blamed);
        let proposal = Proposal {
            written: written.clone(),
            expected: Some(newest),
            signature: Signature {
                who: "staged push".into(),
                origin: Origin::Rollback(restored),
                message: format!("revision {newest} taken back: {reason}"),
            },
        };
        match self.truth.write(proposal).await {
            Ok(_) | Err(Refused::Conflict { .. }) => {}
            Err(fault) => {
                tracing::error!(
                    %fault, revision = newest,
                    "the source could not be told that a staged revision was taken back: proxies keep what was before of these \
                     documents until they are changed there"
                );
                let live = self.truth.live();
                if live.revision() == newest {
                    self.withheld.add(live.documents(), &written, &reason);
                    self.send(live).await;
                }
            }
        }
    }

    /// The proxies to whom the revision makes a difference.
    async fn seats(
        &mut self,
        members: &[Arc<Member>],
        staging: &Staging,
        newest: &Edition,
        before: &Edition,
    ) -> Vec<Seat> {
        // editions keep their views, so an address stands for one
        let mut known: HashMap<(usize, usize), Arc<BTreeSet<String>>> = HashMap::new();
        let mut seats = Vec::with_capacity(members.len());
        for member in members {
            let (new, old) = (newest.view(&member.identity).await, before.view(&member.identity).await);
            let pair = (Arc::as_ptr(&new).addr(), Arc::as_ptr(&old).addr());
            let sees = known.entry(pair).or_insert_with(|| Arc::new(difference(&new, &old)));
            if sees.is_empty() {
                continue;
            }
            let (namespace, sees) = (member.identity.namespace.as_str().into(), Arc::clone(sees));
            let mut seat = Seat { rank: member.rank, namespace, sees, ..Seat::default() };
            if staging.stage().reaches(member.rank) {
                seat.settled = member.sent() == newest.revision() && member.is_settled();
                seat.rejects = rejects(member, &new, &old);
                self.count(member, &mut seat);
            }
            seats.push(seat);
        }
        seats
    }

    /// Notes how those fared that get the revision now, before it comes to them: a look later it may have had its effect.
    fn note_baselines(&mut self, stage: &Stage) {
        for member in self.fleet.connected() {
            if stage.reaches(member.rank)
                && let Some(counted) = self.fleet.telemetry().traffic(&member.name)
            {
                self.baselines.entry(Arc::clone(&member.name)).or_insert(counted);
            }
        }
    }

    /// The traffic of a proxy since the revision came to it, and before.
    fn count(&mut self, member: &Member, seat: &mut Seat) {
        let Some((total, usual)) = self.fleet.telemetry().traffic(&member.name) else { return };
        let (begun, before) = *self.baselines.entry(Arc::clone(&member.name)).or_insert((total, usual));
        let traffic = |[requests, failed]: [u64; 2]| Traffic { requests, failed };
        let [requests, failed] = total;
        // a proxy that began to report anew counts from nothing
        let since =
            if requests >= begun[0] { [requests - begun[0], failed.saturating_sub(begun[1])] } else { total };
        (seat.before, seat.since) = (traffic(before), traffic(since));
    }

    /// Says once that a revision is with everybody.
    fn tell_applied(&mut self, members: &[Arc<Member>], revision: u64) {
        let done = |member: &Arc<Member>| member.applied() == Some(revision);
        if self.applied == revision || !members.iter().all(done) {
            return;
        }
        self.applied = revision;
        if !members.is_empty() {
            let proxies = members.len();
            tracing::info!(revision, proxies, "every proxy has judged the revision");
            self.fleet.tell(None, Happening::Applied { revision, proxies });
        }
    }

    /// Keeps on disk what is withheld, and says so, where that is something else than before.
    async fn keep_withheld(&self) {
        if self.withheld == *self.fleet.withheld() {
            return;
        }
        self.fleet.set_withheld(self.withheld.clone());
        let (path, withheld) = (self.state.join(WITHHELD), self.withheld.clone());
        let withheld = (!withheld.is_empty()).then_some(withheld);
        let kept = tokio::task::spawn_blocking(move || write(&path, withheld.as_ref())).await;
        if let Ok(Err(fault)) = kept {
            tracing::error!(%fault, path = %self.state.display(), "what is withheld cannot be kept: a restart would give it to proxies");
        }
    }

    /// Keeps on disk where the revision is.
    async fn keep(&self) {
        let stage = self.staging.as_ref().map(|staging| staging.stage().clone());
        let path = self.state.join(FILE);
        let kept = tokio::task::spawn_blocking(move || write(&path, stage.as_ref())).await;
        if let Ok(Err(fault)) = kept {
            tracing::error!(%fault, path = %self.state.display(), "where a staged revision is cannot be kept: a restart would give it to all");
        }
    }
}

fn status(staging: &Staging, seats: &[Seat]) -> StageStatus {
    let Stage { revision, before, reverted, blamed, .. } = staging.stage().clone();
    let (step, held) = staging.progress(Fleet::now());
    let proxies = seats.iter().filter(|seat| staging.stage().reaches(seat.rank)).count();
    let steps = staging.steps();
    StageStatus { revision, before, step, steps, proxies, of: seats.len(), held, reverted, blamed }
}

/// What a proxy rejects of what is new.
fn rejects(member: &Member, new: &View, old: &View) -> Option<Complaint> {
    let version =
        |view: &View, kind: Kind, name: &str| view.of(kind).get(name).map(|resource| resource.version());
    member.with_session(|session, _| {
        let mut rejections = session.rejections();
        let (kind, name, rejection) = rejections.find(|(kind, name, rejection)| {
            version(new, *kind, name) == Some(rejection.version)
                && version(old, *kind, name) != Some(rejection.version)
        })?;
        let reason = format!("{} rejects the {} {name}: {}", member.name, kind.name(), rejection.reason);
        Some(Complaint { blamed: BTreeSet::from([namespace_of(name).to_owned()]), reason })
    })?
}

/// What has to be written so that the documents of these namespaces say again what they said before; all documents when that
/// is nothing.
fn taken_back(newest: &Live, before: &Live, blamed: &BTreeSet<String>) -> Written {
    let all = newest.documents().until(before.documents());
    let mut theirs = all.clone();
    theirs.retain(|document, _| {
        let of = |live: &Live| live.state().namespaces_of(document).any(|name| blamed.contains(name));
        of(newest) || of(before)
    });
    if theirs.is_empty() { all } else { theirs }
}

async fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let path = path.to_owned();
    let text = tokio::task::spawn_blocking(move || std::fs::read_to_string(path)).await.ok()?.ok()?;
    serde_json::from_str(&text).ok()
}

/// Whole or not at all; without something to say, without a file.
fn write(path: &Path, says: Option<&impl Serialize>) -> io::Result<()> {
    let Some(says) = says else {
        return match std::fs::remove_file(path) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
            _ => Ok(()),
        };
    };
    let beside = path.with_extension("new");
    let file = std::fs::File::create(&beside)?;
    serde_json::to_writer(&file, says)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
