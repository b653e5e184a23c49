//! A request that was let in, and who can be asked about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, IF_MATCH, USER_AGENT};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::api::access::{Caller, Notes};
use crate::api::index::{Book, Index};
use crate::api::seam::{Control, Truth};
use crate::api::serve::Counters;
use crate::api::shape::{Problem, Query, is_name};
use crate::documents::DocumentName;
use crate::store::{Note, Origin, Store};

/// Who can be asked.
pub(in crate::api) struct Site {
    pub(in crate::api) control: Arc<dyn Control>,
    pub(in crate::api) store: Store,
    pub(in crate::api) book: Book,
    pub(in crate::api) counters: Arc<Counters>,
    pub(in crate::api) notes: Notes,
    /// Places for those who follow events.
    pub(in crate::api) followers: Arc<Semaphore>,
}

impl Site {
    /// What stands where in the newest documents.
    pub(super) async fn index(&self) -> (Arc<Truth>, Arc<Index>) {
        let truth = self.control.truth();
        let index = self.book.index(&truth).await;
        (truth, index)
    }

    /// Notes in the audit log that something was refused, unless this caller has had too much of that. That the log cannot be
    /// written is no reason to answer otherwise.
    pub(in crate::api) async fn refuse(&self, caller: &str, note: Note) {
        let Some(left_out) = self.notes.admit(caller) else { return self.counters.unnoted() };
        if let Err(fault) = self.store.note(Note { left_out, ..note }).await {
            tracing::warn!(%fault, "something was refused, and the audit log cannot be written");
        }
    }
}

/// A request: let in, its query known, its body read.
pub(in crate::api) struct Asked {
    pub(in crate::api) site: Arc<Site>,
    pub(in crate::api) caller: Caller,
    /// What stands in the path.
    pub(in crate::api) names: BTreeMap<String, String>,
    pub(in crate::api) query: Query,
    pub(in crate::api) headers: HeaderMap,
    pub(in crate::api) body: Bytes,
}

impl Asked {
    /// What stands in the path under this name.
    pub(super) fn name(&self, name: &str) -> &str {
        self.names.get(name).map_or("", String::as_str)
    }

    /// A number in the path.
    ///
    /// # Errors
    /// 404: what is no number is no revision.
    pub(super) fn number(&self, name: &str) -> Result<u64, Problem> {
        let text = self.name(name);
        text.parse().map_err(|_| Problem::not_found(format!("`{text}` is no number of a revision")))
    }

    /// The namespace in the path, or in the query.
    ///
    /// # Errors
    /// 403 when it is not the caller's, whether or not there is such a one; 400 when it is no name.
    pub(super) fn namespace(&self) -> Result<Option<&str>, Problem> {
        match self.said_namespace() {
            Some(namespace) if !self.caller.has(namespace) => Err(Problem::forbidden()),
            Some(namespace) if !is_name(namespace) => {
                Err(Problem::bad(format!("`{namespace}` is no name of a namespace")))
            }
            said => Ok(said),
        }
    }

    /// As [`Self::namespace`], whoever asks: whom the request is about.
    pub(super) fn named(&self) -> Option<&str> {
        self.said_namespace().filter(|namespace| is_name(namespace))
    }

    fn said_namespace(&self) -> Option<&str> {
        self.names.get("namespace").map(String::as_str).or_else(|| self.query.text("namespace"))
    }

    /// Whether the caller may see what belongs to this namespace, and wants to.
    pub(super) fn wants(&self, namespace: &str) -> bool {
        let named = self.query.text("namespace");
        self.caller.has(namespace) && named.is_none_or(|named| named == namespace)
    }

    /// Whether the caller may see everything, and wants to.
    pub(super) fn wants_all(&self) -> bool {
        self.caller.has_all() && self.query.text("namespace").is_none()
    }

    /// Whether the caller may see a document, and wants to. One whose namespace is not known belongs to nobody: who wants those
    /// of one namespace has nothing to do with it.
    pub(super) fn wants_document(&self, index: &Index, document: &str) -> bool {
        let namespace = DocumentName::parse(document).ok();
        match namespace.as_ref().and_then(|document| index.namespace(document)) {
            Some(namespace) => self.wants(namespace),
            None => self.wants_all(),
        }
    }

    /// The revision that a change is for, when it is for one alone.
    ///
    /// # Errors
    /// 400 when what stands in `If-Match` is no revision, or not the one in the query.
    pub(super) fn expected(&self) -> Result<Option<u64>, Problem> {
        let queried = self.query.number("expect");
        let Some(header) = self.headers.get(IF_MATCH) else { return Ok(queried) };
        let text = header.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(queried);
        }
        let number = text.trim_start_matches("W/").trim_matches('"').parse().ok();
        match number {
            Some(_) if queried.is_none() || queried == number => Ok(number),
            Some(_) => Err(Problem::bad("`If-Match` and `expect` name different revisions")),
            None => Err(Problem::bad("`If-Match` is the number of a revision: \"17\"")),
        }
    }

    /// Whether YAML is wanted rather than JSON.
    pub(super) fn wants_yaml(&self) -> bool {
        let accepted = self.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match self.query.text("format") {
            Some(format) => format == "yaml",
            None => accepted.contains("yaml") && !accepted.contains("json"),
        }
    }

    /// From where the caller says that they ask: our command line, or anything else.
    pub(super) fn origin(&self) -> Origin {
        let agent = self.headers.get(USER_AGENT).map_or(b"".as_slice(), |agent| agent.as_bytes());
        if agent.starts_with(b"towpath/") { Origin::Cli } else { Origin::Api }
    }

    /// The body, where JSON is wanted.
    ///
    /// # Errors
    /// 415 when it says that it is something else, 400 when it is no JSON.
    pub(super) fn json(&self) -> Result<Value, Problem> {
        if !self.media().is_some_and(|media| media.ends_with("json")) {
            return Err(Problem::media("send `Content-Type: application/json`"));
        }
        serde_json::from_slice(&self.body)
            .map_err(|fault| Problem::bad(format!("the body is no JSON: {fault}")))
    }

    /// What the body says that it is, without parameters.
    pub(super) fn media(&self) -> Option<&str> {
        let value = self.headers.get(axum::http::header::CONTENT_TYPE)?.to_str().ok()?;
        Some(value.split(';').next().unwrap_or_default().trim())
    }
}
