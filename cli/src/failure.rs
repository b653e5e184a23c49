//! How a command fails, and the exit code that says so.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::output;

/// Something failed while it ran.
pub const FAILED: u8 = 1;
/// A document or an argument cannot be used.
pub const BAD_INPUT: u8 = 2;

/// What was given cannot be used; the text says all that is wrong with it.
#[derive(Debug)]
pub struct BadInput(pub String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_end())
    }
}

impl std::error::Error for BadInput {}

/// Tells the error and gives its exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    // whoever closed our output, as `head` does, has read enough
    let closed =
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    if closed {
        return ExitCode::SUCCESS;
    }
    match error.downcast_ref::<BadInput>() {
        Some(bad) => {
            output::complain(bad);
            ExitCode::from(BAD_INPUT)
        }
        None => {
            output::complain(&format_args!("error: {error:#}"));
            ExitCode::from(FAILED)
        }
    }
}
