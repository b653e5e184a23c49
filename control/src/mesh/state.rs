//! All namespaces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use towpath_config::Faults;
use towpath_config::parts::{Content, Outcome, PartName, Section, foreign};

use super::document::Draft;
use super::namespace::{Inputs, Namespace};
use super::verdict::Verdict;
use crate::documents::{DocumentName, Documents};

/// So often namespaces are looked at again since what others give them has changed: a chain of clusters that become live
/// by each other is seldom longer than two.
const ROUNDS_MAX: usize = 8;

/// What the documents of a mesh say, and what of it is live. Cheap to clone: a dry run is the next state of a copy.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(super) drafts: BTreeMap<DocumentName, Arc<Draft>>,
    pub(super) namespaces: BTreeMap<Arc<str>, Arc<Namespace>>,
}

impl State {
    /// The state after this one, when its documents say this. What did not change costs next to nothing.
    #[must_use]
    pub fn next(&self, documents: &Documents) -> Self {
        let drafts: BTreeMap<DocumentName, Arc<Draft>> = documents
            .iter()
            .map(|(name, text)| {
                let known = self.drafts.get(name).filter(|draft| draft.text == *text);
                (name.clone(), known.cloned().unwrap_or_else(|| Draft::read(name, text)))
            })
            .collect();
        let mut next = Self { drafts, namespaces: self.namespaces.clone() };
        let spoken = next.drafts.values().filter_map(|draft| Some(draft.sheet()?.cut.namespace().into()));
        let names: BTreeSet<Arc<str>> = spoken.chain(self.namespaces.keys().cloned()).collect();
        for _ in 0..ROUNDS_MAX {
            let changed: Vec<_> = names.iter().filter(|name| next.renew(self, name)).collect();
            if changed.is_empty() {
                break;
            }
        }
        next.namespaces.retain(|_, namespace| !namespace.is_empty());
        next
    }

    /// Settles a namespace anew if what goes into it has changed. Says whether it has.
    fn renew(&mut self, old: &Self, name: &Arc<str>) -> bool {
        let nothing = Arc::<Namespace>::default();
        let before = old.namespaces.get(name).unwrap_or(&nothing);
        let now = self.namespaces.get(name).unwrap_or(&nothing);
        let inputs = self.inputs(name, before);
        if now.inputs.as_ref() == Some(&inputs) {
            return false;
        }
        let next = before.next(name, inputs);
        self.namespaces.insert(Arc::clone(name), Arc::new(next));
        true
    }

    fn inputs(&self, name: &str, before: &Namespace) -> Inputs {
        let belongs = |(document, draft): &(&DocumentName, &Arc<Draft>)| match draft.sheet() {
            Some(sheet) => sheet.cut.namespace() == name,
            // nobody knows of which one a broken document speaks: of that of which it spoke
            None => before.live.contains_key(*document),
        };
        let documents: BTreeMap<_, _> = self
            .drafts
            .iter()
            .filter(belongs)
            .map(|(name, draft)| (name.clone(), Arc::clone(draft)))
            .collect();
        let named = before.names(name, &documents);
        let foreign = named.into_iter().filter_map(|cluster| {
            let content = self.offer(&cluster, name)?;
            Some((cluster, content))
        });
        Inputs { foreign: foreign.collect(), documents }
    }

    /// A cluster of another namespace, if `asker` may have it.
    fn offer(&self, cluster: &str, asker: &str) -> Option<Content> {
        let (owner, local) = cluster.split_once(':')?;
        let owner = self.namespaces.get(owner).filter(|owner| owner.law().allows(asker, local))?;
        let part = |section, name: &str| PartName::new(section, name).and_then(|name| owner.part(&name));
        let endpoints = part(Section::Endpoints, local);
        let settings = part(Section::Settings, PartName::SETTINGS);
        foreign(cluster, part(Section::Cluster, local)?, endpoints, settings)
    }

    /// The namespace of this name.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Option<&Arc<Namespace>> {
        self.namespaces.get(name)
    }

    /// All namespaces, in the order of their names.
    pub fn namespaces(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Namespace>)> {
        self.namespaces.iter()
    }

    /// The namespaces that a document is of: that of which it speaks, and those in which an older text of it is live.
    pub fn namespaces_of(&self, document: &DocumentName) -> impl Iterator<Item = &str> {
        let spoken = self.drafts.get(document).and_then(|draft| draft.sheet());
        let live = self.namespaces.iter().filter(|(_, namespace)| namespace.live.contains_key(document));
        spoken.into_iter().map(|sheet| sheet.cut.namespace()).chain(live.map(|(name, _)| &**name))
    }

    /// What became of each document. One that moved to another namespace stands here with what is worse.
    #[must_use]
    pub fn verdicts(&self) -> BTreeMap<&DocumentName, Verdict> {
        let mut verdicts: BTreeMap<&DocumentName, Verdict> = BTreeMap::new();
        for (name, draft) in &self.drafts {
            if let Err(faults) = &draft.cut {
                verdicts.insert(name, Verdict::of(Outcome::Rejected(faults.clone())));
            }
        }
        for (name, verdict) in self.namespaces.values().flat_map(|namespace| namespace.verdicts()) {
            if verdicts.get(name).is_none_or(Verdict::is_clean) {
                verdicts.insert(name, verdict.clone());
            }
        }
        verdicts
    }

    /// With how many documents something is wrong.
    #[must_use]
    pub fn faulty(&self) -> usize {
        self.verdicts().values().filter(|verdict| !verdict.is_clean()).count()
    }

    /// Documents that are rejected because their namespace would have more than its quotas.
    #[must_use]
    pub fn excess(&self) -> BTreeSet<&DocumentName> {
        self.namespaces.values().flat_map(|namespace| &namespace.excess).collect()
    }

    /// Everything that is wrong with any document.
    #[must_use]
    pub fn faults(&self) -> Vec<Faults> {
        self.verdicts().values().flat_map(|verdict| verdict.faults().cloned().collect::<Vec<_>>()).collect()
    }
}
