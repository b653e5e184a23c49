//! Which directories are listened to, and what of it is news.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Listens to directories. File systems that send no events are looked at all the same, only later.
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    /// The directory in which the root stands, and which of them: the root may be removed, made again, or be a link.
    parent: Option<PathBuf>,
    listened: BTreeMap<PathBuf, (u64, u64)>,
}

impl Watch {
    /// Calls `changed` on a thread of its own. `root` is absolute.
    pub(super) fn new(root: &Path, changed: impl Fn() + Send + 'static) -> Self {
        let (own, parent) = (root.to_owned(), root.parent().map(Path::to_owned));
        let beside = parent.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, |event| is_news(event, &own, beside.as_deref())) {
                changed();
            }
        });
        let watcher = watcher
            .inspect_err(
                |error| tracing::warn!(%error, "no file events; the directory is read every few seconds"),
            )
            .ok();
        let mut watch = Self { watcher, parent, listened: BTreeMap::new() };
        watch.parent();
        watch
    }

    /// Listens to these directories and no others. Whether some were not listened to before: what happened there
    /// until now was not heard.
    pub(super) fn follow(&mut self, directories: &BTreeMap<PathBuf, (u64, u64)>) -> bool {
        self.parent();
        let Some(watcher) = &mut self.watcher else { return false };
        for gone in self.listened.keys().filter(|path| !directories.contains_key(*path)) {
            // it may have been removed, and the watch with it
            let _ = watcher.unwatch(gone);
        }
        let before = std::mem::replace(&mut self.listened, directories.clone());
        let mut news = false;
        for (path, which) in directories {
            let known = before.get(path) == Some(which);
            news |= !known;
            // also when it is known: it may have been removed and made again, and be called the same
            let listening = watcher.watch(path, RecursiveMode::NonRecursive);
            if let Some(error) = listening.err().filter(|_| !known) {
                tracing::warn!(directory = %path.display(), %error, "no file events; it is read every few seconds");
            }
        }
        news
    }

    fn parent(&mut self) {
        if let (Some(watcher), Some(parent)) = (&mut self.watcher, &self.parent) {
            // when it is missing, reading now and then has to do
            let _ = watcher.watch(parent, RecursiveMode::NonRecursive);
        }
    }
}

/// Whether the event is more than somebody (perhaps this process) reading, or something beside the root.
fn is_news(event: &Event, root: &Path, parent: Option<&Path>) -> bool {
    match event.kind {
        EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write) => false,
        // events that were lost name nobody
        _ if event.paths.is_empty() => true,
        _ => event.paths.iter().any(|path| path == root || path.parent() != parent),
    }
}
