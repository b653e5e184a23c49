//! Hosts that are fetched on demand: where requests that do not know theirs yet meet the thread that asks the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use hashbrown::HashMap;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

/// A request that waits for its host. When it is told, or whoever would tell it is gone, it looks again.
#[derive(Debug)]
pub struct Ask {
    /// The host, in lower case and without a port.
    pub host: Box<str>,
    /// Where it is told.
    pub told: oneshot::Sender<()>,
}

/// Why a host is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// The server did not say in time.
    Late,
    /// As many requests wait as may.
    Crowded,
}

/// When a host was last asked for.
#[derive(Debug, Default)]
pub struct LastUse(AtomicU32);

/// A host of which is known what serves it, if anything does.
#[derive(Debug, Clone)]
pub struct KnownHost {
    /// When it was last asked for.
    pub last: Arc<LastUse>,
    /// Whether anything serves it.
    pub is_served: bool,
}

/// All of them, by name.
pub type Known = HashMap<Box<str>, KnownHost>;

/// What requests see of the hosts.
#[derive(Debug)]
pub struct Hosts {
    known: ArcSwap<Known>,
    asks: mpsc::Sender<Ask>,
    waiting: AtomicU32,
    waiting_max: u32,
    hold: Duration,
    begun: Instant,
}

/// One that waits; counted until dropped.
struct Waiting<'a>(&'a AtomicU32);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Hosts {
    /// No host is known. At most `waiting_max` requests wait at once, each for `hold`.
    #[must_use]
    pub fn new(waiting_max: u32, hold: Duration) -> (Self, mpsc::Receiver<Ask>) {
        let (asks, asked) = mpsc::channel(waiting_max.max(1) as usize);
        let known = ArcSwap::from_pointee(Known::new());
        let hosts =
            Self { known, asks, waiting: AtomicU32::new(0), waiting_max, hold, begun: Instant::now() };
        (hosts, asked)
    }

    /// Whether anything serves this host, where that is known: then notes that it was asked for. Takes no lock.
    #[must_use]
    pub fn serves(&self, host: &str, now: Instant) -> Option<bool> {
        let known = self.known.load();
        let KnownHost { last, is_served } = known.get(host)?;
        let now = self.seconds(now);
        if last.0.load(Ordering::Relaxed) != now {
            last.0.store(now, Ordering::Relaxed);
        }
        Some(*is_served)
    }

    /// Waits until it is known what serves this host.
    ///
    /// # Errors
    /// It is not known in time, or too many wait already.
    pub async fn fetch(&self, host: &str) -> Result<(), Unknown> {
        let waiting = Waiting(&self.waiting);
        // this one is counted when it is dropped, whatever the answer
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= self.waiting_max {
            return Err(Unknown::Crowded);
        }
        let (told, answer) = oneshot::channel();
        self.asks.try_send(Ask { host: host.into(), told }).map_err(|_| Unknown::Crowded)?;
        let answered = timeout(self.hold, answer).await;
        drop(waiting);
        match answered {
            Ok(Ok(())) => Ok(()),
            // nobody will tell
            Ok(Err(_)) => Err(Unknown::Crowded),
            Err(_) => Err(Unknown::Late),
        }
    }

    /// Requests that wait now.
    #[must_use]
    pub fn waiting(&self) -> u32 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Hosts that are known, or known not to be there.
    #[must_use]
    pub fn count(&self) -> usize {
        self.known.load().len()
    }

    /// Makes other hosts the known ones.
    pub fn publish(&self, known: Known) {
        self.known.store(Arc::new(known));
    }

    /// A host that was asked for just now.
    #[must_use]
    pub fn used(&self, now: Instant) -> Arc<LastUse> {
        Arc::new(LastUse(AtomicU32::new(self.seconds(now))))
    }

    /// How long nobody has asked for a host.
    #[must_use]
    pub fn idle(&self, last: &LastUse, now: Instant) -> Duration {
        Duration::from_secs(self.seconds(now).saturating_sub(last.0.load(Ordering::Relaxed)).into())
    }

    fn seconds(&self, now: Instant) -> u32 {
        u32::try_from(now.saturating_duration_since(self.begun).as_secs()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
