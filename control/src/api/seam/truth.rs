//! What the mesh should be, and what was made of it.

use serde::Serialize;
use towpath_config::Change;

use crate::documents::Documents;

/// What the mesh should be.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    /// The newest revision; 0 before the first.
    pub revision: u64,
    /// Its documents.
    pub documents: Documents,
    /// What is wrong with them.
    pub findings: Vec<Finding>,
}

/// What would be made of documents.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// What is wrong with them.
    pub findings: Vec<Finding>,
    /// What they change in meaning, by namespace; empty unless it was asked for.
    pub changes: Vec<(String, Change)>,
}

/// What became of a document that has a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It can be used all the same.
    Accepted,
    /// Something is wrong with it: proxies keep what was good last.
    Rejected,
    /// It names something that is not there: proxies keep what was good last.
    Waiting,
    /// It takes away what something else needs: proxies keep what was good last.
    Held,
}

/// Something that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The document.
    pub file: String,
    /// The line, from 1; 0 for the document as a whole.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What became of the document.
    pub standing: Standing,
    /// What was found.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Finding {
    /// Whether the document is not what proxies get.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.standing != Standing::Accepted
    }
}
