//! What stands in a directory. A file that did not change is not read again.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use towpath_config::SourceFault;

use crate::documents::{DocumentName, Documents};
use crate::source::{Limits, Trouble};

/// So many directories may stand in each other.
const DEPTH_MAX: usize = 32;

/// A file that was written so shortly before it was read may be written again within one tick of the file system's
/// clock: that its times are the same says nothing then.
const FRESH: Duration = Duration::from_secs(2);

/// Tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            file: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether the file was left alone for a while before that moment.
    fn is_old(&self, now: SystemTime) -> bool {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let latest = self.modified.0.max(self.changed.0);
        latest.saturating_add(FRESH.as_secs() as i64) < now.as_secs() as i64
    }
}

/// A document as it was read.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) text: Arc<str>,
    /// The file at the end of all links, and its state. None when it cannot be read now, and the text is the last one.
    pub(super) file: Option<(PathBuf, Stamp)>,
    /// Whether the same stamp means the same text.
    settled: bool,
}

/// What was found at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    pub(super) found: BTreeMap<DocumentName, Found>,
    pub(super) troubles: Vec<Trouble>,
    /// Directories that were read, and which they were (device, number).
    pub(super) directories: BTreeMap<PathBuf, (u64, u64)>,
    /// Which of them is the root.
    pub(super) top: Option<(u64, u64)>,
    /// A file changed while it was read: one should look again soon.
    pub(super) restless: bool,
}

impl Scan {
    /// What was known before anything was read.
    pub(super) fn remembered(documents: &Documents) -> Self {
        let kept = |text: &Arc<str>| Found { text: Arc::clone(text), file: None, settled: false };
        let found = documents.iter().map(|(name, text)| (name.clone(), kept(text))).collect();
        Self { found, ..Self::default() }
    }

    pub(super) fn documents(&self) -> Documents {
        self.found.iter().map(|(name, found)| (name.clone(), Arc::clone(&found.text))).collect()
    }
}

/// Reads the directory; what cannot be read is as it was `before`.
///
/// # Errors
/// When there is nothing that could be read, or too much: then everything stays as it was.
pub(super) fn scan(root: &Path, limits: Limits, before: &Scan) -> Result<Scan, String> {
    let gone = |error: io::Error| format!("the directory cannot be read: {error}");
    let top = root.canonicalize().map_err(gone)?;
    let mut walk = Walk { top: &top, limits, before, bytes: 0, inside: Vec::new(), scan: Scan::default() };
    walk.directory(&top, "").map_err(|stop| match stop {
        Stop::Unreadable(error) => gone(error),
        Stop::TooMuch(what) => what,
    })?;
    let mut scan = walk.scan;
    // whatever the order in which the directory gave them
    scan.troubles.sort_by(|left, right| left.place.cmp(&right.place));
    scan.top = scan.directories.get(&top).copied();
    if scan.found.is_empty() && scan.troubles.is_empty() && !before.found.is_empty() {
        // more often a mount that went away than somebody's will
        return Err("the directory has no documents any more".into());
    }
    Ok(scan)
}

/// Why a directory is not read any further.
enum Stop {
    Unreadable(io::Error),
    TooMuch(String),
}

struct Walk<'w> {
    top: &'w Path,
    limits: Limits,
    before: &'w Scan,
    bytes: usize,
    /// Directories that are being read, without links: one in itself has no end.
    inside: Vec<PathBuf>,
    scan: Scan,
}

