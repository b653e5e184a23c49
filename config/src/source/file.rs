//! A document and its name.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

/// The largest document that is read: 16 MiB.
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A document: the name under which faults speak of it, and its text. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

/// Why a file could not be read as a document.
#[derive(Debug, Error)]
pub enum SourceFault {
    /// The operating system said no.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// The file is larger than [`DOCUMENT_BYTES_MAX`].
    #[error("cannot read {}: it is larger than 16 MiB, the most that a document may have", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is no text.
    #[error("cannot read {}: line {line} is not UTF-8 text", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first line with an octet that is not UTF-8, from 1.
        line: usize,
    },
}

impl Source {
    /// A document that is at hand. `name` is what faults call it, usually a path.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// Reads a file, named after its path.
    ///
    /// # Errors
    /// When the file cannot be read, is larger than [`DOCUMENT_BYTES_MAX`] or is not UTF-8.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, SourceFault> {
        let path = path.as_ref();
        let unreadable = |reason| SourceFault::Unreadable { path: path.to_owned(), reason };
        let mut octets = Vec::new();
        // the limit holds for what is read, not for the size that a pipe or a growing file claims
        let limit = DOCUMENT_BYTES_MAX as u64 + 1;
        File::open(path).map_err(unreadable)?.take(limit).read_to_end(&mut octets).map_err(unreadable)?;
        if octets.len() > DOCUMENT_BYTES_MAX {
            return Err(SourceFault::TooLarge { path: path.to_owned() });
        }
        let text = String::from_utf8(octets).map_err(|error| {
            let valid = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
            SourceFault::NotText {
                path: path.to_owned(),
                line: 1 + valid.filter(|octet| **octet == b'\n').count(),
            }
        })?;
        Ok(Self::new(path.display().to_string(), text))
    }

    /// The name under which faults speak of it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests;
