//! A change that somebody wants, and why it is not made.

use thiserror::Error;

use crate::documents::Written;
use crate::source::WriteFault;
use crate::store::{Signature, StoreFault};

/// A change that somebody wants; whoever proposes it has looked whether it has faults.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The documents with their new texts.
    pub written: Written,
    /// The revision that the writer saw; any when left out.
    pub expected: Option<u64>,
    /// Who, from where, why.
    pub signature: Signature,
}

/// Why a change is not made. Nothing of it was done then, [`WriteFault::Torn`] excepted.
#[derive(Debug, Clone, Error)]
pub enum Refused {
    /// Somebody else was first.
    #[error("somebody else was first: the newest revision is {current} now")]
    Conflict {
        /// The newest revision.
        current: u64,
    },
    /// The source does not take it.
    #[error("{0}")]
    Source(WriteFault),
    /// It cannot be kept.
    #[error("{0}")]
    Store(StoreFault),
    /// Too many changes wait.
    #[error("too many changes wait: try again")]
    Busy,
    /// The server ends.
    #[error("the server ends")]
    Ended,
}
