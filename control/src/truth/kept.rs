//! What was live last, in the state directory: a server that starts anew still has what was good of a document that is
//! broken now.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::documents::Documents;
use crate::mesh::State;

/// The file, in the state directory.
const FILE: &str = "last-good.json";

/// Where it is kept.
pub fn place(state: &Path) -> PathBuf {
    state.join(FILE)
}

/// What these documents mean, after what was live last. What cannot be read is told and left out.
pub fn restore(path: &Path, documents: &Documents) -> State {
    let saved = match std::fs::read_to_string(path) {
        Ok(saved) => saved,
        Err(fault) => {
            if fault.kind() != io::ErrorKind::NotFound {
                tracing::warn!(%fault, path = %path.display(), "what was live last cannot be read");
            }
            return State::default().next(documents);
        }
    };
    State::restored(&saved, documents).unwrap_or_else(|fault| {
        tracing::warn!(%fault, path = %path.display(), "what was live last is not used");
        State::default().next(documents)
    })
}

/// Keeps what is live: whole or not at all.
pub fn keep(path: &Path, state: &State) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = std::fs::File::create(&beside)?;
    file.write_all(state.saved().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}
