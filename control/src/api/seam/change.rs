//! A change of the truth.

use thiserror::Error;

use crate::documents::Written;
use crate::store::Signature;

/// A change of the truth.
#[derive(Debug, Clone)]
pub struct Change {
    /// What is written.
    pub written: Written,
    /// The revision that the writer has seen; any when left out.
    pub expected: Option<u64>,
    /// Who, from where, why.
    pub signature: Signature,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrote {
    /// The newest revision now.
    pub revision: u64,
    /// Whether it is the change's; else nothing was to be done.
    pub is_new: bool,
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WriteFault {
    /// Somebody else was first.
    #[error("somebody else was first: the newest revision is {current} now")]
    Conflict {
        /// The newest revision.
        current: u64,
    },
    /// The truth is not for this server to write.
    #[error("{reason}")]
    ReadOnly {
        /// Which truth, and who writes it.
        reason: String,
    },
    /// What should be changed cannot be read now.
    #[error("{reason}")]
    Unreadable {
        /// What of the source, and why.
        reason: String,
    },
    /// The source would have more than it may.
    #[error("{reason}")]
    TooLarge {
        /// More of what.
        reason: String,
    },
    /// Too much is under way.
    #[error("too many changes are under way: try again in a second")]
    Busy,
    /// There is no room for it.
    #[error("{reason}")]
    Full {
        /// Where.
        reason: String,
    },
    /// It failed.
    #[error("{reason}")]
    Failed {
        /// What the operating system or the database said.
        reason: String,
    },
}
