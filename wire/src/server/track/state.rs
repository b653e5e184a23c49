//! What is sent, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use crate::cache::{Change, Resources};
use crate::kind::Kind;
use crate::message::Request;
use crate::server::draft::Draft;
use crate::server::rejections::Rejections;
use crate::version::Version;

#[derive(Debug)]
pub(crate) struct Track {
    pub(super) kind: Kind,
    /// Whether a request for this type has come.
    pub(super) opened: bool,
    pub(super) wildcard: bool,
    pub(super) names: BTreeSet<Arc<str>>,
    /// What the client holds of what it subscribed to, unless one of the following says otherwise.
    pub(super) base: Arc<Resources>,
    /// On the way from `base` to a newer list.
    pub(super) pass: Option<Pass>,
    /// Names that have to be answered whatever `base` says, and whether the client had nothing of them before.
    pub(super) asked: BTreeMap<Arc<str>, bool>,
    /// Names that are gone, which the client is not told until others do without them; and what it holds.
    pub(super) leaving: BTreeMap<Arc<str>, Option<Version>>,
    pub(super) leaving_since: Option<Instant>,
    /// An answer is due even if there is nothing to say.
    pub(super) greet: bool,
    pub(super) flight: Option<Flight>,
    pub(super) rejections: Rejections,
}

#[derive(Debug)]
pub(super) struct Pass {
    pub(super) to: Arc<Resources>,
    pub(super) changes: Arc<[Change]>,
    /// The first change that was not sent.
    pub(super) next: usize,
}

/// A response that was not acknowledged.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) nonce: u64,
    pub(super) sent_at: Instant,
    /// The first change of the pass that it brings.
    pub(super) from: usize,
    /// Which names it answers, in order, and whether the client had nothing of them before.
    pub(super) answered: Vec<(Arc<str>, bool)>,
}

