//! What is so now.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use towpath_wire::{Cache, Identity, View};

use crate::documents::Documents;
use crate::mesh::{Desired, State, ViewKey};
use crate::source::Trouble;
use crate::store::Revision;

/// What there is to say of it in numbers, by the names of their metrics without `towpath_control_`.
pub const GAUGES: [(&str, &str); 2] = [
    ("source_troubles", "What of the source cannot be read: its last text stays."),
    (
        "documents_faulty",
        "Documents of the newest revision with which something is wrong: what was good of them stays.",
    ),
];

/// A revision and what it means; by default what is so before the first change.
#[derive(Debug, Clone, Default)]
pub struct Live {
    pub(super) revision: Option<Arc<Revision>>,
    pub(super) documents: Documents,
    pub(super) state: State,
    pub(super) desired: Arc<Desired>,
    pub(super) cache: Arc<Mutex<Cache>>,
    pub(super) troubles: Vec<Trouble>,
    pub(super) read_only: Option<String>,
}

impl Live {
    /// Its number; 0 before the first change.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision.as_ref().map_or(0, |revision| revision.number)
    }

    /// What is kept of it: who, when, why; nothing before the first change.
    #[must_use]
    pub fn record(&self) -> Option<&Arc<Revision>> {
        self.revision.as_ref()
    }

    /// Its documents.
    #[must_use]
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// What became of them.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What of them is live, encoded.
    #[must_use]
    pub fn desired(&self) -> &Desired {
        &self.desired
    }

    /// What proxies share their view by.
    #[must_use]
    pub fn key(&self, identity: &Identity) -> ViewKey {
        self.desired.key(identity)
    }

    /// What proxies of a key may see; see [`Desired::view`]. It may take its time.
    #[must_use]
    pub fn view(&self, key: &ViewKey, hosts: &BTreeSet<String>, old: &View) -> View {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        self.desired.view(key, hosts, old, &mut cache)
    }

    /// What of the source cannot be read now.
    #[must_use]
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// The values of [`GAUGES`], in their order.
    #[must_use]
    pub fn gauges(&self) -> [f64; GAUGES.len()] {
        [self.troubles.len() as f64, self.state.faulty() as f64]
    }

    /// Why nothing can be written; writable when there is no reason.
    #[must_use]
    pub fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }
}
