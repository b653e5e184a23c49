//! All documents of one moment, and what a change does to them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh64::Xxh64;

use super::name::DocumentName;

/// All documents of one moment. Cheap to copy: the texts are shared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Documents(BTreeMap<DocumentName, Arc<str>>);

/// What is to be written: a text under a name, or `None` to remove what stands there.
pub type Written = BTreeMap<DocumentName, Option<Arc<str>>>;

/// What happened to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Touch {
    /// It is new.
    Added,
    /// It has another text.
    Changed,
    /// It is gone.
    Removed,
}

/// A document, and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The document.
    pub document: DocumentName,
    /// What happened to it.
    pub touch: Touch,
}

/// Tells one set of documents from another: xxh64 over names and texts, 16 hex digits when shown. It finds
/// mistakes; it is no proof against forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(u64);

impl Documents {
    /// The text under a name.
    #[must_use]
    pub fn get(&self, name: &DocumentName) -> Option<&Arc<str>> {
        self.0.get(name)
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&DocumentName, &Arc<str>)> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many octets all texts have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.values().map(|text| text.len()).sum()
    }

    /// Puts a text under a name.
    pub fn insert(&mut self, name: DocumentName, text: Arc<str>) {
        self.0.insert(name, text);
    }

    /// Takes a text away.
    pub fn remove(&mut self, name: &DocumentName) -> Option<Arc<str>> {
        self.0.remove(name)
    }

    /// These documents after a change.
    #[must_use]
    pub fn with(&self, written: &Written) -> Self {
        let mut after = self.clone();
        for (name, text) in written {
            match text {
                Some(text) => _ = after.0.insert(name.clone(), Arc::clone(text)),
                None => _ = after.0.remove(name),
            }
        }
        after
    }

    /// What has to be written so that these documents become `after`.
    #[must_use]
    pub fn until(&self, after: &Self) -> Written {
        let removed = self.0.keys().filter(|name| !after.0.contains_key(*name));
        let removed = removed.map(|name| (name.clone(), None));
        let differs = |(name, text): &(&DocumentName, &Arc<str>)| self.0.get(*name) != Some(*text);
        let put = after.0.iter().filter(differs).map(|(name, text)| (name.clone(), Some(Arc::clone(text))));
        removed.chain(put).collect()
    }

    /// What that change does to these documents, by name.
    #[must_use]
    pub fn changes(&self, written: &Written) -> Vec<Changed> {
        let touch = |name: &DocumentName, text: &Option<Arc<str>>| match (self.0.get(name), text) {
            (None, Some(_)) => Some(Touch::Added),
            (Some(old), Some(new)) if old != new => Some(Touch::Changed),
            (Some(_), None) => Some(Touch::Removed),
            _ => None,
        };
        let changed = written.iter().filter_map(|(name, text)| Some((name, touch(name, text)?)));
        changed.map(|(name, touch)| Changed { document: name.clone(), touch }).collect()
    }

    /// What tells these documents from others.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hash = Xxh64::new(0);
        for (name, text) in &self.0 {
            // with its length, a piece cannot pass for part of its neighbour
            for piece in [name.as_str(), text] {
                hash.update(&(piece.len() as u64).to_le_bytes());
                hash.update(piece.as_bytes());
            }
        }
        Digest(hash.digest())
    }
}

impl FromIterator<(DocumentName, Arc<str>)> for Documents {
    fn from_iter<I: IntoIterator<Item = (DocumentName, Arc<str>)>>(documents: I) -> Self {
        Self(documents.into_iter().collect())
    }
}

/// The hash of one text, by which equal texts are found.
#[must_use]
pub fn digest_of(text: &str) -> u64 {
    xxhash_rust::xxh64::xxh64(text.as_bytes(), 0)
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = u64::from_str_radix(&text, 16).ok().filter(|_| text.len() == 16).map(Self);
        read.ok_or_else(|| format!("`{text}` is no digest: it has 16 hex digits"))
    }
}

#[cfg(test)]
mod tests;