impl Track {
    /// Whether nothing was asked for by name alone.
    pub(crate) fn wants_all(&self) -> bool {
        self.wildcard || self.names.is_empty()
    }

    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            opened: false,
            wildcard: false,
            names: BTreeSet::new(),
            base: Resources::nothing(),
            pass: None,
            asked: BTreeMap::new(),
            leaving: BTreeMap::new(),
            leaving_since: None,
            greet: false,
            flight: None,
            rejections: Rejections::default(),
        }
    }

    /// When the response in flight was sent.
    pub(crate) fn in_flight(&self) -> Option<Instant> {
        self.flight.as_ref().map(|flight| flight.sent_at)
    }

    /// Since when names wait to be removed.
    pub(crate) fn leaving_since(&self) -> Option<Instant> {
        self.leaving_since
    }

    /// How many names the client subscribed to.
    pub(crate) fn names(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn is_subscribed(&self) -> bool {
        self.wildcard || !self.names.is_empty()
    }

    pub(crate) fn covers(&self, name: &str) -> bool {
        self.wildcard || self.names.contains(name)
    }

    /// Whether there may be something to send that was not sent.
    pub(crate) fn is_behind(&self, latest: &Arc<Resources>) -> bool {
        self.is_subscribed() && (self.has_more() || self.greet || !Arc::ptr_eq(self.destination(), latest))
    }

    fn has_more(&self) -> bool {
        !self.asked.is_empty() || self.pass.as_ref().is_some_and(|pass| pass.next < pass.changes.len())
    }

    /// The newest list that the client hears of.
    pub(super) fn destination(&self) -> &Arc<Resources> {
        self.pass.as_ref().map_or(&self.base, |pass| &pass.to)
    }

    /// The next response, if there is something to say. It is in flight from now on. Only when none is.
    pub(crate) fn fill(
        &mut self,
        latest: &Arc<Resources>,
        bytes_max: usize,
        nonce: u64,
        now: Instant,
    ) -> Option<Draft> {
        if !self.is_subscribed() {
            return None;
        }
        let mut draft = Draft::new(bytes_max);
        loop {
            self.begin(latest);
            let from = self.pass.as_ref().map_or(0, |pass| pass.next);
            let through = self.fill_changes(&mut draft, now);
            let answered = if through { self.fill_answers(&mut draft) } else { Vec::new() };
            if !draft.is_empty() || self.greet {
                self.greet = false;
                draft.more = self.has_more();
                self.flight = Some(Flight { nonce, sent_at: now, from, answered });
                return Some(draft);
            }
            self.finish();
            if Arc::ptr_eq(&self.base, latest) {
                return None;
            }
        }
    }

    /// Sets out for the latest list.
    fn begin(&mut self, latest: &Arc<Resources>) {
        if self.pass.is_some() || Arc::ptr_eq(&self.base, latest) {
            return;
        }
        let changes = latest.since(&self.base);
        let changes = if self.wildcard { changes } else { self.of_names(&changes, latest) };
        if changes.is_empty() {
            self.base = Arc::clone(latest);
        } else {
            self.pass = Some(Pass { to: Arc::clone(latest), changes, next: 0 });
        }
    }

    /// Those of the changes that concern the names of this client.
    fn of_names(&self, changes: &[Change], latest: &Resources) -> Arc<[Change]> {
        if changes.len() <= self.names.len() {
            return changes.iter().filter(|change| self.names.contains(&change.name)).cloned().collect();
        }
        let changed = self.names.iter().filter_map(|name| {
            let (was, is) = (self.base.get(name), latest.get(name));
            let same = was.map(|was| was.version()) == is.map(|is| is.version());
            (!same).then(|| is.map_or_else(|| Change::gone(name), Change::put))
        });
        changed.collect()
    }

    /// Whether all changes of the pass are in this response or an earlier one.
    fn fill_changes(&mut self, draft: &mut Draft, now: Instant) -> bool {
        let Some(mut pass) = self.pass.take() else { return true };
        while let Some(change) = pass.changes.get(pass.next)
            && self.offer(change, draft, now)
        {
            pass.next += 1;
        }
        let through = pass.next == pass.changes.len();
        self.pass = Some(pass);
        through
    }

    /// Sends a change if it has to be sent; false when there is no room.
    fn offer(&mut self, change: &Change, draft: &mut Draft, now: Instant) -> bool {
        let Change { name, put } = change;
        if !self.covers(name) || self.asked.contains_key(name) {
            return true;
        }
        match put {
            None if self.kind.removed_last() => {
                self.leaving.insert(Arc::clone(name), self.base.get(name).map(|was| was.version()));
                self.leaving_since.get_or_insert(now);
                true
            }
            Some(resource) if self.leaving.get(name) == Some(&Some(resource.version())) => {
                // it came back before the client heard that it was gone
                self.leaving.remove(name);
                true
            }
            _ => {
                let fits = draft.add(name, put.as_deref());
                if fits {
                    self.leaving.remove(name);
                }
                fits
            }
        }
    }

    /// Answers what was asked for, as far as there is room.
    fn fill_answers(&mut self, draft: &mut Draft) -> Vec<(Arc<str>, bool)> {
        let to = Arc::clone(self.destination());
        let mut answered = Vec::new();
        while let Some(entry) = self.asked.first_entry()
            && draft.add(entry.key(), to.get(entry.key()).map(|resource| &**resource))
        {
            let (name, fresh) = entry.remove_entry();
            self.leaving.remove(&name);
            answered.push((name, fresh));
        }
        answered
    }

    /// The names that are gone and that nobody needs now. In flight from now on. Only when nothing is.
    pub(crate) fn fill_leaving(&mut self, bytes_max: usize, nonce: u64, now: Instant) -> Option<Draft> {
        let mut draft = Draft::new(bytes_max);
        while let Some(entry) = self.leaving.first_entry()
            && draft.add(entry.key(), None)
        {
            self.rejections.remove(entry.key());
            entry.remove();
        }
        draft.more = !self.leaving.is_empty();
        if !draft.more {
            self.leaving_since = None;
        }
        let from = self.pass.as_ref().map_or(0, |pass| pass.next);
        if draft.is_empty() {
            return None;
        }
        self.flight = Some(Flight { nonce, sent_at: now, from, answered: Vec::new() });
        Some(draft)
    }

    /// Arrives, when everything was sent and acknowledged.
    fn finish(&mut self) {
        let arrived = |pass: &mut Pass| pass.next == pass.changes.len();
        if self.flight.is_none()
            && let Some(pass) = self.pass.take_if(arrived)
        {
            self.base = pass.to;
        }
    }

    /// The client answers a response: how many resources it rejected, or none when that response is not in flight.
    pub(crate) fn judge(&mut self, nonce: u64, request: &Request) -> Option<usize> {
        let flight = self.flight.take_if(|flight| flight.nonce == nonce)?;
        let rejected = match &request.error_detail {
            Some(status) => self.reject(&flight, &status.message),
            None => {
                let mut rejections = std::mem::take(&mut self.rejections);
                rejections.retain(|name| !self.brings(&flight, name));
                self.rejections = rejections;
                0
            }
        };
        self.finish();
        Some(rejected)
    }
}
