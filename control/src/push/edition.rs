//! A revision as proxies are served it: views by identity, each computed once; and who gets which revision.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;
use towpath_wire::{Identity, Kind, Resource, Resources, View};

use super::asked::Asked;
use super::staged::Stage;
use crate::mesh::ViewKey;
use crate::meters::{Counter, Meters};
use crate::truth::Live;

#[cfg(test)]
mod tests;

/// After so many revisions for which no proxy of a kind was there, the kind is forgotten.
const UNUSED_MAX: u32 = 100;

/// So many kinds more than twice the open streams may be known. Each stream is of one kind, so whenever this is too little,
/// there are as many kinds of which nobody is.
const KINDS_SPARE: usize = 16;

/// A revision, and what each kind of proxy may see of it.
#[derive(Debug)]
pub struct Edition {
    live: Arc<Live>,
    kinds: Mutex<HashMap<ViewKey, Seen>>,
    /// Shared by all editions of a server.
    asked: Arc<Asked>,
    meters: Arc<Meters>,
}

/// What proxies of one kind may see.
#[derive(Debug, Clone, Default)]
struct Seen {
    view: Arc<OnceCell<Arc<View>>>,
    /// What they saw before: lists that did not change stay the same.
    before: Arc<View>,
    /// The hosts of the namespace that were asked for when the view was computed, and when the last of them was new.
    hosts: Arc<BTreeSet<String>>,
    grown: u64,
    /// Revisions before this one that nobody wanted to see.
    unused: u32,
}

impl Edition {
    /// The edition of a revision, after another one.
    #[must_use]
    pub fn new(live: Arc<Live>, before: Option<&Self>, meters: Arc<Meters>) -> Arc<Self> {
        let kept = |(key, seen): (&ViewKey, &Seen)| Some((key.clone(), seen.next()?));
        let kinds = before.map(|before| before.kinds().iter().filter_map(kept).collect());
        let asked = before.map(|before| Arc::clone(&before.asked)).unwrap_or_default();
        Arc::new(Self { live, kinds: Mutex::new(kinds.unwrap_or_default()), asked, meters })
    }

    fn kinds(&self) -> MutexGuard<'_, HashMap<ViewKey, Seen>> {
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The revision.
    #[must_use]
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// The hosts that proxies ask for.
    #[must_use]
    pub fn asked(&self) -> &Arc<Asked> {
        &self.asked
    }

    /// Its number.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.live.revision()
    }

    /// What a proxy may see, with the hosts that are asked for now. Whoever asks first has it computed, off the threads that
    /// serve.
    pub async fn view(&self, identity: &Identity) -> Arc<View> {
        let key = self.live.key(identity);
        let seen = {
            let mut kinds = self.kinds();
            if kinds.len() >= 2 * self.asked.streams() + KINDS_SPARE && !kinds.contains_key(&key) {
                // what clients say that they are is for them to choose: of those that left nothing is kept
                kinds.retain(|_, seen| seen.is_used());
            }
            let seen = kinds.entry(key.clone()).or_default();
            if let Some((grown, hosts)) = self.asked.since(seen.grown, &identity.namespace) {
                let before = Arc::clone(seen.view.get().unwrap_or(&seen.before));
                *seen = Seen { view: Arc::default(), before, hosts: Arc::new(hosts), grown, unused: 0 };
            }
            seen.clone()
        };
        self.computed(key, seen).await
    }

    async fn computed(&self, key: ViewKey, Seen { view, before, hosts, .. }: Seen) -> Arc<View> {
        let compute = || async {
            self.meters.add(Counter::Views, 1);
            let (live, old) = (Arc::clone(&self.live), Arc::clone(&before));
            let computed = tokio::task::spawn_blocking(move || live.view(&key, &hosts, &old)).await;
            // a bug in there must not take the stream down: its proxy keeps what it has
            computed.map_or(before, Arc::new)
        };
        Arc::clone(view.get_or_init(compute).await)
    }
}

impl Seen {
    /// Whether a proxy has it, or waits for it.
    fn is_used(&self) -> bool {
        self.view.get().map_or(Arc::strong_count(&self.view), Arc::strong_count) > 1
    }

    /// What is kept of it for the next revision.
    fn next(&self) -> Option<Self> {
        let unused = if self.view.initialized() { 0 } else { self.unused + 1 };
        let before = Arc::clone(self.view.get().unwrap_or(&self.before));
        (unused < UNUSED_MAX).then(|| Self {
            view: Arc::default(),
            before,
            hosts: Arc::clone(&self.hosts),
            grown: self.grown,
            unused,
        })
    }
}

/// Who gets which revision.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The newest revision.
    pub newest: Arc<Edition>,
    /// While it is on its way: what all others have, and how far it has come.
    pub staged: Option<(Arc<Edition>, Stage)>,
}

impl Plan {
    /// Everybody gets this.
    #[must_use]
    pub fn all(newest: Arc<Edition>) -> Self {
        Self { newest, staged: None }
    }

    /// What a proxy of this rank gets.
    #[must_use]
    pub fn edition(&self, rank: u64) -> &Arc<Edition> {
        match &self.staged {
            Some((before, stage)) if !stage.reaches(rank) => before,
            _ => &self.newest,
        }
    }
}

/// Whose a resource is, `NAMESPACE/NAME`.
#[must_use]
pub fn namespace_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(namespace, _)| namespace)
}

/// The namespaces whose resources are not the same in both views; none when the views say the same.
#[must_use]
pub fn difference(one: &View, other: &View) -> BTreeSet<String> {
    let mut differs = BTreeSet::new();
    for kind in Kind::ALL {
        let (one, other) = (one.of(kind), other.of(kind));
        if Arc::ptr_eq(one, other) {
            continue;
        }
        let mut lacks = |these: &Resources, those: &Resources| {
            let is_other = |resource: &&Arc<Resource>| {
                let same = those.get(resource.name());
                same.is_none_or(|same| same.version() != resource.version())
            };
            let others = these.iter().filter(is_other).map(|resource| namespace_of(resource.name()));
            differs.extend(others.map(str::to_owned));
        };
        lacks(one, other);
        lacks(other, one);
    }
    differs
}
