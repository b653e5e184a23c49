//! What the admin pages speak of.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use crate::shared::Shared;

/// Has the route table read again; what became of it, or why it was refused.
pub type Reload = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<String, String>>>>>;

/// The process, as the admin pages see it.
pub struct AdminContext {
    pub(super) shared: Arc<Shared>,
    pub(super) path: PathBuf,
    pub(super) reload: Reload,
}

impl std::fmt::Debug for AdminContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminContext").field("path", &self.path).finish_non_exhaustive()
    }
}

impl AdminContext {
    /// The pages of a process whose route table stands in `path`.
    #[must_use]
    pub fn new(shared: Arc<Shared>, path: PathBuf, reload: Reload) -> Self {
        Self { shared, path, reload }
    }
}
