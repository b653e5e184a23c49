//! What a proxy of a fleet knows of the place its table comes from, for those who look.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;

use crate::shared::Hosts;

/// How the stream from the control server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// It never was.
    Connecting,
    /// It is.
    Connected {
        /// Since when.
        since: SystemTime,
    },
    /// It was, or could not be had; it is tried again.
    Lost {
        /// Since when.
        since: SystemTime,
        /// Why, as text for people.
        fault: String,
    },
}

/// Where the live table came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From the disk, and no server has confirmed it yet.
    Stored,
    /// From the server.
    Received,
}

/// Why the newest version of a resource is not live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// It is wrong.
    Rejected,
    /// It names what is not there.
    Waiting,
    /// It takes away what others need.
    Held,
}

impl Open {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rejected, Self::Waiting, Self::Held];

    /// `rejected`, `waiting`, `held`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Waiting => "waiting",
            Self::Held => "held",
        }
    }
}

/// A resource whose newest version is not live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The name of its type.
    pub kind: &'static str,
    /// `NAMESPACE/NAME`.
    pub name: Box<str>,
    /// What keeps it.
    pub open: Open,
    /// The faults, with their places, on one line.
    pub fault: Box<str>,
}

/// The resources of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The name of the type.
    pub kind: &'static str,
    /// How many are live.
    pub live: u32,
    /// How many are not in their newest version, in the order of [`Open::ALL`].
    pub open: [u32; Open::ALL.len()],
}

/// How it stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The stream.
    pub link: Link,
    /// Where the table came from; `None` as long as there is none.
    pub origin: Option<Origin>,
    /// When the server last stood by the table: always now, while it is connected.
    pub confirmed: Option<SystemTime>,
    /// The resources, by type.
    pub tallies: Arc<[Tally]>,
    /// Those that are not live in their newest version; not all, where there are many.
    pub objects: Arc<[Object]>,
}

impl Standing {
    /// How long ago the server last stood by the live table: nothing while the stream is there; `None` without a table.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        let origin = self.origin?;
        if origin == Origin::Received && matches!(self.link, Link::Connected { .. }) {
            return Some(Duration::ZERO);
        }
        self.confirmed.map(|confirmed| now.duration_since(confirmed).unwrap_or_default())
    }
}

/// A proxy's place in a fleet.
#[derive(Debug)]
pub struct Fleet {
    server: Box<str>,
    standing: ArcSwap<Standing>,
    hosts: Option<Hosts>,
}

impl Fleet {
    /// A proxy that knows nothing yet but the address of the server; with `hosts`, it fetches on demand.
    #[must_use]
    pub fn new(server: &str, hosts: Option<Hosts>) -> Self {
        let standing = Standing {
            link: Link::Connecting,
            origin: None,
            confirmed: None,
            tallies: Arc::new([]),
            objects: Arc::new([]),
        };
        Self { server: server.into(), standing: ArcSwap::from_pointee(standing), hosts }
    }

    /// The address of the server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// How it stands now.
    #[must_use]
    pub fn standing(&self) -> Arc<Standing> {
        self.standing.load_full()
    }

    /// Notes how it stands. The control thread alone does this.
    pub fn note(&self, change: impl FnOnce(&mut Standing)) {
        let mut standing = Standing::clone(&self.standing.load());
        change(&mut standing);
        self.standing.store(Arc::new(standing));
    }

    /// Notes that the stream is there.
    pub fn connected(&self, now: SystemTime) {
        self.note(|standing| standing.link = Link::Connected { since: now });
    }

    /// Notes that it is not: since when it is not is kept.
    pub fn lost(&self, now: SystemTime, fault: String) {
        self.note(|standing| {
            let was_there = matches!(standing.link, Link::Connected { .. });
            if was_there && standing.origin == Some(Origin::Received) {
                standing.confirmed = Some(now);
            }
            let since = match standing.link {
                Link::Lost { since, .. } => since,
                Link::Connecting | Link::Connected { .. } => now,
            };
            standing.link = Link::Lost { since, fault };
        });
    }

    /// Whether the last try failed in the same way.
    #[must_use]
    pub fn has_failed_by(&self, fault: &str) -> bool {
        matches!(&self.standing.load().link, Link::Lost { fault: before, .. } if before == fault)
    }

    /// The hosts, where they are fetched on demand.
    #[must_use]
    pub fn hosts(&self) -> Option<&Hosts> {
        self.hosts.as_ref()
    }
}

#[cfg(test)]
mod tests;
