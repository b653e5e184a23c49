//! What every source is to the rest of the server.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use thiserror::Error;
use tokio_stream::Stream;
use towpath_config::DOCUMENT_BYTES_MAX;

use crate::documents::{Digest, DocumentName, Documents, Written};
use crate::store::{Signature, StoreFault};

/// The truth about a mesh. There is one; what else is known (revisions, what proxies run) follows from it.
pub trait Source: Send + Sync {
    /// What it says. When it cannot be read, what it said last.
    fn said(&self) -> Arc<Said>;

    /// What it says, now and whenever that changes. Who is slow misses what lies between, never the newest.
    fn changes(&self) -> Changes;

    /// Writes, all of it or nothing, and gives what the source says then. The store has it by then, signed: a change that
    /// cannot be kept is not written.
    ///
    /// The future's error says why nothing was written, [`WriteFault::Torn`] excepted.
    fn write(&self, write: Write) -> Writing<'_>;
}

/// What a source says, again and again.
pub type Changes = Pin<Box<dyn Stream<Item = Arc<Said>> + Send>>;

/// A write that goes on; it ends even when nobody waits for it.
pub type Writing<'w> = Pin<Box<dyn Future<Output = Result<Arc<Said>, WriteFault>> + Send + 'w>>;

/// What a source says at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Its documents. Of what cannot be read, the text that was read last.
    pub documents: Documents,
    /// What cannot be read.
    pub troubles: Vec<Trouble>,
    /// Why nothing can be written; writable when left out.
    pub read_only: Option<String>,
}

/// Something of a source that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where: a path in the source; the source itself when empty.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(formatter, "{}: ", self.place)?;
        }
        formatter.write_str(&self.reason)
    }
}

/// A change of documents.
#[derive(Debug, Clone)]
pub struct Write {
    /// The new texts.
    pub written: Written,
    /// What the writer saw: the digest of [`Said::documents`]. Any when left out.
    pub expected: Option<Digest>,
    /// Who writes, from where, why.
    pub signature: Signature,
}

/// Why a change was not written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WriteFault {
    /// The documents are others than the writer saw.
    #[error("somebody else was first: the documents are not those that the change was made on")]
    Conflict,
    /// Nothing can be written there.
    #[error("the source is read-only: {0}")]
    ReadOnly(String),
    /// What should be changed cannot be read now.
    #[error("the source cannot be read now: {0}")]
    Unreadable(Trouble),
    /// It would be too much.
    #[error("{0}")]
    TooLarge(String),
    /// There is no room for it.
    #[error("there is no room left: {0}")]
    Full(String),
    /// The source failed.
    #[error("cannot write: {0}")]
    Failed(String),
    /// The source failed midway: some documents have their new text and some the old one.
    #[error("cannot write {failed}: {reason}; what comes before it by name was written")]
    Torn {
        /// The first document that was not written.
        failed: DocumentName,
        /// What went wrong.
        reason: String,
    },
}

impl From<StoreFault> for WriteFault {
    fn from(fault: StoreFault) -> Self {
        match fault {
            StoreFault::Conflict { .. } => Self::Conflict,
            StoreFault::Full { reason } => Self::Full(reason),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// How much a source may say. One document may have 16 MiB ([`DOCUMENT_BYTES_MAX`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many documents.
    pub documents: usize,
    /// So many octets in all documents together.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { documents: 10_000, bytes: 256 * 1024 * 1024 }
    }
}

impl Limits {
    /// Why this is more than there may be.
    #[must_use]
    pub fn exceeded(self, documents: usize, bytes: usize) -> Option<String> {
        if documents > self.documents {
            return Some(format!("there are more than {} documents", self.documents));
        }
        (bytes > self.bytes).then(|| format!("all documents together have more than {} octets", self.bytes))
    }

    /// Why these documents are more than there may be.
    #[must_use]
    pub fn exceeded_by(self, documents: &Documents) -> Option<String> {
        let long = documents.iter().find(|(_, text)| text.len() > DOCUMENT_BYTES_MAX);
        let long = long.map(|(name, _)| format!("{name} is larger than 16 MiB"));
        long.or_else(|| self.exceeded(documents.len(), documents.bytes()))
    }
}
