//! Changes, written into files in place: each beside its place first, whole and on disk; then the change is kept elsewhere,
//! and only when it is are all files moved to their places. So neither is done without the other, whichever has no room.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::journal::{self, Move};
use super::scan::{Found, Stamp};
use crate::documents::{DocumentName, Written, digest_of};
use crate::source::{Trouble, WriteFault};

/// A file that waits beside its place.
struct Staged<'w> {
    name: &'w DocumentName,
    place: PathBuf,
    /// None: the file is to be removed.
    beside: Option<PathBuf>,
    /// The state of the file when it was read, and the hash of its text; None when there was none.
    before: Option<(Stamp, u64)>,
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        // what was moved to its place is not there any more
        let _ = self.beside.take().map(fs::remove_file);
    }
}

impl Staged<'_> {
    fn planned(&self, top: &Path) -> Move {
        let below = |path: &Path| path.strip_prefix(top).unwrap_or(path).to_owned();
        Move {
            place: below(&self.place),
            beside: self.beside.as_deref().map(below),
            before: self.before.map(|(_, digest)| digest),
        }
    }
}

/// Why nothing can be written into the directory, if so.
pub(super) fn probe(root: &Path) -> Option<String> {
    let probe = root.join(".towpath-probe");
    let made = OpenOptions::new().write(true).create_new(true).open(&probe);
    let removed = fs::remove_file(&probe);
    match made.and(removed) {
        Err(error) if is_read_only(&error) => Some(error.to_string()),
        _ => None,
    }
}

/// Writes texts into files below `root`, of which `found` is what was read. `keep` keeps the change: it is asked when all
/// files only have to be moved, which takes no room.
///
/// # Errors
/// Nothing was written then, [`WriteFault::Torn`] excepted. When the change was kept by then, it has to be undone there.
pub(super) fn write(
    root: &Path,
    found: &BTreeMap<DocumentName, Found>,
    written: &Written,
    keep: impl FnOnce() -> Result<(), WriteFault>,
) -> Result<(), WriteFault> {
    let top = root.canonicalize().map_err(|error| fault(&error))?;
    let mut staged = Vec::with_capacity(written.len());
    for (name, text) in written {
        let known = found.get(name);
        if known.map(|known| &known.text) == text.as_ref() {
            continue;
        }
        let (place, before) = place(&top, name, known)?;
        let beside = match text {
            Some(text) => Some(stage(&place, text, before.is_some()).map_err(|error| fault(&error))?),
            None => None,
        };
        staged.push(Staged { name, place, beside, before });
    }
    if staged.is_empty() {
        return keep();
    }
    // the last look before anything moves: what a person saved in the meantime is not run over
    for each in &staged {
        let now = fs::symlink_metadata(&each.place).ok();
        if now.map(|now| Stamp::of(&now)) != each.before.map(|(stamp, _)| stamp) {
            return Err(WriteFault::Conflict);
        }
    }
    let directories: BTreeSet<PathBuf> =
        staged.iter().filter_map(|each| each.place.parent().map(Path::to_owned)).collect();
    directories.iter().try_for_each(|directory| sync(directory)).map_err(|error| fault(&error))?;
    // from here on a server that is killed writes the change to its end when it starts again
    let moves: Vec<Move> = staged.iter().map(|each| each.planned(&top)).collect();
    journal::begin(&top, &moves).map_err(|error| fault(&error))?;
    let moved = keep().and_then(|()| into_place(&mut staged));
    let synced = directories.iter().try_for_each(|directory| sync(directory));
    journal::end(&top);
    moved?;
    synced.map_err(|error| WriteFault::Failed(format!("not on disk yet: {error}")))
}

/// Moves everything, or as much as can be.
fn into_place(staged: &mut [Staged<'_>]) -> Result<(), WriteFault> {
    for (at, each) in staged.iter_mut().enumerate() {
        let moved = match &each.beside {
            Some(beside) => fs::rename(beside, &each.place),
            None => fs::remove_file(&each.place),
        };
        match moved {
            Ok(()) => each.beside = None,
            Err(error) if at == 0 => return Err(fault(&error)),
            Err(error) => {
                return Err(WriteFault::Torn { failed: each.name.clone(), reason: error.to_string() });
            }
        }
    }
    Ok(())
}

/// Where a document is written: the file at the end of all links, in a directory that is made when it is missing.
fn place(
    top: &Path,
    name: &DocumentName,
    known: Option<&Found>,
) -> Result<(PathBuf, Option<(Stamp, u64)>), WriteFault> {
    let unreadable =
        |reason: &str| WriteFault::Unreadable(Trouble { place: name.to_string(), reason: reason.into() });
    if let Some(known) = known {
        let (place, stamp) = known.file.clone().ok_or_else(|| unreadable("its file is in trouble"))?;
        return Ok((place, Some((stamp, digest_of(&known.text)))));
    }
    let place = top.join(name.as_str());
    let (Some(directory), Some(file)) = (place.parent(), place.file_name()) else {
        return Err(unreadable("it has no directory"));
    };
    make(top, directory).map_err(|error| fault(&error))?;
    let real = directory.canonicalize().map_err(|error| fault(&error))?;
    if !real.starts_with(top) {
        return Err(unreadable("its directory is a link that leads out of the source"));
    }
    Ok((real.join(file), None))
}

/// Makes directories below `top`, each on disk before something stands in it.
fn make(top: &Path, directory: &Path) -> io::Result<()> {
    if directory == top || directory.is_dir() {
        return Ok(());
    }
    let Some(parent) = directory.parent() else { return Ok(()) };
    make(top, parent)?;
    DirBuilder::new().create(directory)?;
    sync(parent)
}

/// Writes a text to a file beside its place, which nobody takes for a document, with the owner and the permissions of
/// the file that it will replace.
fn stage(place: &Path, text: &str, replaces: bool) -> io::Result<PathBuf> {
    let file = place.file_name().unwrap_or_default();
    let beside = place.with_file_name(format!(".{}.towpath", file.display()));
    // of a server that was killed in the middle
    let _ = fs::remove_file(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let mut out = if replaces { options.mode(0o600) } else { &mut options }.open(&beside)?;
    let fill = |out: &mut File| {
        out.write_all(text.as_bytes())?;
        if replaces {
            let old = fs::metadata(place)?;
            let own = out.metadata()?;
            if (old.uid(), old.gid()) != (own.uid(), own.gid()) {
                // only root may give a file away; the permissions stay in any case
                let _ = chown(&beside, Some(old.uid()), Some(old.gid()));
            }
            out.set_permissions(Permissions::from_mode(old.mode() & 0o7777))?;
        }
        out.sync_all()
    };
    if let Err(error) = fill(&mut out) {
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    Ok(beside)
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn is_read_only(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), ReadOnlyFilesystem | PermissionDenied)
}

fn fault(error: &io::Error) -> WriteFault {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match error.kind() {
        _ if is_read_only(error) => WriteFault::ReadOnly(error.to_string()),
        StorageFull | QuotaExceeded | FileTooLarge => WriteFault::Full(error.to_string()),
        _ => WriteFault::Failed(error.to_string()),
    }
}
