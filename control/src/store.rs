//! What was accepted, by whom, and what was refused: revisions and the audit log, in an embedded database.

mod fault;
mod handle;
mod read;
mod record;
mod retain;
mod state;
mod tables;
mod thread;
mod write;

pub use fault::{OpenFault, StoreFault};
pub use handle::Store;
pub use record::{
    Action, AuditEntry, Commit, Committed, Latest, Note, Origin, Outcome, Retention, Revision, Signature,
    Touched,
};
