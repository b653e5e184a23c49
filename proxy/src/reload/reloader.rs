//! One reading of the file and its verdict.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::spawn_blocking;
use towpath_config::model::Config;
use towpath_config::{Source, compile};
use xxhash_rust::xxh64::xxh64;

use super::go_live::{GoLive, Halt};
use crate::observe::stats::Counter;
use crate::shared::Shared;
use crate::snapshot::Snapshot;

#[cfg(test)]
pub(in crate::reload) mod tests;

/// Where `${NAME}` is looked up.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What became of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The table is live.
    Published {
        /// The generation it became.
        generation: u64,
    },
    /// The file says what is live already.
    Unchanged,
    /// The old table stays.
    Rejected {
        /// Every fault with its place, as text for people.
        faults: String,
    },
}

/// When a file is worth a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// If it says something else than when it was last read.
    Changed,
    /// Whatever it says: somebody asked.
    Asked,
}

/// Reads the route table and makes it live.
pub struct Reloader {
    shared: Arc<Shared>,
    path: PathBuf,
    environment: Environment,
    seen: Seen,
}

/// Digests of what the file said.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// When it was last read.
    last: u64,
    /// When the live table was read from it.
    live: u64,
}

impl std::fmt::Debug for Reloader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloader").field("path", &self.path).field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// What a reading leads to, before anything is changed.
enum Draft {
    Unchanged,
    Refused(String),
    Ready(Box<Snapshot>),
}

fn digest(source: &Source) -> u64 {
    xxh64(source.text().as_bytes(), 0)
}

impl Reloader {
    /// Reloads from `path`, whose content `live` was read and published already.
    #[must_use]
    pub fn new(shared: Arc<Shared>, path: PathBuf, environment: Environment, live: &Source) -> Self {
        let digest = digest(live);
        Self { shared, path, environment, seen: Seen { last: digest, live: digest } }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file, on a thread of its own, and makes the table live if it is good. `None` when it was not worth a
    /// verdict.
    pub async fn reload(&mut self, when: When, go_live: &mut GoLive<'_>) -> Option<Verdict> {
        let (path, environment) = (self.path.clone(), Arc::clone(&self.environment));
        let (shared, seen) = (Arc::clone(&self.shared), self.seen);
        let drafted = spawn_blocking(move || draft(&path, &environment, &shared, seen, when)).await;
        let (last, draft) = drafted.unwrap_or_else(|bug| (seen.last, Some(Draft::Refused(bug.to_string()))));
        self.seen.last = last;
        Some(match draft? {
            Draft::Unchanged => self.unchanged(),
            Draft::Refused(faults) => self.reject(&faults),
            Draft::Ready(snapshot) => self.publish(*snapshot, go_live),
        })
    }

    fn unchanged(&self) -> Verdict {
        if self.shared.rejection().is_some() {
            tracing::info!(path = %self.path.display(), "the route table says again what is live");
            // publishing what is live forgets the rejection
            self.shared.publish(self.shared.snapshot());
        }
        Verdict::Unchanged
    }

    fn publish(&mut self, mut snapshot: Snapshot, go_live: &mut GoLive<'_>) -> Verdict {
        let old = self.shared.snapshot();
        snapshot.catch_up(&old);
        let new = Arc::new(snapshot);
        match go_live(new.config(), &mut || self.shared.publish(Arc::clone(&new))) {
            Ok(()) => {}
            Err(Halt::Rest(fault)) => tracing::error!(fault, "the route table is live, but not all of it"),
            Err(halt) => return self.reject(&halt.to_string()),
        }
        for setting in fixed_settings(old.config(), new.config()) {
            tracing::warn!(setting, "the change needs a restart; until then the old value stays");
        }
        self.seen.live = self.seen.last;
        self.shared.stats().control().add(Counter::Reloads, 1);
        let generation = new.generation();
        tracing::info!(path = %self.path.display(), generation, "the route table is live");
        Verdict::Published { generation }
    }

    fn reject(&self, faults: &str) -> Verdict {
        self.shared.stats().control().add(Counter::ReloadsRejected, 1);
        let faults = faults.trim_end().to_owned();
        tracing::error!("the route table {} was refused, the old one stays:\n{faults}", self.path.display());
        self.shared.reject(faults.clone());
        Verdict::Rejected { faults }
    }
}

/// Reads and compiles. Gives the digest of what was read, and what it leads to if it is worth a verdict.
fn draft(
    path: &Path,
    environment: &Environment,
    shared: &Shared,
    seen: Seen,
    when: When,
) -> (u64, Option<Draft>) {
    let source = read(path);
    // a failure to read is seeded apart: no document can look like one
    let digest = source.as_ref().map_or_else(|fault| xxh64(fault.as_bytes(), 1), digest);
    if when == When::Changed && digest == seen.last {
        return (digest, None);
    }
    if digest == seen.live {
        return (digest, Some(Draft::Unchanged));
    }
    let compiled = source.and_then(|source| {
        compile(&source, &|name| environment(name)).map_err(|faults| faults.render(false))
    });
    let draft = match compiled {
        Ok(compiled) => {
            for warning in compiled.warnings().iter() {
                tracing::warn!(place = %warning.place(), "{}", warning.message());
            }
            let old = shared.snapshot();
            Draft::Ready(Box::new(Snapshot::next(Some(&old), compiled.into_config(), shared.series())))
        }
        Err(faults) => Draft::Refused(faults),
    };
    (digest, Some(draft))
}

/// Reads the file. A pipe in its place is not opened: whoever never writes would be waited for without end.
fn read(path: &Path) -> Result<Source, String> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(format!("cannot read {}: it is no file", path.display())),
        _ => Source::read(path).map_err(|fault| fault.to_string()),
    }
}

/// The settings that differ and cannot change while the process runs.
fn fixed_settings(old: &Config, new: &Config) -> impl Iterator<Item = &'static str> {
    let (old, new) = (old.process(), new.process());
    let rows = [
        ("proxy.workers", old.workers() == new.workers()),
        ("proxy.pin_workers", old.pin_workers() == new.pin_workers()),
        ("proxy.admin", old.admin() == new.admin()),
    ];
    rows.into_iter().filter(|(_, same)| !same).map(|(setting, _)| setting)
}
