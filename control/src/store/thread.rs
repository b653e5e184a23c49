//! The one thread that has the database: its calls block. What waits together is written together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use redb::{Database, Error};
use tokio::sync::{mpsc, oneshot, watch};

use super::fault::StoreFault;
use super::record::{Commit, Committed, Latest, Note, Retention};
use super::tables::{Tables, transaction};
use super::{read, state, write};

/// So many changes go into one transaction.
const BATCH_MAX: usize = 64;

/// What the thread is asked.
pub(super) enum Ask {
    Write(Write),
    Read(Box<Read>),
}

/// Looks at the database, and answers whoever waits.
type Read = dyn FnOnce(Result<&Database, StoreFault>) + Send;

/// What is to be written, and who waits for it.
pub(super) enum Write {
    Commit(Commit, oneshot::Sender<Result<Committed, StoreFault>>),
    Note(Note, oneshot::Sender<Result<u64, StoreFault>>),
    Live(Arc<str>, oneshot::Sender<Result<(), StoreFault>>),
}

/// What is true once the transaction is on disk.
enum Done {
    Commit(Result<Committed, u64>),
    Note(u64),
    Live,
}

pub(super) struct Thread {
    file: PathBuf,
    /// None after a failure: what the file holds is then read anew.
    database: Option<Database>,
    retention: Retention,
    latest: watch::Sender<Arc<Latest>>,
}

impl Thread {
    pub(super) fn new(
        file: PathBuf,
        database: Database,
        retention: Retention,
        latest: watch::Sender<Arc<Latest>>,
    ) -> Self {
        Self { file, database: Some(database), retention, latest }
    }

    /// Serves until nobody can ask any more.
    pub(super) fn run(mut self, mut asks: mpsc::Receiver<Ask>) {
        let mut next = asks.blocking_recv();
        while let Some(ask) = next.take() {
            match ask {
                Ask::Read(read) => read(self.database()),
                Ask::Write(first) => {
                    let mut batch = vec![first];
                    while batch.len() < BATCH_MAX {
                        match asks.try_recv() {
                            Ok(Ask::Write(write)) => batch.push(write),
                            Ok(read) => {
                                next = Some(read);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.write(batch);
                }
            }
            if next.is_none() {
                next = asks.blocking_recv();
            }
        }
        if let Some(Err(error)) = self.database.take().map(Database::close) {
            tracing::warn!(%error, "the store was not closed in order; it is repaired when it is opened again");
        }
    }

    /// The database, opened again when it failed before.
    fn database(&mut self) -> Result<&Database, StoreFault> {
        if self.database.is_none() {
            let fault = |error: super::fault::OpenFault| StoreFault::Storage { reason: error.to_string() };
            let database = state::open(&self.file).map_err(fault)?;
            // a transaction that failed at its very end may be there all the same
            let latest = read::latest(&database)?;
            self.latest.send_if_modified(|known| {
                let other = **known != latest;
                *known = Arc::new(latest);
                other
            });
            tracing::info!(file = %self.file.display(), "the store is there again");
            self.database = Some(database);
        }
        self.database.as_ref().ok_or(StoreFault::Closed)
    }

    /// Writes all of them in one transaction; when that fails, each in one of its own, so that one that is too large
    /// takes no other with it.
    fn write(&mut self, mut batch: Vec<Write>) {
        match self.transact(&batch) {
            Ok(done) => batch.into_iter().zip(done).for_each(|(write, done)| write.answer(done)),
            Err(_) if batch.len() > 1 => batch.drain(..).for_each(|write| self.write(vec![write])),
            Err(fault) => batch.into_iter().for_each(|write| write.refuse(&fault)),
        }
    }

    fn transact(&mut self, batch: &[Write]) -> Result<Vec<Done>, StoreFault> {
        let retention = self.retention;
        let mut latest = Latest::clone(&self.latest.borrow());
        match all(self.database()?, &mut latest, batch, retention) {
            Ok(done) => {
                if latest.number() != self.latest.borrow().number() {
                    self.latest.send_replace(Arc::new(latest));
                }
                Ok(done)
            }
            Err(error) => {
                let fault = StoreFault::from(error);
                tracing::error!(%fault, "nothing was written to the store; what runs goes on");
                // after a failure of its file the database refuses everything
                self.database = None;
                Err(fault)
            }
        }
    }
}

fn all(
    database: &Database,
    latest: &mut Latest,
    batch: &[Write],
    retention: Retention,
) -> Result<Vec<Done>, Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let writing = transaction(database)?;
    let mut tables = Tables::open(&writing)?;
    let mut done = Vec::with_capacity(batch.len());
    for each in batch {
        done.push(match each {
            Write::Commit(commit, _) => {
                Done::Commit(write::commit(&mut tables, latest, commit, retention, now)?)
            }
            Write::Note(note, _) => Done::Note(write::note(&mut tables, note.clone(), None, retention, now)?),
            Write::Live(live, _) => {
                write::live(&mut tables, live)?;
                Done::Live
            }
        });
    }
    drop(tables);
    writing.commit()?;
    Ok(done)
}

impl Write {
    /// Whoever asked may have left; what was written stays.
    fn answer(self, done: Done) {
        match (self, done) {
            (Self::Commit(_, reply), Done::Commit(done)) => {
                let _ = reply.send(done.map_err(|current| StoreFault::Conflict { current }));
            }
            (Self::Note(_, reply), Done::Note(number)) => _ = reply.send(Ok(number)),
            (Self::Live(_, reply), Done::Live) => _ = reply.send(Ok(())),
            // an answer to another question: whoever asked hears that nobody answers
            _ => {}
        }
    }

    fn refuse(self, fault: &StoreFault) {
        match self {
            Self::Commit(_, reply) => _ = reply.send(Err(fault.clone())),
            Self::Note(_, reply) => _ = reply.send(Err(fault.clone())),
            Self::Live(_, reply) => _ = reply.send(Err(fault.clone())),
        }
    }
}
