//! The proxy's half: what it wants, what it holds, and its verdicts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use thiserror::Error;

use crate::identity::Identity;
use crate::kind::{Kind, PerKind};
use crate::message::{Decoded, MORE, Request, Response, Status, decode};
use crate::version::Version;

#[cfg(test)]
mod tests;

/// The name that stands for all.
const ALL: &str = "*";

/// `INVALID_ARGUMENT` (google/rpc/code.proto): a NACK.
const INVALID: i32 = 3;

/// So many octets of a NACK say why; beyond, it has names only.
const REASONS_BYTES_MAX: usize = 256 << 10;

/// A proxy's side of the protocol, over any number of connections, one at a time.
///
/// After a connection came about, send what [`connected`](Self::connected) gives. Put every response into
/// [`response`](Self::response), judge the batch, and send what [`verdict`](Self::verdict) gives.
#[derive(Debug)]
pub struct Client {
    identity: Identity,
    wishes: PerKind<Wish>,
    /// Counts connections: a verdict on what came over an earlier one goes nowhere.
    connection: u64,
    is_connected: bool,
}

/// What is wanted of one type, and what there is of it.
#[derive(Debug, Default)]
struct Wish {
    wildcard: bool,
    names: BTreeSet<Arc<str>>,
    held: BTreeMap<Arc<str>, Version>,
    /// Since the connection came about, the server has said all that it knows.
    synced: bool,
}

impl Wish {
    fn covers(&self, name: &str) -> bool {
        self.wildcard || self.names.contains(name)
    }
}

/// A resource that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upsert {
    /// `NAMESPACE/NAME`.
    pub name: Arc<str>,
    /// The hash of its text.
    pub version: Version,
    /// What it says.
    pub text: Arc<str>,
}

/// What one response brought, to be judged.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The type of all of it.
    pub kind: Kind,
    /// Resources that are new or different, each name once.
    pub upserts: Vec<Upsert>,
    /// Names that are gone, or that never were anything.
    pub removals: Vec<Arc<str>>,
    /// More of this type is about to come.
    pub more: bool,
    /// What could not be read: rejected already.
    unreadable: Vec<(String, String)>,
    nonce: String,
    connection: u64,
}

/// A response that nobody can answer: the stream has to end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Garbled {
    /// A type that was never asked for.
    #[error("a response of type {0:?}, which nobody asked for")]
    Kind(String),
    /// Without a nonce it cannot be acknowledged.
    #[error("a response without a nonce")]
    NoNonce,
    /// Without a name it cannot be rejected.
    #[error("a resource of type {0} without a name, or one that is no resource")]
    NoName(&'static str),
}

