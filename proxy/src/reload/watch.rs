//! When a file may have changed. Directories are watched, not the file: editors rename over it, and a ConfigMap swaps
//! the link `..data` beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};

#[cfg(test)]
mod tests;

/// A change is over when nothing happened for so long.
const QUIET: Duration = Duration::from_millis(100);

/// A directory that is never quiet is looked at this often.
const RESTLESS: Duration = Duration::from_secs(1);

/// Some file systems send no events.
const POLL: Duration = Duration::from_secs(5);

/// Watches the directories in which a file and what it links to stand.
pub(super) struct Watch {
    path: PathBuf,
    watcher: Option<RecommendedWatcher>,
    watched: Vec<PathBuf>,
    events: Arc<Notify>,
    poll: tokio::time::Interval,
}

impl Watch {
    /// Begins to watch.
    pub(super) fn new(path: &Path) -> Self {
        let events = Arc::new(Notify::new());
        let notified = Arc::clone(&events);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, is_change) {
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
        let mut watch = Self { path, watcher, watched: Vec::new(), events, poll };
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
        let resolved = self.path.canonicalize().ok();
        let files = [Some(&self.path), resolved.as_ref()];
        let mut wanted: Vec<_> =
            files.into_iter().flatten().filter_map(|file| file.parent()).map(Path::to_owned).collect();
        wanted.dedup();
        for gone in self.watched.iter().filter(|directory| !wanted.contains(directory)) {
            // it may have been removed, and the watch with it
            let _ = watcher.unwatch(gone);
        }
        wanted.retain(|directory| watcher.watch(directory, RecursiveMode::NonRecursive).is_ok());
        self.watched = wanted;
    }
}

/// Whether the event is more than somebody (perhaps this process) reading.
fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}
