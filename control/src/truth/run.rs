//! The task that changes the mesh.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tokio_stream::StreamExt;
use towpath_wire::Cache;

use super::live::Live;
use super::proposal::{Proposal, Refused};
use crate::documents::Documents;
use crate::mesh::{Desired, State};
use crate::meters::{Counter, Meters};
use crate::source::{Said, Source, Write, WriteFault};
use crate::store::{Commit, Committed, Origin, Revision, Signature, Store, StoreFault};

/// So many changes and questions may wait; further ones are refused.
const ASKS_MAX: usize = 64;

/// After so long what could not be kept is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// The truth about a mesh, as the rest of the server knows it. Cheap to clone.
#[derive(Clone)]
pub struct Truth {
    live: watch::Receiver<Arc<Live>>,
    asks: mpsc::Sender<Ask>,
    store: Store,
}

enum Ask {
    Write(Proposal, oneshot::Sender<Result<Arc<Live>, Refused>>),
    Consider(Documents, oneshot::Sender<State>),
    Revision(u64, oneshot::Sender<Result<Live, StoreFault>>),
    Suppose(Documents, Arc<Live>, oneshot::Sender<Live>),
}

/// What a truth is made of.
pub struct Start {
    /// What says what the mesh is.
    pub source: Arc<dyn Source>,
    /// What keeps it.
    pub store: Store,
    /// What the server counts.
    pub meters: Arc<Meters>,
}

impl Truth {
    /// Settles what was kept last, then what the source says now. Gives both, and the task that goes on from there.
    ///
    /// # Errors
    /// When what the source says cannot be kept.
    pub async fn start(start: Start) -> Result<(Self, Arc<Live>, impl Future<Output = ()>), StoreFault> {
        let Start { source, store, meters } = start;
        let latest = store.latest();
        let said = source.said();
        let (cache, saved) = (Arc::<Mutex<Cache>>::default(), store.live().await?);
        let documents = latest.documents.clone();
        let state = apart(move || restored(saved.as_deref(), &documents)).await;
        let desired = encoded(&state, &Desired::default(), &cache);
        let before = Arc::new(Live {
            revision: latest.revision.clone(),
            documents: latest.documents.clone(),
            state,
            desired,
            cache,
            troubles: said.troubles.clone(),
            read_only: said.read_only.clone(),
        });
        let (live, known) = watch::channel(Arc::clone(&before));
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let truth = Self { live: known, asks, store: store.clone() };
        let task = Task { source, store, meters, live, again: None };
        if said.documents == before.documents {
            tell_faults(&before.state);
        } else {
            task.take(&said, edited()).await?;
        }
        Ok((truth, before, task.run(asked)))
    }

    /// What is so now.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.borrow())
    }

    /// What is so now, and each change of it.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<Arc<Live>> {
        self.live.clone()
    }

    /// Revisions and the audit log.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Makes a change, and gives what is so then.
    ///
    /// # Errors
    /// When it is not made.
    pub async fn write(&self, proposal: Proposal) -> Result<Arc<Live>, Refused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Write(proposal, reply))?;
        answer.await.map_err(|_| Refused::Ended)?
    }

    /// What documents would mean. Nothing is changed.
    ///
    /// # Errors
    /// When too many wait, or the server ends.
    pub async fn consider(&self, documents: Documents) -> Result<State, Refused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Consider(documents, reply))?;
        answer.await.map_err(|_| Refused::Ended)
    }

    /// An older revision and what it means.
    ///
    /// # Errors
    /// When it is not kept, too many wait, or the server ends.
    pub async fn revision(&self, number: u64) -> Result<Live, Refused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Revision(number, reply))?;
        answer.await.map_err(|_| Refused::Ended)?.map_err(Refused::Store)
    }

    /// What a revision would mean if its documents were these. Nothing is changed.
    ///
    /// # Errors
    /// When too many wait, or the server ends.
    pub async fn suppose(&self, documents: Documents, of: Arc<Live>) -> Result<Live, Refused> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Suppose(documents, of, reply))?;
        answer.await.map_err(|_| Refused::Ended)
    }

    fn ask(&self, ask: Ask) -> Result<(), Refused> {
        self.asks.try_send(ask).map_err(|fault| match fault {
            mpsc::error::TrySendError::Full(_) => Refused::Busy,
            mpsc::error::TrySendError::Closed(_) => Refused::Ended,
        })
    }
}