impl Walk<'_> {
    /// Reads a directory whose documents' names begin with `prefix`. `real` has no links.
    fn directory(&mut self, real: &Path, prefix: &str) -> Result<(), Stop> {
        let metadata = fs::metadata(real).map_err(Stop::Unreadable)?;
        let entries = fs::read_dir(real).map_err(Stop::Unreadable)?;
        self.scan.directories.insert(real.to_owned(), (metadata.dev(), metadata.ino()));
        self.inside.push(real.to_owned());
        for entry in entries {
            let entry = entry.map_err(Stop::Unreadable)?;
            let name = entry.file_name();
            // also `..data` of a ConfigMap: what it leads to is seen through the links to it
            if !name.as_encoded_bytes().starts_with(b".") {
                self.entry(&real.join(&name), &name, prefix)?;
            }
        }
        self.inside.pop();
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &OsStr, prefix: &str) -> Result<(), Stop> {
        let shown = format!("{prefix}{}", name.display());
        let is_document =
            [".yaml", ".yml"].iter().any(|end| name.as_encoded_bytes().ends_with(end.as_bytes()));
        let real = match path.canonicalize() {
            Ok(real) => real,
            // it was removed since, or is a link of something else
            Err(error) if error.kind() == io::ErrorKind::NotFound && !(is_document && path.is_symlink()) => {
                return Ok(());
            }
            Err(error) => return self.trouble(shown, error.to_string()),
        };
        let metadata = match fs::metadata(&real) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return self.trouble(shown, error.to_string()),
        };
        if !(metadata.is_dir() || is_document) {
            return Ok(());
        }
        if !real.starts_with(self.top) {
            return self.trouble(shown, "this link leads out of the directory".into());
        }
        if metadata.is_dir() { self.below(&real, shown) } else { self.document(real, &metadata, shown) }
    }

    fn below(&mut self, real: &Path, shown: String) -> Result<(), Stop> {
        if self.inside.iter().any(|open| open == real) {
            return self.trouble(shown, "this link leads to a directory in which it stands".into());
        }
        if self.inside.len() >= DEPTH_MAX {
            let reason = format!("directories may stand in each other {DEPTH_MAX} deep");
            return self.trouble(shown, reason);
        }
        let depth = self.inside.len();
        match self.directory(real, &format!("{shown}/")) {
            Err(Stop::Unreadable(error)) if error.kind() != io::ErrorKind::NotFound => {
                self.inside.truncate(depth);
                self.trouble(shown, error.to_string())
            }
            Err(Stop::Unreadable(_)) => {
                self.inside.truncate(depth);
                Ok(())
            }
            other => other,
        }
    }

    fn document(&mut self, real: PathBuf, metadata: &Metadata, shown: String) -> Result<(), Stop> {
        let name = match DocumentName::parse(&shown) {
            Ok(name) => name,
            Err(fault) => return self.trouble(fault.name, fault.reason.into()),
        };
        if !metadata.is_file() {
            return self.trouble(shown, "this is no file".into());
        }
        let known = self.before.found.get(&name);
        let found = match known {
            Some(known)
                if known.settled && known.file.as_ref() == Some(&(real.clone(), Stamp::of(metadata))) =>
            {
                known.clone()
            }
            _ => match read(real, metadata) {
                Ok(Some(found)) => found,
                Ok(None) => {
                    self.scan.restless = true;
                    // half of a new file is nothing; half of a known one is what it was before
                    let Some(known) = known else { return Ok(()) };
                    Found { settled: false, ..known.clone() }
                }
                Err(reason) => return self.trouble(shown, reason),
            },
        };
        self.put(name, found)
    }

    fn put(&mut self, name: DocumentName, found: Found) -> Result<(), Stop> {
        self.bytes += found.text.len();
        self.scan.found.insert(name, found);
        match self.limits.exceeded(self.scan.found.len(), self.bytes) {
            Some(exceeded) => Err(Stop::TooMuch(exceeded)),
            None => Ok(()),
        }
    }

    /// What stood there, or below it, before stays.
    fn trouble(&mut self, place: String, reason: String) -> Result<(), Stop> {
        let kept = |name: &DocumentName| {
            name.as_str().strip_prefix(&place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        for (name, found) in self.before.found.iter().filter(|(name, _)| kept(name)) {
            self.bytes += found.text.len();
            self.scan.found.insert(name.clone(), Found { file: None, settled: false, ..found.clone() });
        }
        self.scan.troubles.push(Trouble { place, reason });
        Ok(())
    }
}

/// Reads a file; `None` when it changed in the meantime.
fn read(real: PathBuf, metadata: &Metadata) -> Result<Option<Found>, String> {
    let now = SystemTime::now();
    let text = towpath_config::Source::read(&real).map_err(|fault| match fault {
        SourceFault::Unreadable { reason, .. } => reason.to_string(),
        SourceFault::TooLarge { .. } => "it is larger than 16 MiB, the most that a document may have".into(),
        SourceFault::NotText { line, .. } => format!("line {line} is not UTF-8 text"),
    });
    let stamp = Stamp::of(metadata);
    if fs::metadata(&real).ok().is_none_or(|after| Stamp::of(&after) != stamp) {
        return Ok(None);
    }
    let settled = stamp.is_old(now);
    Ok(Some(Found { text: text?.text().into(), file: Some((real, stamp)), settled }))
}

#[cfg(test)]
mod tests;