impl Client {
    /// A proxy that wants nothing and holds nothing yet.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self { identity, wishes: PerKind::default(), connection: 0, is_connected: false }
    }

    /// It holds this already, from an earlier life: the server need not send it again.
    pub fn hold(&mut self, kind: Kind, name: &str, version: Version) {
        self.wishes.of_mut(kind).held.insert(Arc::from(name), version);
    }

    /// It wants all of this type. The request is for the stream that there is, if there is one.
    pub fn subscribe_all(&mut self, kind: Kind) -> Option<Request> {
        self.wishes.of_mut(kind).wildcard = true;
        self.spontaneous(Request { subscribe: vec![ALL.to_owned()], ..about(kind) })
    }

    /// It wants these too. A name that it has already is answered again.
    pub fn subscribe<'a>(&mut self, kind: Kind, names: impl IntoIterator<Item = &'a str>) -> Option<Request> {
        let wish = self.wishes.of_mut(kind);
        let subscribe: Vec<_> = names.into_iter().map(str::to_owned).collect();
        wish.names.extend(subscribe.iter().map(|name| Arc::from(name.as_str())));
        self.spontaneous(Request { subscribe, ..about(kind) })
    }

    /// It wants these by name no more, and holds them no more unless it wants all.
    pub fn unsubscribe<'a>(
        &mut self,
        kind: Kind,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<Request> {
        let wish = self.wishes.of_mut(kind);
        let names = names.into_iter().filter(|name| wish.names.remove(*name));
        let unsubscribe: Vec<_> = names.map(str::to_owned).collect();
        for name in unsubscribe.iter().filter(|_| !wish.wildcard) {
            wish.held.remove(name.as_str());
        }
        self.spontaneous(Request { unsubscribe, ..about(kind) })
    }

    /// A request between two responses has no nonce.
    fn spontaneous(&self, request: Request) -> Option<Request> {
        let says_something = !request.subscribe.is_empty() || !request.unsubscribe.is_empty();
        (self.is_connected && says_something).then_some(request)
    }

    /// A connection came about: the requests to begin with, which say who asks, for what, and what it holds.
    pub fn connected(&mut self) -> Vec<Request> {
        self.connection += 1;
        self.is_connected = true;
        let mut place = Some(self.identity.place());
        let mut first = Vec::new();
        for kind in Kind::ALL {
            let wish = self.wishes.of_mut(kind);
            wish.synced = false;
            let all = wish.wildcard.then(|| ALL.to_owned());
            let subscribe: Vec<_> =
                all.into_iter().chain(wish.names.iter().map(|name| name.to_string())).collect();
            if subscribe.is_empty() {
                continue;
            }
            let held = wish.held.iter().filter(|(name, _)| wish.covers(name));
            let initial_versions =
                held.map(|(name, version)| (name.to_string(), version.to_string())).collect();
            first.push(Request { node: place.take(), subscribe, initial_versions, ..about(kind) });
        }
        first
    }

    /// The connection is gone. What is held stays.
    pub fn disconnected(&mut self) {
        self.is_connected = false;
    }

    /// What a response brings.
    ///
    /// # Errors
    /// When it cannot be answered, not even with a NACK.
    pub fn response(&self, response: Response) -> Result<Batch, Garbled> {
        let Some(kind) = response.kind() else { return Err(Garbled::Kind(response.type_url)) };
        if response.nonce.is_empty() {
            return Err(Garbled::NoNonce);
        }
        let wish = self.wishes.of(kind);
        let mut upserts = BTreeMap::new();
        let mut unreadable = Vec::new();
        for encoded in &response.resources {
            let Decoded { name, body } = decode(kind, encoded).ok_or(Garbled::NoName(kind.name()))?;
            match body {
                // it was on its way when it was unsubscribed
                _ if !wish.covers(&name) => {}
                Ok((version, text)) => {
                    upserts.insert(name, (version, text));
                }
                Err(fault) => unreadable.push((name, fault)),
            }
        }
        let upserts = upserts.into_iter().map(|(name, (version, text))| Upsert {
            name: name.into(),
            version,
            text: text.into(),
        });
        Ok(Batch {
            kind,
            upserts: upserts.collect(),
            removals: response.removed.into_iter().map(Arc::from).collect(),
            more: response.system_version == MORE,
            unreadable,
            nonce: response.nonce,
            connection: self.connection,
        })
    }

    /// Leaves out what is wanted no more: it was unsubscribed after it had come.
    pub fn sift(&self, batch: &mut Batch) {
        let wish = self.wishes.of(batch.kind);
        batch.upserts.retain(|upsert| wish.covers(&upsert.name));
    }

    /// The answer to a batch of which these names were rejected, for these reasons: an ACK when there are none. None when
    /// the connection that it came over is gone.
    pub fn verdict(&mut self, batch: &Batch, rejected: &[(String, String)]) -> Option<Request> {
        let wish = self.wishes.of_mut(batch.kind);
        let rejected: BTreeMap<&str, &str> =
            rejected.iter().chain(&batch.unreadable).map(|(name, reason)| (&**name, &**reason)).collect();
        for name in &batch.removals {
            wish.held.remove(name);
        }
        for Upsert { name, version, .. } in &batch.upserts {
            if wish.covers(name) && !rejected.contains_key(&**name) {
                wish.held.insert(Arc::clone(name), *version);
            }
        }
        if !self.is_connected || batch.connection != self.connection {
            return None;
        }
        wish.synced |= !batch.more;
        let error_detail = (!rejected.is_empty()).then(|| nack(&rejected));
        Some(Request { response_nonce: batch.nonce.clone(), error_detail, ..about(batch.kind) })
    }

    /// Whether it has seen all that the server knew of the types of which it wants all, since the connection came about.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.is_connected && self.wishes.iter().all(|(_, wish)| wish.synced || !wish.wildcard)
    }

    /// The version of this resource that it took last.
    #[must_use]
    pub fn held(&self, kind: Kind, name: &str) -> Option<Version> {
        self.wishes.of(kind).held.get(name).copied()
    }
}

fn about(kind: Kind) -> Request {
    Request { type_url: kind.url().to_owned(), ..Request::default() }
}

/// One line for each name: `NAME: reason`.
fn nack(rejected: &BTreeMap<&str, &str>) -> Status {
    let mut message = String::new();
    for (name, reason) in rejected {
        let fits = message.len() + reason.len() <= REASONS_BYTES_MAX;
        let reason = if fits { *reason } else { "one of many; the proxy's log says why" };
        let separator = if message.is_empty() { "" } else { "\n" };
        for part in [separator, name, ": "] {
            message.push_str(part);
        }
        // a line is a name
        message.extend(reason.chars().map(|letter| if letter.is_control() { ' ' } else { letter }));
    }
    Status { code: INVALID, message }
}
