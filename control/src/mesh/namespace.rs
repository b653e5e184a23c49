//! One namespace: what of its documents is live.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use towpath_config::model::Config;
use towpath_config::parts::{Base, Content, Outcome, Part, PartName, Unit, settle};

use super::document::{Draft, Sheet};
use super::law::{Change, Law, refuse_excess, refuse_twins};
use super::verdict::Verdict;
use crate::documents::DocumentName;

/// What goes into a namespace.
#[derive(Debug, Clone, Default)]
pub(super) struct Inputs {
    /// Its documents as they are now; one that is gone, or speaks of another namespace, is not there.
    pub(super) documents: BTreeMap<DocumentName, Arc<Draft>>,
    /// The clusters of others that it names and may have now.
    pub(super) foreign: BTreeMap<String, Content>,
}

impl PartialEq for Inputs {
    fn eq(&self, other: &Self) -> bool {
        self.documents.len() == other.documents.len()
            && self.documents.iter().all(|(name, draft)| {
                other.documents.get(name).is_some_and(|theirs| Arc::ptr_eq(draft, theirs))
            })
            && self.foreign == other.foreign
    }
}

/// One namespace of a mesh.
#[derive(Debug, Clone, Default)]
pub struct Namespace {
    /// What it was settled from; `None` before it is.
    pub(super) inputs: Option<Inputs>,
    /// The documents that are live: each as it is now, or as it was when all was well with it.
    pub(super) live: BTreeMap<DocumentName, Arc<Draft>>,
    /// The same of clusters of others.
    pub(super) foreign: BTreeMap<String, Content>,
    law: Law,
    verdicts: BTreeMap<DocumentName, Verdict>,
    /// Documents by which there would be more than there may be.
    pub(super) excess: BTreeSet<DocumentName>,
}

impl Namespace {
    /// A namespace in which this was live. What can no longer be read is left out; the next state shows whether the rest
    /// still compiles.
    pub(super) fn restored(
        name: &str,
        documents: BTreeMap<DocumentName, Arc<Draft>>,
        foreign: BTreeMap<String, Content>,
    ) -> Self {
        let live: BTreeMap<_, _> =
            documents.into_iter().filter(|(_, draft)| draft.sheet_of(name).is_some()).collect();
        let law = Law::of(live.values().filter_map(|draft| draft.sheet()));
        Self { live, foreign, law, ..Self::default() }
    }

