//! The store as the truth: nobody but the API writes it.

use std::sync::Arc;

use tokio_stream::StreamExt;
use tokio_stream::wrappers::WatchStream;

use super::truth::{Changes, Limits, Said, Source, Write, WriteFault, Writing};
use crate::store::{Commit, Latest, Store};

/// A source whose documents are those of the newest revision. What is written to it is the next one.
#[derive(Clone)]
pub struct Stored {
    store: Store,
    limits: Limits,
}

impl Stored {
    /// The source that a store is.
    #[must_use]
    pub fn new(store: Store, limits: Limits) -> Self {
        Self { store, limits }
    }

    async fn commit(&self, write: Write) -> Result<Arc<Said>, WriteFault> {
        let latest = self.store.latest();
        if write.expected.is_some_and(|expected| expected != latest.documents.digest()) {
            return Err(WriteFault::Conflict);
        }
        let documents = latest.documents.with(&write.written);
        if let Some(exceeded) = self.limits.exceeded_by(&documents) {
            return Err(WriteFault::TooLarge(exceeded));
        }
        let said = Said { documents: documents.clone(), ..Said::default() };
        let expected = Some(latest.number());
        self.store.commit(Commit { expected, signature: write.signature, documents }).await?;
        Ok(Arc::new(said))
    }
}

fn said(latest: &Latest) -> Arc<Said> {
    Arc::new(Said { documents: latest.documents.clone(), ..Said::default() })
}

impl Source for Stored {
    fn said(&self) -> Arc<Said> {
        said(&self.store.latest())
    }

    fn changes(&self) -> Changes {
        Box::pin(WatchStream::new(self.store.watch()).map(|latest| said(&latest)))
    }

    fn write(&self, write: Write) -> Writing<'_> {
        Box::pin(self.commit(write))
    }
}

#[cfg(test)]
mod tests;
