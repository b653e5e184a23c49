//! When the last good table is written: some time after it changed, and never more often than the disk takes it.

use std::future::pending;
use std::io;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until};
use towpath_config::parts::Base;

use super::store::{Kept, Store};

#[cfg(test)]
mod tests;

/// What changes within so long is written at once.
const PAUSE: Duration = Duration::from_secs(1);

/// A disk that takes a second for it gets ten seconds of rest.
const REST: u32 = 10;

/// The writing of one file.
#[derive(Debug)]
pub(super) struct Disk {
    store: Store,
    due: Option<Instant>,
    /// Not before this.
    rested: Instant,
    writing: Option<JoinHandle<io::Result<()>>>,
    begun: Instant,
}

/// What happened.
#[derive(Debug)]
pub(super) enum Turn {
    /// It is time to write.
    Due,
    /// It was written, or not.
    Written(io::Result<()>),
}

impl Disk {
    pub(super) fn new(store: Store) -> Self {
        let now = Instant::now();
        Self { store, due: None, rested: now, writing: None, begun: now }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Notes that there is something to write.
    pub(super) fn want(&mut self) {
        self.due.get_or_insert((Instant::now() + PAUSE).max(self.rested));
    }

    /// Begins to write.
    pub(super) fn write(&mut self, base: Base, kept: Kept) {
        (self.due, self.begun) = (None, Instant::now());
        let store = self.store.clone();
        self.writing = Some(spawn_blocking(move || store.write(&base, &kept)));
    }

    /// What happens next. What is written is waited for before it is written again.
    pub(super) async fn next(&mut self) -> Turn {
        if let Some(written) = self.written().await {
            return written;
        }
        match self.due {
            Some(due) => sleep_until(due).await,
            None => pending().await,
        }
        Turn::Due
    }

    /// What happens next where there is no time for pauses; `None` when nothing is left to be done.
    pub(super) async fn last(&mut self) -> Option<Turn> {
        let written = self.written().await;
        written.or(self.due.map(|_| Turn::Due))
    }

    /// What became of what is written, if anything is.
    async fn written(&mut self) -> Option<Turn> {
        let written = self.writing.as_mut()?.await;
        self.writing = None;
        self.rested = Instant::now() + self.begun.elapsed() * REST;
        self.due = self.due.map(|due| due.max(self.rested));
        Some(Turn::Written(written.unwrap_or_else(|bug| Err(io::Error::other(bug)))))
    }
}
