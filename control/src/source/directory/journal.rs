//! What is about to be moved into place, written down first: a server that is killed between two files moves the rest
//! when it starts again.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::documents::digest_of;

/// Hidden, so no document.
const NAME: &str = ".towpath-journal";

/// One file that is about to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Move {
    /// The file, from the top of the directory.
    pub(super) place: PathBuf,
    /// The file that takes its place, in the same directory; none when it is removed.
    pub(super) beside: Option<PathBuf>,
    /// The hash of the text that the file has before; none when it is new.
    pub(super) before: Option<u64>,
}

/// Writes down what is about to be moved; it is on disk when this comes back.
///
/// # Errors
/// When it is not.
pub(super) fn begin(top: &Path, moves: &[Move]) -> io::Result<()> {
    let beside = top.join(format!("{NAME}.new"));
    let mut out = File::create(&beside)?;
    out.write_all(&serde_json::to_vec(moves)?)?;
    out.sync_all()?;
    fs::rename(&beside, top.join(NAME))?;
    File::open(top)?.sync_all()
}

/// Everything is in its place, or will not get there.
pub(super) fn end(top: &Path) {
    // when it stays, it finds nothing left to do
    let _ = fs::remove_file(top.join(NAME));
}

/// Moves what is not in its place yet, and gives how much that was. A file that somebody has changed since stays as it is.
///
/// # Errors
/// When something cannot be moved; the next call tries again.
pub(super) fn finish(top: &Path) -> io::Result<usize> {
    let written = match fs::read(top.join(NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        written => written?,
    };
    // what is no journal was not written here
    let moves: Vec<Move> = serde_json::from_slice(&written).unwrap_or_default();
    let mut moved = 0;
    for each in moves.iter().filter(|each| is_inside(top, each)) {
        let place = top.join(&each.place);
        let now = fs::read_to_string(&place).ok().map(|text| digest_of(&text));
        let beside = each.beside.as_ref().map(|beside| top.join(beside));
        if now != each.before {
            // it is in its place already, or somebody was here
            let _ = beside.map(fs::remove_file);
            continue;
        }
        match beside {
            Some(beside) if beside.exists() => fs::rename(beside, &place)?,
            Some(_) => continue,
            None => fs::remove_file(&place)?,
        }
        moved += 1;
        if let Some(directory) = place.parent() {
            File::open(directory)?.sync_all()?;
        }
    }
    end(top);
    Ok(moved)
}

/// Whether both files are in one directory below the top.
fn is_inside(top: &Path, each: &Move) -> bool {
    let plain = |path: &Path| path.components().all(|step| matches!(step, Component::Normal(_)));
    let beside = each.beside.as_deref().unwrap_or(&each.place);
    let directory = top.join(&each.place).parent().and_then(|directory| directory.canonicalize().ok());
    plain(&each.place)
        && plain(beside)
        && each.place.parent() == beside.parent()
        && directory.is_some_and(|directory| directory.starts_with(top))
}

#[cfg(test)]
mod tests;
