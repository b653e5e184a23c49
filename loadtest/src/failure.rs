//! How a command fails, and the exit code that says so.

use std::io;
use std::process::ExitCode;

use crate::output;

/// An argument cannot be used.
pub const USAGE: u8 = 2;
/// Something failed while it ran.
const FAILED: u8 = 1;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What was given cannot be used.
    #[error("{0}")]
    Usage(String),
    /// The system, or the other side, did not do its part.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What came of it.
        source: io::Error,
    },
    /// It ran, and not one answer came.
    #[error("nothing was answered: {0}")]
    Unanswered(String),
}

impl Failure {
    /// Says what was tried when the system refused.
    pub fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::System { what, source }
    }

    /// Tells the failure and gives its exit code.
    pub fn report(&self) -> ExitCode {
        // whoever closed our output, as `head` does, has read enough
        if matches!(self, Self::System { source, .. } if source.kind() == io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        output::complain(&format_args!("error: {self}"));
        ExitCode::from(if matches!(self, Self::Usage(_)) { USAGE } else { FAILED })
    }
}
