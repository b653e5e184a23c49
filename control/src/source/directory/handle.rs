//! The directory as the rest of the server sees it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use thiserror::Error;
use tokio::sync::{oneshot, watch};
use tokio_stream::wrappers::WatchStream;

use super::scan::Scan;
use super::thread::{Ask, Thread};
use super::watch::Watch;
use crate::source::{Changes, Limits, Said, Source, Write, WriteFault, Writing};
use crate::store::Store;

/// So many writes may wait; further ones are refused.
const ASKS_MAX: usize = 64;

/// A source that is a directory with YAML files.
pub struct Directory {
    /// The thread ends when this is dropped.
    asks: Option<Arc<SyncSender<Ask>>>,
    thread: Option<JoinHandle<()>>,
    said: watch::Receiver<Arc<Said>>,
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.asks = None;
        // it has the store, which is to be closed in order
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of the source panicked");
        }
    }
}

/// Why a directory cannot be a source.
#[derive(Debug, Error)]
#[error("cannot read the directory {}: {reason}", path.display())]
pub struct DirectoryFault {
    /// The directory.
    pub path: PathBuf,
    /// What the operating system said.
    pub reason: io::Error,
}

impl Directory {
    /// Reads a directory and watches it from then on. What the store has is what it said in an earlier life of the server,
    /// and stands in for what cannot be read now; each change that is written here is kept there first. Blocks: this is for
    /// the start.
    ///
    /// # Errors
    /// When there is no such directory and the store has nothing either, or the system has no thread left.
    pub fn open(path: &Path, limits: Limits, store: Store) -> Result<Self, DirectoryFault> {
        let latest = store.latest();
        let before = &latest.documents;
        let fault = |reason| DirectoryFault { path: path.to_owned(), reason };
        let root = std::path::absolute(path).map_err(fault)?;
        if before.is_empty() {
            std::fs::read_dir(&root).map_err(fault)?;
        }
        let (asks, asked) = sync_channel(ASKS_MAX);
        let asks = Arc::new(asks);
        let (look, heard) = (Arc::downgrade(&asks), Arc::new(AtomicBool::new(false)));
        let pending = Arc::clone(&heard);
        let watch = Watch::new(&root, move || {
            // however much happens, it takes one place in the queue
            if pending.swap(true, Ordering::AcqRel) {
                return;
            }
            let sent = look.upgrade().is_some_and(|asks| asks.try_send(Ask::Look).is_ok());
            if !sent {
                // the queue is full of writes, and after each of them the directory is read
                pending.store(false, Ordering::Release);
            }
        });
        let known = Scan::remembered(before);
        let (said, saying) = watch::channel(Arc::new(Said { documents: before.clone(), ..Said::default() }));
        let running = Thread::new(root, limits, known, said, store, watch, heard);
        let thread = thread::Builder::new().name("source".into()).spawn(move || running.run(&asked));
        Ok(Self { asks: Some(asks), thread: Some(thread.map_err(fault)?), said: saying })
    }
}

impl Source for Directory {
    fn said(&self) -> Arc<Said> {
        Arc::clone(&self.said.borrow())
    }

    fn changes(&self) -> Changes {
        Box::pin(WatchStream::new(self.said.clone()))
    }

    fn write(&self, write: Write) -> Writing<'_> {
        let (reply, answer) = oneshot::channel();
        let asks = self.asks.as_ref().ok_or_else(closed);
        let asked = asks.and_then(|asks| {
            asks.try_send(Ask::Write(write, reply)).map_err(|error| match error {
                TrySendError::Full(_) => WriteFault::Failed("too many changes wait for the directory".into()),
                TrySendError::Disconnected(_) => closed(),
            })
        });
        Box::pin(async move {
            asked?;
            answer.await.map_err(|_| closed())?
        })
    }
}

fn closed() -> WriteFault {
    WriteFault::Failed("the source is closed".into())
}

#[cfg(test)]
mod tests;