struct Task {
    source: Arc<dyn Source>,
    store: Store,
    meters: Arc<Meters>,
    live: watch::Sender<Arc<Live>>,
    /// When what the source says, and could not be kept, is tried again.
    again: Option<Instant>,
}

impl Task {
    async fn run(mut self, mut asked: mpsc::Receiver<Ask>) {
        let mut changes = self.source.changes();
        loop {
            // the moment stays, whatever is asked meanwhile
            let again = self.again;
            tokio::select! {
                said = changes.next() => match said {
                    Some(said) => _ = self.heard(&said).await,
                    None => break,
                },
                ask = asked.recv() => match ask {
                    Some(ask) => self.answer(ask).await,
                    None => break,
                },
                () = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {
                    let said = self.source.said();
                    _ = self.heard(&said).await;
                }
            }
        }
    }

    /// The source says something; what cannot be kept is tried again.
    async fn heard(&mut self, said: &Said) -> Result<(), StoreFault> {
        self.again = None;
        let live = self.live();
        if said.documents == live.documents && self.store.latest().number() == live.revision() {
            if said.troubles != live.troubles || said.read_only != live.read_only {
                self.publish(Live {
                    troubles: said.troubles.clone(),
                    read_only: said.read_only.clone(),
                    ..(*live).clone()
                });
            }
            return Ok(());
        }
        let taken = self.take(said, edited()).await;
        if let Err(fault) = &taken {
            self.again = Some(Instant::now() + AGAIN);
            self.meters.add(Counter::ChangesRefused, 1);
            tracing::error!(%fault, "a change of the source cannot be kept, so it is not pushed; it is tried again");
        }
        taken.map(drop)
    }

    async fn answer(&mut self, ask: Ask) {
        // whoever asked may be gone
        match ask {
            Ask::Write(proposal, reply) => {
                let written = self.write(proposal).await;
                if written.is_err() {
                    self.meters.add(Counter::ChangesRefused, 1);
                }
                let _ = reply.send(written);
            }
            Ask::Consider(documents, reply) => {
                let _ = reply.send(self.next(documents).await);
            }
            Ask::Revision(number, reply) => {
                let _ = reply.send(self.revision(number).await);
            }
            Ask::Suppose(documents, of, reply) => {
                let _ = reply.send(self.meant(documents, of.record().cloned()).await);
            }
        }
    }

    async fn write(&mut self, proposal: Proposal) -> Result<Arc<Live>, Refused> {
        if self.again.is_some() {
            // nothing can be written on top of what could not be kept
            let said = self.source.said();
            self.heard(&said).await.map_err(Refused::Store)?;
        }
        let live = self.live();
        let Proposal { written, expected, signature } = proposal;
        if expected.is_some_and(|expected| expected != live.revision()) {
            return Err(Refused::Conflict { current: live.revision() });
        }
        let expected = Some(live.documents.digest());
        let write = Write { written, expected, signature: signature.clone() };
        match self.source.write(write).await {
            Ok(said) => {
                let taken = self.take(&said, signature).await;
                if taken.is_err() {
                    self.again = Some(Instant::now() + AGAIN);
                }
                taken.map_err(Refused::Store)
            }
            Err(WriteFault::Conflict) => Err(Refused::Conflict { current: live.revision() }),
            Err(fault) => {
                // where it was kept, and could not be written then, what the source says is kept again
                let said = self.source.said();
                _ = self.heard(&said).await;
                Err(Refused::Source(fault))
            }
        }
    }

