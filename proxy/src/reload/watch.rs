//! When a file may have changed. Directories are watched, not the file: editors rename over it, and a ConfigMap swaps
//! the link `..data` beside it. What else changes in them, such as a log, wakes nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};

use super::way::way;

#[cfg(test)]
mod tests;

/// A change is over when nothing happened for so long.
const QUIET: Duration = Duration::from_millis(100);

/// A directory that is never quiet is looked at this often.
const RESTLESS: Duration = Duration::from_secs(1);

/// Some file systems send no events.
const POLL: Duration = Duration::from_secs(5);

/// Watches the directories in which a file and the links to it stand.
pub(super) struct Watch {
    path: PathBuf,
    watcher: Option<RecommendedWatcher>,
    watched: Vec<PathBuf>,
    way: watch::Sender<Vec<PathBuf>>,
    events: Arc<Notify>,
    poll: tokio::time::Interval,
}

impl Watch {
    /// Begins to watch.
    pub(super) fn new(path: &Path) -> Self {
        let events = Arc::new(Notify::new());
        let notified = Arc::clone(&events);
        let (way, known) = watch::channel(Vec::new());
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, |event| is_change(event, &known.borrow())) {
                notified.notify_one();
            }
        });
        let watcher = watcher
            .inspect_err(
                |error| tracing::warn!(%error, "no file events; the file is read every {POLL:?} instead"),
            )
            .ok();
        let mut poll = interval_at(Instant::now() + POLL, POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // the parent of a bare file name is no path that can be opened
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut watch = Self { path, watcher, watched: Vec::new(), way, events, poll };
        watch.resolve();
        watch
    }

    /// Ends when the file may have changed: after events and then silence, or after a while without any.
    pub(super) async fn changed(&mut self) {
        tokio::select! {
            () = self.events.notified() => self.quiet().await,
            _ = self.poll.tick() => {}
        }
        self.resolve();
    }

    async fn quiet(&self) {
        let latest = Instant::now() + RESTLESS;
        while timeout_at(latest.min(Instant::now() + QUIET), self.events.notified()).await.is_ok() {}
    }

    /// Looks up again where the file stands. A directory is watched anew even when its name is known: it may have
    /// been removed and made again.
    fn resolve(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        let way = way(&self.path);
        let mut wanted: Vec<PathBuf> = Vec::new();
        for directory in way.iter().filter_map(|name| name.parent()) {
            if wanted.iter().all(|known| known != directory) {
                wanted.push(directory.to_owned());
            }
        }
        self.way.send_replace(way);
        for gone in self.watched.iter().filter(|directory| !wanted.contains(directory)) {
            // it may have been removed, and the watch with it
            let _ = watcher.unwatch(gone);
        }
        wanted.retain(|directory| watcher.watch(directory, RecursiveMode::NonRecursive).is_ok());
        self.watched = wanted;
    }
}

/// Whether the event is more than somebody (perhaps this process) reading, and concerns one of these names, or a
/// directory of theirs.
fn is_change(event: &Event, way: &[PathBuf]) -> bool {
    let concerns = |path: &PathBuf| way.iter().any(|name| name == path || name.parent() == Some(path));
    match event.kind {
        EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write) => false,
        // events that were lost name nobody
        _ => event.paths.is_empty() || event.paths.iter().any(concerns),
    }
}
