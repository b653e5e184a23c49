//! What the store keeps, as its readers see it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::documents::{Changed, Digest, DocumentName, Documents, Touch, Written, namespace_of};

/// How many octets of what people say is kept: who they are, their message, a reason.
const SAID_BYTES_MAX: usize = 4096;

/// From where a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A request to the API.
    Api,
    /// The command line.
    Cli,
    /// Files that were edited in the source directory.
    Directory,
    /// A rollback to the revision of this number.
    Rollback(u64),
}

/// Who makes a change, from where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Who: the name of a token, or of the process.
    pub who: String,
    /// From where.
    pub origin: Origin,
    /// Why, in the words of whoever did it; may be empty.
    pub message: String,
}

/// What a revision did to a document, and whose that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// The document.
    pub document: DocumentName,
    /// What happened to it.
    pub touch: Touch,
    /// The namespace of which it spoke before, and that of which it speaks since; none where it cannot be read.
    #[serde(default)]
    pub namespaces: BTreeSet<String>,
}

impl Touched {
    /// What a change does to documents.
    pub(super) fn all(before: &Documents, written: &Written) -> Vec<Self> {
        let of = |Changed { document, touch }| {
            let texts = [before.get(&document), written.get(&document).and_then(Option::as_ref)];
            let namespaces = texts.into_iter().flatten().filter_map(namespace_of).collect();
            Self { document, touch, namespaces }
        };
        before.changes(written).into_iter().map(of).collect()
    }
}

/// A change that was accepted. It never changes again, and is numbered from 1 without gaps; numbers, not times, say what
/// came before what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Its number.
    pub number: u64,
    /// When the clock of the server said that it was, in milliseconds since 1970.
    pub time_ms: u64,
    /// Who made it.
    pub who: String,
    /// From where.
    pub origin: Origin,
    /// Why.
    pub message: String,
    /// What its documents are told by.
    pub digest: Digest,
    /// How many documents it has.
    pub documents: usize,
    /// What it did to the documents of the revision before.
    pub changed: Vec<Touched>,
}

/// The newest revision and its documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Latest {
    /// The revision; none before the first change.
    pub revision: Option<Arc<Revision>>,
    /// Its documents.
    pub documents: Documents,
}

impl Latest {
    /// The number of the revision; 0 before the first.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.revision.as_ref().map_or(0, |revision| revision.number)
    }
}

/// A change that is to become a revision.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The newest revision as the writer knows it (0: none yet); any when left out.
    pub expected: Option<u64>,
    /// Who, from where, why.
    pub signature: Signature,
    /// All documents after the change.
    pub documents: Documents,
}

/// What became of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// It is this revision.
    Revision(Arc<Revision>),
    /// The newest revision has the same documents: there is no new one.
    Unchanged,
}

/// What somebody tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// To change documents.
    Change,
    /// To be let in.
    Login,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Accepted,
    /// It was not.
    Refused,
}

/// Something to be noted in the audit log. Accepted changes are noted with their revision, by [`Store::commit`].
///
/// [`Store::commit`]: super::Store::commit
#[derive(Debug, Clone)]
pub struct Note {
    /// Who, from where, why.
    pub signature: Signature,
    /// What was tried.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused. No secrets.
    pub reason: String,
    /// Whom it is about, where that is known.
    pub namespaces: BTreeSet<String>,
    /// So many others like it came before and were not noted.
    pub left_out: u64,
}

impl Note {
    /// Something that was refused, and why.
    #[must_use]
    pub fn refused(signature: Signature, action: Action, reason: String) -> Self {
        let namespaces = BTreeSet::new();
        Self { signature, action, outcome: Outcome::Refused, reason, namespaces, left_out: 0 }
    }
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number, from 1 without gaps.
    pub number: u64,
    /// When the clock of the server said that it was, in milliseconds since 1970.
    pub time_ms: u64,
    /// Who.
    pub who: String,
    /// From where.
    pub origin: Origin,
    /// What was tried.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// The revision that it became.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
    /// Why, in the words of whoever did it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub message: String,
    /// Why it was refused.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub reason: String,
    /// Whom it is about, where that is known.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub namespaces: BTreeSet<String>,
    /// So many of the same caller were refused since the line before of theirs, and are not in the log.
    #[serde(skip_serializing_if = "is_none", default)]
    pub left_out: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// How much is kept. What is older goes, and is never missed by what is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// So many revisions; at least the newest.
    pub revisions: u64,
    /// So many octets of audit lines; at least the newest line.
    pub audit_bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { revisions: 1000, audit_bytes: 64 * 1024 * 1024 }
    }
}

impl Signature {
    /// Without what is too long to be kept.
    pub(super) fn cut(mut self) -> Self {
        self.who = cut(self.who);
        self.message = cut(self.message);
        self
    }
}

/// The beginning of what may be long.
pub(super) fn cut(mut said: String) -> String {
    if said.len() > SAID_BYTES_MAX {
        said.truncate(said.floor_char_boundary(SAID_BYTES_MAX));
        said.push('…');
    }
    said
}
