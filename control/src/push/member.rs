//! A proxy that is, or was, connected.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::Notify;
use towpath_wire::{Heard, Identity, Kind, Refused, Rejection, Request, Response, Session, View};
use xxhash_rust::xxh64::xxh64;

use super::edition::difference;
use super::status::RejectedResource;

/// So many rejections are kept of a proxy that is gone, or shown of one that is there.
const REJECTIONS_MAX: usize = 100;

/// One proxy by one stream.
#[derive(Debug)]
pub struct Member {
    /// `NAMESPACE/ID`.
    pub name: Arc<str>,
    /// Who it says it is.
    pub identity: Identity,
    /// From where it is connected.
    pub address: SocketAddr,
    /// Since when.
    pub connected: SystemTime,
    /// Told when a newer stream of the same proxy is there.
    pub replaced: Notify,
    /// Its place in every stage.
    pub rank: u64,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    /// Nothing of it is kept once the stream is gone.
    open: Option<Open>,
    sent: u64,
    /// The last revision that said something new to it.
    changed: u64,
    applied: Option<u64>,
    gone: Option<SystemTime>,
    rejected: Vec<RejectedResource>,
}

#[derive(Debug)]
struct Open {
    session: Session,
    view: Arc<View>,
    asked: bool,
}

/// What there is to see of a proxy.
#[derive(Debug)]
pub struct Seen {
    /// The revision that it was sent.
    pub sent: u64,
    /// The last of which it has judged everything.
    pub applied: Option<u64>,
    /// When it went.
    pub gone: Option<SystemTime>,
    /// What it rejects.
    pub rejected: Vec<RejectedResource>,
}

/// The name of a proxy among all namespaces.
#[must_use]
pub fn name_of(namespace: &str, id: &str) -> Arc<str> {
    format!("{namespace}/{id}").into()
}

/// The place of a proxy in every stage, the same on every server.
#[must_use]
pub fn rank_of(name: &str) -> u64 {
    xxh64(name.as_bytes(), 0)
}

impl Member {
    /// A proxy that has just come, with the session in which it is served a revision.
    #[must_use]
    pub fn new(
        identity: Identity,
        address: SocketAddr,
        session: Session,
        view: Arc<View>,
        revision: u64,
    ) -> Self {
        let name = name_of(&identity.namespace, &identity.id);
        let open = Some(Open { session, view, asked: false });
        Self {
            rank: rank_of(&name),
            name,
            identity,
            address,
            connected: SystemTime::now(),
            replaced: Notify::new(),
            held: Mutex::new(Held {
                open,
                sent: revision,
                changed: revision,
                applied: None,
                gone: None,
                rejected: Vec::new(),
            }),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What its stream says. Then whether it has judged everything it was sent.
    ///
    /// # Errors
    /// When it wants more than it may.
    pub fn hear(&self, request: &Request) -> Result<Heard, Refused> {
        let mut held = self.held();
        let Some(open) = &mut held.open else { return Ok(Heard::UnknownType) };
        open.asked = true;
        let heard = open.session.request(request)?;
        held.settle();
        Ok(heard)
    }

    /// What it may see from now on, and of which revision that is.
    pub fn publish(&self, view: Arc<View>, revision: u64) {
        let mut held = self.held();
        held.sent = revision;
        let mut changed = false;
        if let Some(open) = &mut held.open {
            changed = !Arc::ptr_eq(&open.view, &view) && !difference(&open.view, &view).is_empty();
            open.session.publish(Arc::clone(&view));
            open.view = view;
        }
        if changed {
            held.changed = revision;
        }
        held.settle();
    }

    /// The next message for it.
    pub fn poll(&self, now: Instant) -> Option<Response> {
        let mut held = self.held();
        let response = held.open.as_mut()?.session.poll(now);
        held.settle();
        response
    }

    /// When to poll again though nothing happens.
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        self.held().open.as_ref()?.session.wake(now)
    }

    /// Whether it has judged all of the revision that it was sent, and what of it it rejects.
    pub fn is_settled(&self) -> bool {
        let held = self.held();
        held.applied == Some(held.sent)
    }

    /// Whether nobody has to wait for its verdict on a revision: it has judged all of it, is gone, or was told nothing new
    /// by revisions from `since` on.
    pub fn has_judged(&self, revision: u64, since: u64) -> bool {
        let held = self.held();
        let judged = held.applied.is_some_and(|applied| applied >= revision);
        held.gone.is_some() || judged || (held.sent >= revision && held.changed < since)
    }

    /// The view that it has taken whole, if it has: nothing rejected, nothing under way, nothing left out.
    pub fn whole_view(&self) -> Option<Arc<View>> {
        let held = self.held();
        let open = held.open.as_ref()?;
        let whole = open.session.is_settled()
            && open.session.wants_all()
            && open.session.rejections().next().is_none();
        whole.then(|| Arc::clone(&open.view))
    }

    /// Looks at its session and its view, if it is connected.
    pub fn with_session<T>(&self, look: impl FnOnce(&Session, &View) -> T) -> Option<T> {
        self.held().open.as_ref().map(|open| look(&open.session, &open.view))
    }

    /// The revision that it was sent.
    pub fn sent(&self) -> u64 {
        self.held().sent
    }

    /// The last revision of which it has judged everything.
    pub fn applied(&self) -> Option<u64> {
        self.held().applied
    }

    /// What there is to see of it.
    pub fn seen(&self) -> Seen {
        let held = self.held();
        let rejected = match &held.open {
            Some(open) => rejections(&open.session),
            None => held.rejected.clone(),
        };
        Seen { sent: held.sent, applied: held.applied, gone: held.gone, rejected }
    }

    /// When it went, if it did.
    pub fn gone(&self) -> Option<SystemTime> {
        self.held().gone
    }

    /// The stream is gone; of its session only what is worth telling is kept.
    pub fn leave(&self) {
        let mut held = self.held();
        if let Some(open) = held.open.take() {
            held.rejected = rejections(&open.session);
            held.gone = Some(SystemTime::now());
        }
    }
}

impl Held {
    fn settle(&mut self) {
        if self.open.as_ref().is_some_and(|open| open.asked && open.session.is_settled()) {
            self.applied = Some(self.sent);
        }
    }
}

fn rejections(session: &Session) -> Vec<RejectedResource> {
    let rejected = |(kind, name, rejection): (Kind, &str, &Rejection)| RejectedResource {
        kind,
        name: name.to_owned(),
        version: rejection.version,
        reason: Arc::clone(&rejection.reason),
    };
    session.rejections().map(rejected).take(REJECTIONS_MAX).collect()
}
