//! What can go wrong with the store.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why the store did not do something. Nothing of it was done then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreFault {
    /// Somebody else was first.
    #[error("somebody else was first: the newest revision is {current} now")]
    Conflict {
        /// The newest revision; 0 when there is none.
        current: u64,
    },
    /// There is no such revision, or not any more.
    #[error("there is no revision {number}; {}", kept(*.oldest, *.newest))]
    UnknownRevision {
        /// What was asked for.
        number: u64,
        /// The oldest that is kept; 0 when there is none.
        oldest: u64,
        /// The newest; 0 when there is none.
        newest: u64,
    },
    /// There is no room for it.
    #[error("the state directory has no room left: {reason}")]
    Full {
        /// What the operating system said.
        reason: String,
    },
    /// The file cannot be read or written.
    #[error("the state directory fails: {reason}")]
    Storage {
        /// What the database said.
        reason: String,
    },
    /// The thread of the store is gone.
    #[error("the store is closed")]
    Closed,
}

fn kept(oldest: u64, newest: u64) -> String {
    match newest {
        0 => "nothing was changed yet".to_owned(),
        _ => format!("{oldest} to {newest} are kept"),
    }
}

/// Why the store could not be opened.
#[derive(Debug, Error)]
pub enum OpenFault {
    /// The state directory cannot be made or used.
    #[error("cannot use {} as state directory: {reason}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// Another process has it.
    #[error("{} is in use: another control server runs with this state directory", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It was written by a later version.
    #[error("{} has format {found}, and this version knows {known} only", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What it has.
        found: u64,
        /// What is known.
        known: u64,
    },
    /// It is no database, or a broken one.
    #[error("cannot open {}: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What the database said.
        reason: String,
    },
}

impl From<redb::Error> for StoreFault {
    fn from(error: redb::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let reason = error.to_string();
        match error {
            redb::Error::Io(error) if matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge) => {
                Self::Full { reason }
            }
            _ => Self::Storage { reason },
        }
    }
}
