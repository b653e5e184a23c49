//! The last good table on the disk: a route table like any other, behind a few lines that say whose it is.

use std::fmt::Write as _;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use towpath_config::parts::{Base, Part, PartName, Section, assemble, restore};
use xxhash_rust::xxh64::xxh64;

#[cfg(test)]
mod tests;

const FILE: &str = "last-good.yaml";
const DRAFT: &str = "last-good.yaml.new";

/// The first line: by another one, the file is another one's.
const TITLE: &str =
    "# the last good route table of a Towpath proxy, version 1: written by the proxy, not to be edited";

/// A larger file is not read: no proxy writes one.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// What is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// The parts of the table.
    pub(super) parts: Vec<Part>,
    /// Hosts that were fetched on demand, and the texts that say what serves them.
    pub(super) hosts: Vec<(String, String)>,
    /// When the server last stood by it, in seconds since 1970.
    pub(super) confirmed: u64,
}

/// The file of one proxy.
#[derive(Debug, Clone)]
pub(super) struct Store {
    directory: PathBuf,
    owner: String,
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The other way round.
pub(super) fn time(seconds: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}

impl Store {
    /// The file in `directory` of the proxy of this namespace and id.
    pub(super) fn new(directory: &Path, namespace: &str, id: &str) -> Self {
        Self { directory: directory.to_owned(), owner: format!("{namespace}/{id}") }
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        self.directory.join(FILE)
    }

    /// Writes it anew: whoever reads it finds the one before or this one, whole.
    ///
    /// # Errors
    /// The disk does not take it; what was there stays.
    pub(super) fn write(&self, base: &Base, kept: &Kept) -> io::Result<()> {
        let text = self.text(base, kept);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let draft = self.directory.join(DRAFT);
        let written = (|| {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&draft, self.path())?;
            File::open(&self.directory)?.sync_all()
        })();
        // a full disk wants its room back
        written.inspect_err(|_| _ = std::fs::remove_file(&draft))
    }

    /// Reads it; `None` when there is none.
    ///
    /// # Errors
    /// It cannot be read, is not whole, or is another proxy's.
    pub(super) fn read(&self) -> Result<Option<Kept>, String> {
        let path = self.path();
        let told = |fault: io::Error| fault.to_string();
        match std::fs::metadata(&path) {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(told(fault)),
            Ok(found) if !found.is_file() => return Err("it is no file".to_owned()),
            Ok(found) if found.len() > FILE_BYTES_MAX => return Err("it is too large".to_owned()),
            Ok(_) => {}
        }
        self.kept(&std::fs::read_to_string(&path).map_err(told)?).map(Some)
    }

    fn text(&self, base: &Base, kept: &Kept) -> String {
        let mut text = format!("# proxy {}\n# confirmed {}\n", self.owner, kept.confirmed);
        let settings = kept.parts.iter().filter(|part| part.name().section() == Section::Settings);
        for part in settings {
            // merged with what is the proxy's own, it could not be told apart again
            _ = writeln!(text, "# settings {}", part.text());
        }
        for (host, served) in &kept.hosts {
            _ = writeln!(text, "# host {host} {served}");
        }
        let parts: Vec<_> = kept.parts.iter().collect();
        text.push_str(assemble(FILE, base, &parts).source().text());
        format!("{TITLE}\n# sum {:016x}\n{text}", xxh64(text.as_bytes(), 0))
    }

    fn kept(&self, text: &str) -> Result<Kept, String> {
        let rest = text.strip_prefix(TITLE).and_then(|rest| rest.strip_prefix("\n# sum "));
        let (sum, rest) =
            rest.and_then(|rest| rest.split_once('\n')).ok_or("no proxy of this version wrote it")?;
        if sum != format!("{:016x}", xxh64(rest.as_bytes(), 0)) {
            return Err("it is not whole, or was edited".to_owned());
        }
        let mut kept = Kept::default();
        for line in rest.lines() {
            let Some((word, value)) = line.strip_prefix("# ").and_then(|line| line.split_once(' ')) else {
                break;
            };
            match word {
                "proxy" if value != self.owner => {
                    return Err(format!("it is of the proxy {value}, and this one is {}", self.owner));
                }
                "confirmed" => kept.confirmed = value.parse().unwrap_or_default(),
                "settings" => kept.parts.extend(settings(value)),
                "host" => kept.hosts.extend(value.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned()))),
                _ => {}
            }
        }
        kept.parts.extend(restore(rest).ok_or("it is no table that was put together")?);
        Ok(kept)
    }
}

fn settings(text: &str) -> Option<Part> {
    Part::new(PartName::new(Section::Settings, PartName::SETTINGS)?, text).ok()
}
