//! One stream of delta ADS, as the server sees it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::rejections::Rejection;
use super::track::{Standing, Track};
use crate::cache::View;
use crate::kind::{Kind, PerKind};
use crate::message::{Request, Response};

/// What one stream may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Names that it may subscribe to, over all types. Default 100,000.
    pub names: usize,
    /// Octets of a name. Default 512.
    pub name_bytes: usize,
    /// Octets of a response: what is more comes in several. A single larger resource comes alone. Each stream may have one such
    /// response in its buffers. Default 512 KiB.
    pub response_bytes: usize,
    /// How long removals wait for those who name what is removed, and types for earlier ones that were not acknowledged.
    /// Default 5 s.
    pub hold: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { names: 100_000, name_bytes: 512, response_bytes: 512 << 10, hold: Duration::from_secs(5) }
    }
}

/// Why a stream has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// More than [`Limits::names`].
    #[error("a stream subscribes to at most {0} names")]
    TooManyNames(usize),
    /// More than [`Limits::name_bytes`].
    #[error("a name has at most {0} bytes")]
    NameTooLong(usize),
}

/// What a request was, beside subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Subscriptions only.
    Wish(Kind),
    /// The response in flight was taken.
    Acknowledged(Kind),
    /// So many resources of the response in flight were rejected.
    Rejected(Kind, usize),
    /// It answered a response that is not in flight.
    Stale(Kind),
    /// It is about a type that nobody knows here; it was ignored.
    UnknownType,
}

/// One stream. Every message of the client goes into [`request`](Self::request), every new view into
/// [`publish`](Self::publish), and after each of them, and at the moment that [`wake`](Self::wake) names,
/// [`poll`](Self::poll) gives responses until there is none.
///
/// One response of a type is in flight at a time; whatever happens meanwhile comes with the next one, as one change.
#[derive(Debug)]
pub struct Session {
    limits: Limits,
    view: Arc<View>,
    tracks: PerKind<Track>,
    nonce: u64,
}

impl Session {
    /// A stream that has just begun, of someone who may see this.
    #[must_use]
    pub fn new(limits: Limits, view: Arc<View>) -> Self {
        Self { limits, view, tracks: PerKind::new(Track::new), nonce: 0 }
    }

    /// What the client may see from now on.
    pub fn publish(&mut self, view: Arc<View>) {
        self.view = view;
    }

    /// What the client says.
    ///
    /// # Errors
    /// When it wants more than it may: the stream has to end.
    pub fn request(&mut self, request: &Request) -> Result<Heard, Refused> {
        let Some(kind) = request.kind() else { return Ok(Heard::UnknownType) };
        if request.subscribe.iter().any(|name| name.len() > self.limits.name_bytes) {
            return Err(Refused::NameTooLong(self.limits.name_bytes));
        }
        let track = self.tracks.of_mut(kind);
        let heard = if request.response_nonce.is_empty() {
            Heard::Wish(kind)
        } else {
            let nonce = request.response_nonce.parse().ok();
            match nonce.and_then(|nonce| track.judge(nonce, request)) {
                None => Heard::Stale(kind),
                Some(_) if request.error_detail.is_none() => Heard::Acknowledged(kind),
                Some(names) => Heard::Rejected(kind, names),
            }
        };
        track.subscribe(request, self.view.of(kind));
        let names: usize = self.tracks.iter().map(|(_, track)| track.names()).sum();
        if names > self.limits.names { Err(Refused::TooManyNames(self.limits.names)) } else { Ok(heard) }
    }

    /// The next response, if there is one to send now.
    pub fn poll(&mut self, now: Instant) -> Option<Response> {
        for kind in Kind::ALL {
            let latest = self.view.of(kind);
            let track = self.tracks.of_mut(kind);
            if let Some(sent_at) = track.in_flight() {
                // what names others does not overtake them, unless this client never answers
                if track.is_behind(latest) && now < sent_at + self.limits.hold {
                    return None;
                }
                continue;
            }
            if let Some(draft) = track.fill(latest, self.limits.response_bytes, self.nonce + 1, now) {
                self.nonce += 1;
                return Some(draft.response(kind, self.nonce));
            }
        }
        self.poll_leaving(now)
    }

    fn poll_leaving(&mut self, now: Instant) -> Option<Response> {
        let named = |(kind, track): (Kind, &Track)| kind.removed_last() || track.in_flight().is_none();
        let calm = self.tracks.iter().all(named);
        for kind in Kind::ALL {
            let track = self.tracks.of_mut(kind);
            let due = |since: Instant| calm || since + self.limits.hold <= now;
            if track.in_flight().is_none()
                && track.leaving_since().is_some_and(due)
                && let Some(draft) = track.fill_leaving(self.limits.response_bytes, self.nonce + 1, now)
            {
                self.nonce += 1;
                return Some(draft.response(kind, self.nonce));
            }
        }
        None
    }

    /// When to [`poll`](Self::poll) again though nothing happens.
    #[must_use]
    pub fn wake(&self, now: Instant) -> Option<Instant> {
        let waits = self.tracks.iter().flat_map(|(kind, track)| {
            let blocks = track.in_flight().filter(|_| track.is_behind(self.view.of(kind)));
            [blocks, track.leaving_since()]
        });
        waits.flatten().map(|since| since + self.limits.hold).filter(|at| *at > now).min()
    }

    /// What became of a resource at this client; nothing of what it did not subscribe to.
    #[must_use]
    pub fn standing(&self, kind: Kind, name: &str) -> Standing {
        self.tracks.of(kind).standing(name)
    }

    /// What this client rejects.
    pub fn rejections(&self) -> impl Iterator<Item = (Kind, &str, &Rejection)> {
        self.tracks.iter().flat_map(|(kind, track)| {
            track.rejections().map(move |(name, rejection)| (kind, name, rejection))
        })
    }

    /// Whether the client wants all that it may see of every type that it asked for.
    #[must_use]
    pub fn wants_all(&self) -> bool {
        self.tracks.iter().all(|(_, track)| track.wants_all())
    }

    /// Since when a response of this type waits for its verdict.
    #[must_use]
    pub fn unanswered_since(&self, kind: Kind) -> Option<Instant> {
        self.tracks.of(kind).in_flight()
    }

    /// Whether the client has judged all that it may see and subscribed to.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let settled = |(kind, track): (Kind, &Track)| {
            track.in_flight().is_none()
                && !track.is_behind(self.view.of(kind))
                && track.leaving_since().is_none()
        };
        self.tracks.iter().all(settled)
    }
}
