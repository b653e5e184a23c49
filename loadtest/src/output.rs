//! The ways out: answers on stdout or into files, complaints and progress on stderr.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

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

/// A file that is open already, or stdout.
#[derive(Debug)]
pub enum Sink {
    /// What `-` means.
    Stdout,
    /// A file, and what it means if it cannot be written.
    File(String, File),
}

impl Sink {
    /// Makes the file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        let what = format!("cannot write {}", path.display());
        match File::create(path) {
            Ok(file) => Ok(Self::File(what, file)),
            Err(error) => Err(Failure::Usage(format!("{what}: {error}"))),
        }
    }

    /// Writes all there is to write.
    ///
    /// # Errors
    /// When the disk is full, or stdout closed.
    pub fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Stdout => {
                let mut out = io::stdout().lock();
                let written = out.write_all(bytes).and_then(|()| out.flush());
                written.map_err(Failure::system("cannot write to stdout"))
            }
            Self::File(what, mut file) => file.write_all(bytes).map_err(Failure::system(what)),
        }
    }
}
