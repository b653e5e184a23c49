//! The store as the rest of the server sees it.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use redb::Database;
use tokio::sync::{mpsc, oneshot, watch};

use super::fault::{OpenFault, StoreFault};
use super::record::{Commit, Committed, Latest, Note, Retention, Revision};
use super::thread::{Ask, Thread, Write};
use super::{read, state};
use crate::documents::Documents;

/// So many may wait for the store; further ones wait until one of them is served.
const ASKS_MAX: usize = 256;

/// Revisions and the audit log. Cheap to clone; whoever drops the last one waits until what was asked is on disk.
#[derive(Clone)]
pub struct Store {
    running: Arc<Running>,
    latest: watch::Receiver<Arc<Latest>>,
}

/// The thread of the store, which ends with it.
struct Running {
    asks: Option<mpsc::Sender<Ask>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.asks = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of the store panicked");
        }
    }
}

impl Store {
    /// Opens the store in a state directory, which is made when it is missing. Blocks: this is for the start.
    ///
    /// # Errors
    /// When the directory cannot be used, or what is in it cannot be read.
    pub fn open(directory: &Path, retention: Retention) -> Result<Self, OpenFault> {
        let file = state::prepare(directory)?;
        let database = state::open(&file)?;
        let broken = |fault: StoreFault| OpenFault::Broken { path: file.clone(), reason: fault.to_string() };
        let (latest, known) = watch::channel(Arc::new(read::latest(&database).map_err(broken)?));
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let running = Thread::new(file, database, retention, latest);
        let thread = thread::Builder::new()
            .name("store".into())
            .spawn(move || running.run(asked))
            .map_err(|reason| OpenFault::Directory { path: directory.to_owned(), reason })?;
        let running = Running { asks: Some(asks), thread: Some(thread) };
        Ok(Self { running: Arc::new(running), latest: known })
    }

    /// The newest revision and its documents.
    #[must_use]
    pub fn latest(&self) -> Arc<Latest> {
        Arc::clone(&self.latest.borrow())
    }

    /// The newest revision, and each that follows.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<Latest>> {
        self.latest.clone()
    }

    /// Makes a change the next revision, noted in the audit log; both are on disk when this comes back.
    ///
    /// # Errors
    /// When the newest revision is not the expected one, or the disk fails.
    pub async fn commit(&self, commit: Commit) -> Result<Committed, StoreFault> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Write(Write::Commit(commit, reply))).await?;
        answer.await.map_err(|_| StoreFault::Closed)?
    }

    /// As [`Self::commit`], for a thread that may block.
    ///
    /// # Errors
    /// As there.
    pub fn commit_blocking(&self, commit: Commit) -> Result<Committed, StoreFault> {
        let (reply, answer) = oneshot::channel();
        let asks = self.running.asks.as_ref().ok_or(StoreFault::Closed)?;
        asks.blocking_send(Ask::Write(Write::Commit(commit, reply))).map_err(|_| StoreFault::Closed)?;
        answer.blocking_recv().map_err(|_| StoreFault::Closed)?
    }

    /// Notes something in the audit log, and gives the number of its line, which is on disk then.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn note(&self, note: Note) -> Result<u64, StoreFault> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Write(Write::Note(note, reply))).await?;
        answer.await.map_err(|_| StoreFault::Closed)?
    }

    /// Keeps what is live (last good), in the words of the mesh, in place of what was kept before; it is on disk when this
    /// comes back. It may be older than the newest revision after a crash: whoever reads it goes on from there.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn keep_live(&self, live: Arc<str>) -> Result<(), StoreFault> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Write(Write::Live(live, reply))).await?;
        answer.await.map_err(|_| StoreFault::Closed)?
    }

    /// What was kept as live last; none before the first time.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn live(&self) -> Result<Option<String>, StoreFault> {
        self.read(read::live).await
    }

    /// At most `most` revisions, newest first; only those before a number when one is given.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn revisions(&self, before: Option<u64>, most: usize) -> Result<Vec<Revision>, StoreFault> {
        self.read(move |database| read::revisions(database, before.unwrap_or(u64::MAX), most)).await
    }

    /// All documents of a revision.
    ///
    /// # Errors
    /// When it is unknown, or the disk fails.
    pub async fn documents(&self, number: u64) -> Result<Documents, StoreFault> {
        self.read(move |database| read::documents(database, number)).await
    }

    /// At most `most` lines of the audit log after that number (0: from the oldest), oldest first, each a JSON object
    /// without line breaks.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn audit(&self, after: u64, most: usize) -> Result<Vec<String>, StoreFault> {
        self.read(move |database| read::audit(database, after, most)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, StoreFault> {
        let (reply, answer) = oneshot::channel();
        let read = move |database: Result<&Database, StoreFault>| {
            let _ = reply.send(database.and_then(read));
        };
        self.ask(Ask::Read(Box::new(read))).await?;
        answer.await.map_err(|_| StoreFault::Closed)?
    }

    async fn ask(&self, ask: Ask) -> Result<(), StoreFault> {
        let asks = self.running.asks.as_ref().ok_or(StoreFault::Closed)?;
        asks.send(ask).await.map_err(|_| StoreFault::Closed)
    }
}

#[cfg(test)]
mod tests;
