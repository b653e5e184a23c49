//! The two ways out of a command: answers on stdout, complaints on stderr.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use crate::environment;

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

/// Whether what goes here may be coloured: a terminal that knows colours, and a person who wants them.
pub fn coloured(out: &impl IsTerminal) -> bool {
    out.is_terminal() && wants_colours()
}

/// Whether people want colours, and their terminal knows them (<https://no-color.org>).
pub fn wants_colours() -> bool {
    let unwanted = environment::variable("NO_COLOR").is_some_and(|text| !text.is_empty());
    !unwanted && environment::variable("TERM").is_none_or(|name| name != "dumb")
}
