//! The two ways out: answers on stdout, complaints and progress on stderr.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use crate::failure::Failure;

/// Writes an answer and one line end.
///
/// # Errors
/// When stdout is closed.
pub fn answer(text: &dyn Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::system("cannot write to stdout"))
}

/// Writes a complaint, or a line of progress, and one line end.
pub fn complain(text: &dyn Display) {
    // with stderr closed there is nobody to complain to
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether somebody watches.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}
