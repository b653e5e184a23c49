//! What one identity may see, as lists that streams share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

use super::changes::{Change, between};
use super::resource::Resource;
use crate::kind::{Kind, PerKind};

/// Every list has its own number, so that what differs between two of them can be kept.
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

static NOTHING: LazyLock<Arc<Resources>> = LazyLock::new(|| Resources::new([]));

/// Resources of one type, in the order of their names. It never changes; a new state is a new list.
#[derive(Debug)]
pub struct Resources {
    id: u64,
    sorted: Box<[Arc<Resource>]>,
    /// All of it, for those who have nothing yet.
    whole: OnceLock<Arc<[Change]>>,
    /// What differs from the list that most streams have: the first that asked.
    step: OnceLock<(u64, Arc<[Change]>)>,
}

impl Resources {
    /// A list of these; of two under one name the later one.
    #[must_use]
    pub fn new(resources: impl IntoIterator<Item = Arc<Resource>>) -> Arc<Self> {
        let mut sorted: Vec<_> = resources.into_iter().collect();
        // the sort is stable: the later one comes first, and stays
        sorted.reverse();
        sorted.sort_by(|a, b| a.name().cmp(b.name()));
        sorted.dedup_by(|a, b| a.name() == b.name());
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { id, sorted: sorted.into(), whole: OnceLock::new(), step: OnceLock::new() })
    }

    /// The list without a resource.
    #[must_use]
    pub fn nothing() -> Arc<Self> {
        Arc::clone(&NOTHING)
    }

    /// The resource of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Resource>> {
        let position = self.sorted.binary_search_by(|resource| resource.name().cmp(name)).ok()?;
        self.sorted.get(position)
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.sorted.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// What makes `old` into this, in the order of names. Computed once for all who ask the same.
    pub(crate) fn since(&self, old: &Self) -> Arc<[Change]> {
        let compute = || between(&old.sorted, &self.sorted);
        if old.is_empty() {
            return Arc::clone(self.whole.get_or_init(compute));
        }
        let (from, changes) = self.step.get_or_init(|| (old.id, compute()));
        if *from == old.id { Arc::clone(changes) } else { compute() }
    }
}

/// All that one identity may see. A list that did not change is best the same list as before.
#[derive(Debug, Clone)]
pub struct View(PerKind<Arc<Resources>>);

impl Default for View {
    fn default() -> Self {
        Self(PerKind::new(|_| Resources::nothing()))
    }
}

impl View {
    /// The view with this list as its resources of this type.
    #[must_use]
    pub fn with(mut self, kind: Kind, resources: Arc<Resources>) -> Self {
        *self.0.of_mut(kind) = resources;
        self
    }

    /// The resources of this type.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &Arc<Resources> {
        self.0.of(kind)
    }
}
