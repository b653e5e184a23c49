//! What the admin pages speak of.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::observe::process_log::ProcessLog;
use crate::observe::stats::Counter;
use crate::shared::Shared;

/// Something that is done on request; what became of it, or why it was not done.
pub type Act = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<String, String>>>>>;

/// What can be asked of the process.
pub struct Acts {
    /// To read the route table again.
    pub reload: Act,
    /// To put another process in its place.
    pub upgrade: Act,
    /// To open the files of access logs anew.
    pub reopen: Act,
}

/// The process, as the admin pages see it.
pub struct AdminContext {
    pub(super) site: Arc<Site>,
    pub(super) acts: Acts,
    pub(super) work: Arc<Semaphore>,
}

/// What a page can show; on whichever thread it is made.
pub(super) struct Site {
    pub(super) shared: Arc<Shared>,
    pub(super) source: Box<str>,
    pub(super) log: Option<Arc<dyn ProcessLog>>,
}

impl Site {
    /// Connections to the admin port that may be open: as the table says, as far as there are files for them.
    pub(super) fn connections_max(&self) -> usize {
        let snapshot = self.shared.snapshot();
        let limit = **snapshot.config().process().limits().admin_connections();
        limit.min(self.shared.files().admin) as usize
    }

    /// How long a client may take for one thing.
    pub(super) fn patience(&self) -> Duration {
        **self.shared.snapshot().config().process().timeouts().admin()
    }

    pub(super) fn count(&self, counter: Counter) {
        self.shared.stats().control().add(counter, 1);
    }
}

impl std::fmt::Debug for AdminContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminContext").field("source", &self.site.source).finish_non_exhaustive()
    }
}

impl AdminContext {
    /// The pages of a process whose route table came from `source`.
    #[must_use]
    pub fn new(shared: Arc<Shared>, source: Box<str>, acts: Acts, log: Option<Arc<dyn ProcessLog>>) -> Self {
        Self { site: Arc::new(Site { shared, source, log }), acts, work: Arc::new(Semaphore::new(1)) }
    }
}
