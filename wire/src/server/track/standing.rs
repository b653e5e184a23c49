//! What became of each resource at the client.

use std::sync::Arc;

use super::state::{Flight, Track};
use crate::server::rejections::Rejection;
use crate::version::Version;

/// What a proxy made of one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The version that it was sent last.
    pub sent: Option<Version>,
    /// The version that it acknowledged last: what it runs.
    pub acknowledged: Option<Version>,
    /// What it rejected, if that is what it was sent last.
    pub rejected: Option<Rejection>,
}

impl Track {
    /// What became of this name; nothing when the client did not subscribe to it.
    pub(crate) fn standing(&self, name: &str) -> Standing {
        if !self.covers(name) {
            return Standing::default();
        }
        let (sent, told) = self.told(name);
        let rejected = self.rejections.get(name).cloned();
        let kept = rejected.as_ref().filter(|rejection| Some(rejection.version) == told);
        let acknowledged = kept.map_or(told, |rejection| rejection.kept);
        Standing { sent, acknowledged, rejected }
    }

    /// What is not acknowledged: the rejections.
    pub(crate) fn rejections(&self) -> impl Iterator<Item = (&str, &Rejection)> {
        self.rejections.iter()
    }

    /// The version that was sent, and the one that was answered.
    fn told(&self, name: &str) -> (Option<Version>, Option<Version>) {
        let base = || self.base.get(name).map(|resource| resource.version());
        let to = || self.destination().get(name).map(|resource| resource.version());
        if let Some(version) = self.leaving.get(name) {
            return (*version, *version);
        }
        if let Some(fresh) = self.asked.get(name) {
            let had = if *fresh { None } else { base() };
            return (had, had);
        }
        if let Some(fresh) = self.flight.as_ref().and_then(|flight| flight.answers(name)) {
            return (to(), if fresh { None } else { base() });
        }
        match (&self.pass, self.position(name)) {
            (Some(pass), Some(position)) => {
                let judged = self.flight.as_ref().map_or(pass.next, |flight| flight.from);
                let version = |until: usize| if position < until { to() } else { base() };
                (version(pass.next), version(judged))
            }
            _ => (to(), to()),
        }
    }

    /// The position of a name among the changes of the pass.
    fn position(&self, name: &str) -> Option<usize> {
        let changes = &self.pass.as_ref()?.changes;
        changes.binary_search_by(|change| (*change.name).cmp(name)).ok()
    }

    /// Whether this response brought this name.
    pub(super) fn brings(&self, flight: &Flight, name: &str) -> bool {
        let next = self.pass.as_ref().map_or(0, |pass| pass.next);
        let passed = |position| flight.from <= position && position < next;
        flight.answers(name).is_some() || self.position(name).is_some_and(passed)
    }

    /// Takes a NACK: each line names a resource and says why, or else all of the response was rejected. Gives how many
    /// resources that are.
    pub(super) fn reject(&mut self, flight: &Flight, message: &str) -> usize {
        let named = message.lines().filter_map(|line| line.split_once(": "));
        let named: Vec<_> = named.filter(|(name, _)| self.brings(flight, name)).collect();
        let rejected: Vec<(Arc<str>, &str)> = if named.is_empty() {
            self.brought(flight).into_iter().map(|name| (name, message)).collect()
        } else {
            named.into_iter().map(|(name, reason)| (Arc::from(name), reason)).collect()
        };
        let rejected = rejected.into_iter().filter_map(|(name, reason)| {
            let resource = self.destination().get(&name).filter(|_| self.covers(&name))?;
            let had = flight.answers(&name).is_none_or(|fresh| !fresh);
            let base = self.base.get(&name).filter(|_| had).map(|resource| resource.version());
            let before = self.rejections.get(&name).filter(|before| Some(before.version) == base);
            let kept = before.map_or(base, |before| before.kept);
            Some((Arc::clone(resource.shared_name()), resource.version(), kept, reason))
        });
        let rejected: Vec<_> = rejected.collect();
        let mut rejections = std::mem::take(&mut self.rejections);
        rejections.retain(|name| !self.brings(flight, name));
        let count = rejected.len();
        for (name, version, kept, reason) in rejected {
            rejections.add(name, version, kept, reason);
        }
        self.rejections = rejections;
        count
    }

    /// The names of all resources that this response brought.
    fn brought(&self, flight: &Flight) -> Vec<Arc<str>> {
        let pass = self.pass.as_ref();
        let passed = pass.and_then(|pass| pass.changes.get(flight.from..pass.next)).unwrap_or_default();
        let passed = passed.iter().map(|change| Arc::clone(&change.name));
        passed.chain(flight.answered.iter().map(|(name, _)| Arc::clone(name))).collect()
    }
}

impl Flight {
    /// Whether the client had nothing of this name before, when this response answers for it.
    fn answers(&self, name: &str) -> Option<bool> {
        let position = self.answered.binary_search_by(|(answered, _)| (**answered).cmp(name)).ok()?;
        self.answered.get(position).map(|(_, fresh)| *fresh)
    }
}
