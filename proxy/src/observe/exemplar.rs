//! One request that stands for all of its bucket, so that a slow one can be looked up by its id.
//!
//! Nobody looks at a clock or copies an id for a request that will not be shown: a scrape asks for one request per
//! bucket, and the next that falls into it answers.

use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(test)]
mod tests;

/// Octets of an id that are kept, in words; a longer id is of no use when cut.
const WORDS: usize = 8;

/// Octets of the longest id that can be shown.
pub const ID_BYTES_MAX: usize = WORDS * 8;

/// What an id is the id of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// A trace (W3C Trace Context §3.2.2.3).
    Trace,
    /// A request, by its `x-request-id`.
    Request,
}

impl Identity {
    /// The label that the id stands under.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Trace => "trace_id",
            Self::Request => "request_id",
        }
    }
}

/// The place of one exemplar. One thread writes, any may read: a reader that sees a write under way sees nothing.
#[derive(Debug, Default)]
pub struct Slot {
    /// Odd while the rest is being written.
    version: AtomicU64,
    identity: AtomicU64,
    micros: AtomicU64,
    at_millis: AtomicU64,
    length: AtomicU64,
    id: [AtomicU64; WORDS],
}

/// What was read of an exemplar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemplar {
    /// What the id is the id of.
    pub identity: Identity,
    /// The id.
    pub id: String,
    /// How long the request took.
    pub elapsed: Duration,
    /// When it ended.
    pub at: SystemTime,
}

impl Slot {
    /// Puts a request here. An id that is empty or too long is not kept.
    pub fn write(&self, identity: Identity, id: &[u8], elapsed: Duration, at: SystemTime) {
        if id.is_empty() || id.len() > ID_BYTES_MAX {
            return;
        }
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Relaxed);
        fence(Ordering::Release);
        let words = [
            (&self.identity, u64::from(identity == Identity::Trace)),
            (&self.micros, elapsed.as_micros() as u64),
            (&self.at_millis, at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64),
            (&self.length, id.len() as u64),
        ];
        for (word, value) in words {
            word.store(value, Ordering::Relaxed);
        }
        for (word, octets) in self.id.iter().zip(id.chunks(8)) {
            let value = octets.iter().rev().fold(0, |value, octet| (value << 8) | u64::from(*octet));
            word.store(value, Ordering::Relaxed);
        }
        self.version.store(version.wrapping_add(2), Ordering::Release);
    }

    /// The request that stands here, if one does and it is text.
    #[must_use]
    pub fn read(&self) -> Option<Exemplar> {
        let read = |word: &AtomicU64| word.load(Ordering::Relaxed);
        let before = self.version.load(Ordering::Acquire);
        let [identity, micros, at_millis, length] =
            [&self.identity, &self.micros, &self.at_millis, &self.length].map(read);
        let mut id: Vec<u8> = self.id.iter().flat_map(|word| read(word).to_le_bytes()).collect();
        fence(Ordering::Acquire);
        if before == 0 || before % 2 == 1 || read(&self.version) != before {
            return None;
        }
        id.truncate(usize::try_from(length).ok()?);
        Some(Exemplar {
            identity: if identity == 1 { Identity::Trace } else { Identity::Request },
            id: String::from_utf8(id).ok()?,
            elapsed: Duration::from_micros(micros),
            at: UNIX_EPOCH + Duration::from_millis(at_millis),
        })
    }
}
