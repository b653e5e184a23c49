//! What the client wants, and what it says it holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::state::{Pass, Track};
use crate::cache::{Change, Resources};
use crate::message::Request;
use crate::version::Version;

/// The name that stands for all.
const ALL: &str = "*";

impl Track {
    /// Takes the subscriptions of a request. Those of a stale one count too: it says what the client wants, not what it got.
    pub(crate) fn subscribe(&mut self, request: &Request, latest: &Arc<Resources>) {
        let first = !std::mem::replace(&mut self.opened, true);
        self.leave(&request.unsubscribe);
        for name in request.subscribe.iter().filter(|name| *name != ALL) {
            let had = self.covers(name);
            // the name that there is, where there is one
            let known = latest.get(name).map(|resource| Arc::clone(resource.shared_name()));
            let name = known.unwrap_or_else(|| Arc::from(name.as_str()));
            self.names.insert(Arc::clone(&name));
            self.asked.entry(name).or_insert(!had);
        }
        if request.subscribe.iter().any(|name| name == ALL) {
            self.subscribe_all();
        }
        if first && !request.initial_versions.is_empty() {
            self.recognise(&request.initial_versions, latest);
        }
    }

    fn subscribe_all(&mut self) {
        let had = std::mem::replace(&mut self.wildcard, true);
        self.greet = true;
        // from nothing, a pass brings everything
        let to = Arc::clone(self.destination());
        for resource in to.iter().filter(|resource| !self.names.contains(resource.name())) {
            self.asked.entry(Arc::clone(resource.shared_name())).or_insert(!had);
        }
    }

    /// A client that comes back says which versions it holds: those that are still right are not sent again.
    fn recognise(&mut self, claims: &BTreeMap<String, String>, latest: &Arc<Resources>) {
        let holds =
            |name: &str, version: Version| claims.get(name).is_some_and(|claim| claim.parse() == Ok(version));
        self.asked.retain(|name, _| !latest.get(name).is_some_and(|is| holds(name, is.version())));
        if !self.wildcard {
            self.base = Arc::clone(latest);
            return;
        }
        let differs = latest.iter().filter(|resource| !holds(resource.name(), resource.version()));
        let gone = claims.keys().filter(|name| latest.get(name).is_none());
        let gone = gone.map(|name| Change { name: Arc::from(name.as_str()), put: None });
        let mut changes: Vec<_> = differs.map(Change::put).chain(gone).collect();
        changes.sort_by(|a, b| a.name.cmp(&b.name));
        self.pass = Some(Pass { to: Arc::clone(latest), changes: changes.into(), next: 0 });
    }

    fn leave(&mut self, names: &[String]) {
        if names.is_empty() {
            return;
        }
        self.wildcard &= names.iter().all(|name| name != ALL);
        for name in names {
            let had = self.names.remove(name.as_str());
            // still covered: the client has to hear what that means for this name
            if self.wildcard && (had || self.destination().get(name).is_some()) {
                self.asked.entry(Arc::from(name.as_str())).or_insert(false);
            }
        }
        if self.is_subscribed() {
            self.forget_what_is_not_covered();
        } else {
            *self = Self { opened: true, flight: self.flight.take(), ..Self::new(self.kind) };
        }
    }

    fn forget_what_is_not_covered(&mut self) {
        let (names, wildcard) = (&self.names, self.wildcard);
        let covers = |name: &str| wildcard || names.contains(name);
        self.asked.retain(|name, _| covers(name));
        self.leaving.retain(|name, _| covers(name));
        self.rejections.retain(covers);
    }
}
