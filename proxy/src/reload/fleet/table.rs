//! The resources of this proxy: what was said of each last, what of it is live, and why the rest is not. No I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use towpath_config::model::Place;
use towpath_config::parts::{Content, Outcome, Part, PartName, Section, Unit};
use towpath_config::{Faults, Severity};
use towpath_wire::{Kind, Upsert, Version};

use super::names;
use crate::shared::{Object, Open, Tally};

#[cfg(test)]
mod tests;

/// So many resources that are not live are shown one by one.
const OBJECTS_MAX: usize = 100;

/// Of so many resources it is kept that they were rejected before anything of them was good.
const ENTRIES_MAX: usize = 200_000;

/// Octets of a fault that goes to the server.
const FAULT_BYTES_MAX: usize = 1024;

/// All resources.
#[derive(Debug)]
pub(super) struct Table {
    namespace: String,
    bytes: usize,
    bytes_max: usize,
    entries: BTreeMap<PartName, Entry>,
    /// What changed since the table was last settled.
    touched: BTreeSet<PartName>,
    /// What is not live as it was said last, or has not been judged: all that changed is here.
    open: BTreeSet<PartName>,
}

#[derive(Debug, Default)]
struct Entry {
    unit: Unit,
    /// Why the newest content is not live, where it is not.
    open: Option<(Open, String)>,
    /// The newest content cannot go live for what is outside of the table.
    refused: bool,
}

/// What is to be settled: the parts, and their units in the same order.
#[derive(Debug, Default)]
pub(super) struct Units {
    pub(super) names: Vec<PartName>,
    pub(super) units: Vec<Unit>,
}

impl Table {
    /// No resources. Their texts may have `bytes_max` octets together.
    pub(super) fn new(namespace: &str, bytes_max: usize) -> Self {
        Self {
            namespace: namespace.to_owned(),
            bytes: 0,
            bytes_max,
            entries: BTreeMap::new(),
            touched: BTreeSet::new(),
            open: BTreeSet::new(),
        }
    }

    /// Notes that there is something to be settled.
    fn touch(&mut self, name: PartName) {
        self.open.insert(name.clone());
        self.touched.insert(name);
    }

    /// Takes in a part that was live before.
    pub(super) fn recall(&mut self, part: Part) {
        let (name, content) = (part.name().clone(), Content::from(part));
        self.bytes += size(Some(&content));
        let unit = Unit { new: Some(content.clone()), good: Some(content) };
        self.entries.insert(name, Entry { unit, ..Entry::default() });
    }

    /// The resources that are live, with the versions of their texts.
    pub(super) fn held(&self) -> impl Iterator<Item = (Kind, String, Version)> {
        self.good().map(|part| {
            let name = names::resource(part.name(), &self.namespace);
            (names::kind(part.name().section()), name, Version::of(part.text()))
        })
    }

    /// The parts that are live.
    pub(super) fn good(&self) -> impl Iterator<Item = &Part> {
        self.entries.values().filter_map(|entry| entry.unit.good.as_ref()).flat_map(Content::parts)
    }

    /// Takes in what the server says of a resource.
    ///
    /// # Errors
    /// It is rejected, for this reason, before it is seen beside the others.
    pub(super) fn put(&mut self, kind: Kind, upsert: &Upsert) -> Result<(), String> {
        let name = names::part(kind, &upsert.name, &self.namespace)?;
        let taken = Part::new(name.clone(), Arc::clone(&upsert.text));
        let taken = taken.map_err(|faults| line(&faults)).and_then(|part| self.take(part));
        if let Err(fault) = &taken
            && (self.entries.len() < ENTRIES_MAX || self.entries.contains_key(&name))
        {
            // what was said before it is not what is wanted now, nor is it known to be wrong: it stays as it was
            let good = self.entries.get(&name).and_then(|entry| entry.unit.good.clone());
            self.set(&name, good).open = Some((Open::Rejected, fault.clone()));
            self.touch(name);
        }
        taken
    }