    /// What is live, part by part; clusters of other namespaces under their long names.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        let own = self.live.values().filter_map(|draft| draft.sheet());
        own.flat_map(|sheet| sheet.cut.content().parts())
            .chain(self.foreign.values().flat_map(Content::parts))
    }

    /// The part of this name that is live.
    #[must_use]
    pub fn part(&self, name: &PartName) -> Option<&Part> {
        self.parts().find(|part| part.name() == name)
    }

    /// The table that is live, whole; none when this program is stricter than the one that settled it.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<Config> {
        let own = self.live.values().filter_map(|draft| Some(draft.sheet_of(name)?.cut.content()));
        let unit = |content: &Content| Unit { new: Some(content.clone()), good: None };
        let units: Vec<Unit> = own.chain(self.foreign.values()).map(unit).collect();
        let settled = settle(name, &Base::namespace(name), &units).ok()?;
        Some(settled.into_parts().0.into_config())
    }

    /// Its grants, quotas and scopes.
    #[must_use]
    pub fn law(&self) -> &Law {
        &self.law
    }

    /// What became of each of its documents.
    pub fn verdicts(&self) -> impl Iterator<Item = (&DocumentName, &Verdict)> {
        self.verdicts.iter()
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.live.is_empty() && self.inputs.as_ref().is_none_or(|inputs| inputs.documents.is_empty())
    }

    /// The clusters of others that its documents name, live ones and newest ones.
    pub(super) fn names(&self, name: &str, inputs: &BTreeMap<DocumentName, Arc<Draft>>) -> BTreeSet<String> {
        let drafts = self.live.values().chain(inputs.values());
        drafts.filter_map(|draft| draft.sheet_of(name)).flat_map(|sheet| &sheet.foreign).cloned().collect()
    }

    /// This namespace after its documents have changed.
    pub(super) fn next(&self, name: &str, inputs: Inputs) -> Self {
        let mut changes: BTreeMap<&DocumentName, Change<'_>> = BTreeMap::new();
        let mut refused = BTreeMap::new();
        for (document, draft) in &self.live {
            changes.insert(document, Change { good: draft.sheet_of(name), new: None });
        }
        for (document, draft) in &inputs.documents {
            let change = changes.entry(document).or_insert(Change { good: None, new: None });
            match &draft.cut {
                Ok(sheet) => change.new = Some(sheet).filter(|sheet| sheet.cut.namespace() == name),
                Err(faults) => {
                    change.new = change.good;
                    refused.insert(document, Outcome::Rejected(faults.clone()));
                }
            }
        }
        refuse_twins(&mut changes, &mut refused);
        let before: BTreeSet<&DocumentName> = refused.keys().copied().collect();
        refuse_excess(&mut changes, &mut refused);
        let excess = refused.keys().filter(|document| !before.contains(*document));
        let excess = excess.map(|document| (*document).clone()).collect();
        let (settled, foreign) = self.settled(name, &changes, &inputs);
        let mut next = Self { foreign, excess, ..Self::default() };
        for ((document, change), outcome) in changes.iter().zip(settled) {
            let is_live = matches!(outcome, Outcome::Live);
            let content = if is_live { change.new } else { change.good };
            let drafts = [inputs.documents.get(*document), self.live.get(*document)].into_iter().flatten();
            let holds = |draft: &&Arc<Draft>| {
                draft.sheet().zip(content).is_some_and(|(own, content)| std::ptr::eq(own, content))
            };
            if let Some(draft) = drafts.clone().find(holds) {
                next.live.insert((*document).clone(), Arc::clone(draft));
            }
            let outcome = refused.remove(*document).filter(|_| is_live).unwrap_or(outcome);
            if inputs.documents.contains_key(*document) || !matches!(outcome, Outcome::Live) {
                next.verdicts.insert((*document).clone(), Verdict::of(outcome));
            }
        }
        next.law = Law::of(next.live.values().filter_map(|draft| draft.sheet_of(name)));
        next.forget_unnamed(name);
        next.tell_withdrawn(&inputs);
        next.inputs = Some(inputs);
        next
    }

    /// What becomes of each document, and which clusters of others are live.
    fn settled(
        &self,
        name: &str,
        changes: &BTreeMap<&DocumentName, Change<'_>>,
        inputs: &Inputs,
    ) -> (Vec<Outcome>, BTreeMap<String, Content>) {
        let content = |sheet: Option<&Sheet>| sheet.map(|sheet| sheet.cut.content().clone());
        let own =
            changes.values().map(|change| Unit { new: content(change.new), good: content(change.good) });
        let foreign: BTreeSet<&String> = inputs.foreign.keys().chain(self.foreign.keys()).collect();
        let others = foreign.iter().map(|cluster| Unit {
            new: inputs.foreign.get(*cluster).cloned(),
            good: self.foreign.get(*cluster).cloned(),
        });
        let mut units: Vec<Unit> = own.chain(others).collect();
        let base = Base::namespace(name);
        let settled = settle(name, &base, &units).or_else(|_| {
            // what was good is so no longer, since this program has become stricter: what compiles now is all there is
            units.iter_mut().for_each(|unit| unit.good = None);
            settle(name, &base, &units)
        });
        let Ok(settled) = settled else { return (vec![Outcome::Live; changes.len()], BTreeMap::new()) };
        let mut outcomes = settled.into_parts().2;
        let of_others = outcomes.split_off(changes.len());
        let live = foreign.into_iter().zip(of_others).filter_map(|(cluster, outcome)| {
            let from = if matches!(outcome, Outcome::Live) { &inputs.foreign } else { &self.foreign };
            Some((cluster.clone(), from.get(cluster)?.clone()))
        });
        (outcomes, live.collect())
    }

    /// Clusters of others that no live route names are not kept.
    fn forget_unnamed(&mut self, name: &str) {
        let named: BTreeSet<&String> = self
            .live
            .values()
            .filter_map(|draft| draft.sheet_of(name))
            .flat_map(|sheet| &sheet.foreign)
            .collect();
        self.foreign.retain(|cluster, _| named.contains(cluster));
    }

    /// Notes routes that go on to what others no longer give.
    fn tell_withdrawn(&mut self, inputs: &Inputs) {
        let gone: Vec<&String> =
            self.foreign.keys().filter(|cluster| !inputs.foreign.contains_key(*cluster)).collect();
        for (document, draft) in &self.live {
            let Some(sheet) = draft.sheet() else { continue };
            let Some(cluster) = gone.iter().find(|cluster| sheet.foreign.contains(**cluster)) else {
                continue;
            };
            let content = sheet.cut.content();
            let route = content.parts().iter().find(|part| part.references().clusters.contains(*cluster));
            let found = format!("the cluster `{cluster}` is granted no more, or gone");
            let help = "the route goes on to where it was last; point it at another cluster";
            let faults = content.fault(route.map(Part::name), &found, help);
            let verdict = self.verdicts.entry(document.clone()).or_insert_with(|| Verdict::of(Outcome::Live));
            verdict.withdrawn = Some(faults);
        }
    }
}