    /// Keeps what the source says, and publishes it.
    async fn take(&self, said: &Said, signature: Signature) -> Result<Arc<Live>, StoreFault> {
        let revision = self.kept(said, signature).await?;
        let before = self.live();
        let state = self.next(said.documents.clone()).await;
        let (old, cache) = (Arc::clone(&before.desired), Arc::clone(&before.cache));
        let (state, desired) = apart(move || {
            let desired = encoded(&state, &old, &cache);
            (state, desired)
        })
        .await;
        let saved = state.clone();
        let saved = apart(move || saved.saved()).await;
        if let Err(fault) = self.store.keep_live(saved.into()).await {
            tracing::error!(%fault, "what is live cannot be kept: after a restart, documents that are broken now have nothing");
        }
        self.meters.add(Counter::Revisions, 1);
        if let Some(revision) = &revision {
            let (who, why) = (&revision.who, &revision.message);
            tracing::info!(
                revision = revision.number,
                who,
                why,
                documents = said.documents.len(),
                "the mesh was changed"
            );
        }
        tell_faults(&state);
        Ok(self.publish(Live {
            revision,
            documents: said.documents.clone(),
            state,
            desired,
            cache: Arc::clone(&before.cache),
            troubles: said.troubles.clone(),
            read_only: said.read_only.clone(),
        }))
    }

    /// The revision that says what the source does. What was written by us the store has already.
    async fn kept(&self, said: &Said, signature: Signature) -> Result<Option<Arc<Revision>>, StoreFault> {
        let latest = self.store.latest();
        if latest.revision.is_some() && latest.documents == said.documents {
            return Ok(latest.revision.clone());
        }
        let commit = Commit { expected: None, signature, documents: said.documents.clone() };
        Ok(match self.store.commit(commit).await? {
            Committed::Revision(revision) => Some(revision),
            Committed::Unchanged => self.store.latest().revision.clone(),
        })
    }

    async fn revision(&self, number: u64) -> Result<Live, StoreFault> {
        let documents = self.store.documents(number).await?;
        let revision = self.store.revisions(Some(number + 1), 1).await?.into_iter().next().map(Arc::new);
        Ok(self.meant(documents, revision).await)
    }

    /// What documents mean, as a revision.
    async fn meant(&self, documents: Documents, revision: Option<Arc<Revision>>) -> Live {
        let (state, live) = (self.next(documents.clone()).await, self.live());
        let (old, cache) = (Arc::clone(&live.desired), Arc::clone(&live.cache));
        let (state, desired) = apart(move || {
            let desired = encoded(&state, &old, &cache);
            (state, desired)
        })
        .await;
        let cache = Arc::clone(&live.cache);
        Live { revision, documents, state, desired, cache, troubles: Vec::new(), read_only: None }
    }

    fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.borrow())
    }

    fn publish(&self, live: Live) -> Arc<Live> {
        let live = Arc::new(live);
        self.live.send_replace(Arc::clone(&live));
        live
    }

    /// What documents mean after what is so now.
    async fn next(&self, documents: Documents) -> State {
        let before = self.live().state.clone();
        let (next, excess) = apart(move || {
            let next = before.next(&documents);
            let excess = next.excess().difference(&before.excess()).count();
            (next, excess)
        })
        .await;
        self.meters.add(Counter::QuotaRefusals, excess as u64);
        next
    }
}

/// What documents mean after what was live last. What cannot be read of that is told, and left out.
fn restored(saved: Option<&str>, documents: &Documents) -> State {
    let fresh = || State::default().next(documents);
    let Some(saved) = saved else { return fresh() };
    State::restored(saved, documents).unwrap_or_else(|fault| {
        tracing::warn!(%fault, "documents that are broken now have nothing until they are mended");
        fresh()
    })
}

/// What of a state is live, encoded; what nobody holds any more is forgotten.
fn encoded(state: &State, old: &Desired, cache: &Mutex<Cache>) -> Arc<Desired> {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    cache.sweep();
    Arc::new(Desired::new(state, old, &mut cache))
}

/// To the log: what is wrong, all of it at once.
fn tell_faults(state: &State) {
    for faults in state.faults() {
        tracing::warn!("what was good of it stays:\n{}", faults.to_string().trim_end());
    }
}

/// Who changed files is not known.
fn edited() -> Signature {
    Signature { who: "files".into(), origin: Origin::Directory, message: String::new() }
}

/// Does what may take its time, off the threads that serve.
async fn apart<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(act).await {
        Ok(answer) => answer,
        // a bug; without an answer there is nothing to serve
        Err(fault) => match fault.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // the runtime ends, and this task with it
            Err(_) => std::future::pending().await,
        },
    }
}
