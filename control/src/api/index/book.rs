//! The index of the newest documents, made once for each revision.

use std::sync::{Arc, Mutex, PoisonError};

use super::resource::Index;
use crate::api::seam::Truth;
use crate::documents::Digest;

/// The index that was asked for last.
#[derive(Debug, Default)]
pub(in crate::api) struct Book {
    last: Mutex<Option<(Digest, Arc<Index>)>>,
}

impl Book {
    /// The index of these documents. Made on another thread: there may be many.
    pub(in crate::api) async fn index(&self, truth: &Truth) -> Arc<Index> {
        let digest = truth.documents.digest();
        if let Some(known) = self.known(digest) {
            return known;
        }
        let documents = truth.documents.clone();
        let made = tokio::task::spawn_blocking(move || Arc::new(Index::new(&documents))).await;
        // a panic there is a bug of ours; nothing is found then
        let index = made.unwrap_or_default();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((digest, Arc::clone(&index)));
        index
    }

    fn known(&self, wanted: Digest) -> Option<Arc<Index>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(digest, _)| *digest == wanted).map(|(_, index)| Arc::clone(index))
    }
}
