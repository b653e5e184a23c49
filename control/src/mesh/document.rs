//! One document, cut.

use std::collections::BTreeSet;
use std::sync::Arc;

use towpath_config::parts::{Cut, Part, Section, cut};
use towpath_config::{Faults, Source};

use crate::documents::DocumentName;

/// What one document says.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) text: Arc<str>,
    pub(super) cut: Result<Sheet, Faults>,
}

/// A document that could be cut.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) cut: Cut,
    /// The clusters of other namespaces that its routes name: `payments:ledger`.
    pub(super) foreign: BTreeSet<String>,
}

impl Draft {
    pub(super) fn read(name: &DocumentName, text: &Arc<str>) -> Arc<Self> {
        let cut = cut(&Source::new(name.as_str(), Arc::clone(text))).map(Sheet::new);
        Arc::new(Self { text: Arc::clone(text), cut })
    }

    /// What it says, if it could be cut.
    pub(super) fn sheet(&self) -> Option<&Sheet> {
        self.cut.as_ref().ok()
    }

    /// As [`Self::sheet`], of a document of this namespace.
    pub(super) fn sheet_of(&self, namespace: &str) -> Option<&Sheet> {
        self.sheet().filter(|sheet| sheet.cut.namespace() == namespace)
    }
}

impl Sheet {
    fn new(cut: Cut) -> Self {
        let own = format!("{}:", cut.namespace());
        let named = cut.content().parts().iter().flat_map(|part| part.references().clusters);
        let foreign = named.filter(|name| name.contains(':') && !name.starts_with(&own)).collect();
        Self { cut, foreign }
    }

    /// How many parts of a section it has.
    pub(super) fn count(&self, section: Section) -> usize {
        self.cut.content().parts().iter().filter(|part| part.name().section() == section).count()
    }

    /// How many series of metrics its routes have.
    pub(super) fn series(&self) -> usize {
        self.cut.content().parts().iter().map(Part::series).sum()
    }
}