    fn take(&mut self, part: Part) -> Result<(), String> {
        let name = part.name().clone();
        let content = Content::from(part);
        let known = self.entries.get(&name);
        let before = known.map_or(0, |entry| size(entry.unit.new.as_ref()));
        let bytes = self.bytes - before + size(Some(&content));
        if bytes > self.bytes_max {
            let most = self.bytes_max;
            return Err(format!(
                "all resources together would have {bytes} octets, and `proxy.control.limits.table_bytes` is {most}"
            ));
        }
        if known.is_none_or(|known| known.unit.new.as_ref() != Some(&content) || known.open.is_some()) {
            let entry = self.set(&name, Some(content));
            (entry.open, entry.refused) = (None, false);
            self.touch(name);
        }
        Ok(())
    }

    /// Takes in that a resource is not there, or not wanted.
    pub(super) fn remove(&mut self, kind: Kind, name: &str) {
        let Ok(name) = names::part(kind, name, &self.namespace) else { return };
        if self.entries.contains_key(&name) {
            let entry = self.set(&name, None);
            (entry.open, entry.refused) = (None, false);
            self.touch(name);
        }
    }

    /// Forgets what was rejected: the server says it again to the next stream, if that is still what it says.
    pub(super) fn forget_rejected(&mut self) {
        let Self { entries, bytes, touched, open, .. } = self;
        for name in open.iter() {
            let Some(entry) = entries.get_mut(name) else { continue };
            let Entry { unit, open: Some((Open::Rejected, _)), .. } = entry else { continue };
            // what was taken away is not said again
            if unit.new.is_none() && unit.good.is_some() {
                continue;
            }
            *bytes = *bytes - size(unit.new.as_ref()) + size(unit.good.as_ref());
            unit.new = unit.good.clone();
            (entry.open, entry.refused) = (None, false);
            touched.insert(name.clone());
        }
    }

    /// Makes this the newest content.
    fn set(&mut self, name: &PartName, new: Option<Content>) -> &mut Entry {
        let entry = self.entries.entry(name.clone()).or_default();
        self.bytes = self.bytes - size(entry.unit.new.as_ref()) + size(new.as_ref());
        entry.unit.new = new;
        entry
    }

    /// Whether anything changed that was not settled.
    pub(super) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// The clusters that changed, if nothing else did and all others are live: their new endpoints.
    pub(super) fn endpoints_only(&self) -> Option<Vec<(PartName, Arc<str>)>> {
        let is_open = |name| self.entries.get(name).is_some_and(|entry| entry.open.is_some());
        if self.open.iter().any(is_open) {
            return None;
        }
        let changed = self.touched.iter().map(|name| {
            let Unit { new: Some(new), good: Some(_) } = &self.entries.get(name)?.unit else { return None };
            let part = new.part(name).filter(|_| name.section() == Section::Endpoints)?;
            Some((name.clone(), Arc::clone(part.text())))
        });
        changed.collect()
    }

    /// What is to be settled.
    pub(super) fn units(&self) -> Units {
        let mut all = Units::default();
        for (name, entry) in &self.entries {
            let mut unit = entry.unit.clone();
            if entry.refused {
                unit.new = unit.good.clone();
            }
            all.names.push(name.clone());
            all.units.push(unit);
        }
        all
    }

    /// Notes that the listener of this name cannot have its address.
    pub(super) fn refuse(&mut self, listener: &str, fault: &str) {
        let name = PartName::new(Section::Listener, listener);
        if let Some(entry) = name.as_ref().and_then(|name| self.entries.get_mut(name)) {
            entry.refused = true;
            entry.open = Some((Open::Rejected, fault.to_owned()));
        }
        self.open.extend(name);
    }

    /// Where listeners changed, addresses may have come free: all that could not have theirs are tried again.
    pub(super) fn retry_refused(&mut self) {
        if self.touched.iter().any(|name| name.section() == Section::Listener) {
            for name in &self.open {
                if let Some(entry) = self.entries.get_mut(name).filter(|entry| entry.refused) {
                    (entry.open, entry.refused) = (None, false);
                }
            }
        }
    }

