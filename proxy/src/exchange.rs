//! STOP 4: the life of one request, whole.

pub mod access;
pub mod caller;
pub mod decide;
pub mod location;
pub mod outgoing;
pub mod passage;
pub mod record;
pub mod respond;
pub mod rewrite;
pub mod subject;

mod serve;
mod trace;

pub use caller::{AnswerHead, Caller, Ending, HostCheck, Visit};
pub use serve::serve;
