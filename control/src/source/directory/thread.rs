//! The one thread that reads and writes the directory: both block, and neither may happen while the other does.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::journal;
use super::scan::{Scan, scan};
use super::watch::Watch;
use super::write::{probe, write};
use crate::source::{Limits, Said, Trouble, Write, WriteFault};
use crate::store::{Commit, Store};

/// A change is over when nothing happened for so long.
const QUIET: Duration = Duration::from_millis(100);

/// A directory that is never quiet is looked at this often.
const RESTLESS: Duration = Duration::from_secs(1);

/// Some file systems send no events.
const POLL: Duration = Duration::from_secs(5);

/// What the thread is asked.
pub(super) enum Ask {
    /// Something happened in the directory.
    Look,
    Write(Write, Reply),
}

/// Where whoever wrote waits.
type Reply = oneshot::Sender<Result<Arc<Said>, WriteFault>>;

pub(super) struct Thread {
    root: PathBuf,
    limits: Limits,
    known: Scan,
    said: watch::Sender<Arc<Said>>,
    store: Store,
    watch: Watch,
    /// Whether [`Ask::Look`] waits in the queue.
    heard: Arc<AtomicBool>,
    /// Which directory was last tried to be written.
    probed: Option<(u64, u64)>,
    /// Whether what an earlier life of the server began to write there was finished.
    finished: bool,
}

impl Thread {
    /// Reads the directory for the first time.
    pub(super) fn new(
        root: PathBuf,
        limits: Limits,
        known: Scan,
        said: watch::Sender<Arc<Said>>,
        store: Store,
        watch: Watch,
        heard: Arc<AtomicBool>,
    ) -> Self {
        let mut thread =
            Self { root, limits, known, said, store, watch, heard, probed: None, finished: false };
        thread.look();
        thread
    }

    /// Serves until nobody can ask any more.
    pub(super) fn run(mut self, asks: &Receiver<Ask>) {
        // what happened before it was listened to was not heard
        let mut wait = QUIET;
        loop {
            let write = match asks.recv_timeout(wait) {
                Ok(Ask::Look) => self.quiet(asks),
                Ok(Ask::Write(write, reply)) => Some((write, reply)),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut again = self.look();
            if let Some((write, reply)) = write {
                let done = self.write(&write);
                again |= self.look();
                // whoever asked may have left; what was written stays
                let _ = reply.send(done.map(|()| Arc::clone(&self.said.borrow())));
            }
            wait = if again { QUIET } else { POLL };
        }
    }

    /// Waits until nothing happens any more, but not for ever, and not when there is something to write.
    fn quiet(&self, asks: &Receiver<Ask>) -> Option<(Write, Reply)> {
        let latest = Instant::now() + RESTLESS;
        loop {
            self.heard.store(false, Ordering::Release);
            match asks.recv_timeout(QUIET.min(latest.saturating_duration_since(Instant::now()))) {
                Ok(Ask::Look) => {}
                Ok(Ask::Write(write, reply)) => return Some((write, reply)),
                Err(_) => return None,
            }
        }
    }

    /// Reads what changed, and says so. Whether that should be done again soon.
    fn look(&mut self) -> bool {
        self.finish();
        let before = Arc::clone(&self.said.borrow());
        let (mut soon, mut read_only) = (false, before.read_only.clone());
        let troubles = match scan(&self.root, self.limits, &self.known) {
            Ok(found) => {
                soon = self.watch.follow(&found.directories) || found.restless;
                if found.top != self.probed {
                    self.probed = found.top;
                    read_only = probe(&self.root);
                }
                self.known = found;
                self.known.troubles.clone()
            }
            Err(reason) => {
                (self.probed, self.finished) = (None, false);
                vec![Trouble { place: String::new(), reason }]
            }
        };
        let said = Said { documents: self.known.documents(), troubles, read_only };
        if said != *before {
            report(&before, &said);
            self.said.send_replace(Arc::new(said));
        }
        soon
    }

    /// What is half written is not to be read.
    fn finish(&mut self) {
        let Some(top) = (!self.finished).then(|| self.root.canonicalize().ok()).flatten() else { return };
        self.finished = true;
        match journal::finish(&top) {
            Ok(0) => {}
            Ok(moved) => tracing::info!(moved, "a change that was begun is written to its end"),
            Err(error) => tracing::warn!(%error, "a change that was begun cannot be written to its end"),
        }
    }

    fn write(&mut self, change: &Write) -> Result<(), WriteFault> {
        let said = Arc::clone(&self.said.borrow());
        if let Some(trouble) = said.troubles.iter().find(|trouble| trouble.place.is_empty()) {
            return Err(WriteFault::Unreadable(trouble.clone()));
        }
        if change.expected.is_some_and(|expected| expected != said.documents.digest()) {
            return Err(WriteFault::Conflict);
        }
        let after = said.documents.with(&change.written);
        if let Some(exceeded) = self.limits.exceeded_by(&after) {
            return Err(WriteFault::TooLarge(exceeded));
        }
        let commit = Commit { expected: None, signature: change.signature.clone(), documents: after.clone() };
        let keep = || Ok(self.store.commit_blocking(commit).map(drop)?);
        write(&self.root, &self.known.found, &change.written, keep)?;
        // what was removed on purpose is not missing
        self.known.found.retain(|name, _| after.get(name).is_some());
        Ok(())
    }
}

/// Troubles are said when they begin, and when they end.
fn report(before: &Said, now: &Said) {
    for trouble in now.troubles.iter().filter(|trouble| !before.troubles.contains(trouble)) {
        tracing::warn!(%trouble, "what the source said before stays");
    }
    for trouble in before.troubles.iter().filter(|trouble| !now.troubles.contains(trouble)) {
        tracing::info!(%trouble, "this trouble of the source is over");
    }
    if let Some(reason) = now.read_only.as_ref().filter(|_| before.read_only != now.read_only) {
        tracing::info!(%reason, "the source is read-only");
    }
}