    /// Notes that it did not go live as it was: its parts are to be seen beside each other anew.
    pub(super) fn doubt(&mut self) {
        self.entries.values_mut().for_each(|entry| entry.unit.good = None);
        self.open.extend(self.entries.keys().cloned());
    }

    /// Notes what became of each part, whether it goes live now or not.
    pub(super) fn judged(&mut self, names: &[PartName], outcomes: &[Outcome]) {
        for (name, outcome) in names.iter().zip(outcomes) {
            let Some(entry) = self.entries.get_mut(name) else { continue };
            let open = match outcome {
                // what was rejected before it was settled, or is refused from outside, stays so
                Outcome::Live if entry.refused || entry.unit.new == entry.unit.good => continue,
                Outcome::Live => None,
                Outcome::Rejected(faults) => Some((Open::Rejected, faults)),
                Outcome::Waiting(faults) => Some((Open::Waiting, faults)),
                Outcome::Held(faults) => Some((Open::Held, faults)),
            };
            if open.is_some() {
                self.open.insert(name.clone());
            }
            entry.open = open.map(|(open, faults)| (open, line(faults)));
        }
    }

    /// Notes that what was judged is live.
    pub(super) fn live(&mut self) {
        let Self { entries, open, .. } = self;
        open.retain(|name| {
            let Some(entry) = entries.get_mut(name) else { return false };
            if entry.open.is_none() {
                entry.unit.good = entry.unit.new.clone();
            }
            let is_there = entry.unit.new.is_some() || entry.unit.good.is_some() || entry.open.is_some();
            let is_open = entry.open.is_some();
            if !is_there {
                entries.remove(name);
            }
            is_open
        });
        self.touched.clear();
    }

    /// Why a resource is rejected, if it is.
    pub(super) fn rejection(&self, kind: Kind, name: &str) -> Option<&str> {
        let name = names::part(kind, name, &self.namespace).ok()?;
        let (open, fault) = self.entries.get(&name)?.open.as_ref()?;
        (*open == Open::Rejected).then_some(fault)
    }

    /// The resources by type.
    pub(super) fn tallies(&self) -> Arc<[Tally]> {
        let mut tallies = names::KINDS.map(|kind| Tally { kind: kind.name(), live: 0, open: [0; 3] });
        for (name, entry) in &self.entries {
            let kind = names::kind(name.section()).name();
            let Some(tally) = tallies.iter_mut().find(|tally| tally.kind == kind) else { continue };
            tally.live += u32::from(entry.unit.good.is_some());
            if let Some((open, _)) = entry.open
                && let Some(count) = tally.open.get_mut(open as usize)
            {
                *count += 1;
            }
        }
        Arc::new(tallies)
    }

    /// Those that are not live in their newest version, as many as are shown.
    pub(super) fn objects(&self) -> Arc<[Object]> {
        let open = self.entries.iter().filter_map(|(name, entry)| Some((name, entry.open.as_ref()?)));
        let objects = open.take(OBJECTS_MAX).map(|(name, (open, fault))| Object {
            kind: names::kind(name.section()).name(),
            name: names::resource(name, &self.namespace).into(),
            open: *open,
            fault: fault.as_str().into(),
        });
        objects.collect()
    }
}

fn size(content: Option<&Content>) -> usize {
    let parts = content.into_iter().flat_map(Content::parts);
    parts.map(|part| part.name().name().len() + part.text().len()).sum()
}

/// Faults on one line, each with its place.
pub(super) fn line(faults: &Faults) -> String {
    let mut line = String::new();
    for fault in faults.iter().filter(|fault| fault.severity() == Severity::Error) {
        if line.len() > FAULT_BYTES_MAX {
            line.push_str("; and more");
            break;
        }
        if !line.is_empty() {
            line.push_str("; ");
        }
        line.push_str(fault.message());
        if let Place::At { line: row, column } = fault.place() {
            line.push_str(&format!(" ({row}:{column})"));
        }
        fault.suggestion().iter().for_each(|help| line.extend([", ", help]));
    }
    line
}
