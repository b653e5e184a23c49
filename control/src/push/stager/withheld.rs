//! Documents that staged push took back where the source could not be told: what they said before stands for them, until
//! somebody changes them there. What others say goes on meanwhile.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::documents::{DocumentName, Documents, Written};

/// Such documents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Withheld(BTreeMap<DocumentName, Held>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    /// What the source says; nothing where it has taken the document away.
    says: Option<String>,
    /// What stands for it.
    good: Option<String>,
    reason: String,
}

impl Withheld {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The documents, and why.
    pub fn reasons(&self) -> impl Iterator<Item = (&DocumentName, &str)> {
        self.0.iter().map(|(name, held)| (name, held.reason.as_str()))
    }

    /// Withholds what the source says of these documents; this stands for it.
    pub(super) fn add(&mut self, source: &Documents, written: &Written, reason: &str) {
        for (name, good) in written {
            let says = source.get(name).map(|text| text.to_string());
            let good = good.as_ref().map(|text| text.to_string());
            self.0.insert(name.clone(), Held { says, good, reason: reason.to_owned() });
        }
    }

    /// Forgets those of which the source says something else by now.
    pub(super) fn forget(&mut self, source: &Documents) {
        self.0.retain(|name, held| held.is_said(name, source));
    }

    /// What stands for those of which these documents say what is withheld.
    pub(super) fn written(&self, documents: &Documents) -> Written {
        let said = self.0.iter().filter(|(name, held)| held.is_said(name, documents));
        said.map(|(name, held)| (name.clone(), held.good.as_deref().map(Into::into))).collect()
    }
}

impl Held {
    fn is_said(&self, name: &DocumentName, documents: &Documents) -> bool {
        documents.get(name).map(|text| &**text) == self.says.as_deref()
    }
}

#[cfg(test)]
mod tests;
