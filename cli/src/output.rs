//! The two ways out of a command: answers on stdout, complaints on stderr.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

/// Writes an answer and one line end.
///
/// # Errors
/// When stdout is closed.
pub fn answer(text: &dyn Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Writes a complaint and one line end.
pub fn complain(text: &dyn Display) {
    // with stderr closed there is nobody to complain to
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether complaints may be coloured.
pub fn coloured() -> bool {
    io::stderr().is_terminal()
}
