//! What was changed, by whom, and how it was before.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::asked::Asked;
use super::change::{Proposal, aside, commit};
use crate::api::index::Index;
use crate::api::shape::{Problem, Reply};
use crate::documents::{DocumentName, Documents};
use crate::store::{AuditEntry, Origin, Revision, Store};

/// How many revisions or lines are given when nothing is said, and at most.
const LIMIT: usize = 50;
const LIMIT_MAX: usize = 1000;

fn limit(asked: &Asked) -> usize {
    asked
        .query
        .number("limit")
        .map_or(LIMIT, |limit| usize::try_from(limit).unwrap_or(LIMIT_MAX).min(LIMIT_MAX))
}

pub(super) async fn revisions(asked: &Asked) -> Result<Reply, Problem> {
    asked.namespace()?;
    let limit = limit(asked);
    // of what is not theirs there may be any number in between
    let piece = if asked.wants_all() { limit } else { LIMIT_MAX };
    let (mut before, mut found) = (asked.query.number("before"), Vec::new());
    loop {
        let older = asked.site.store.revisions(before, piece).await?;
        let is_last = older.len() < piece;
        before = older.last().map(|revision| revision.number).or(before);
        let room = limit - found.len();
        found.extend(older.into_iter().filter_map(|revision| visible(asked, revision)).take(room));
        if is_last || found.len() >= limit {
            return Ok(Reply::json(&json!({"revisions": found})));
        }
    }
}

/// A revision as the caller may see it, and wants to: only with what it did to documents of theirs. Whose a document was before
/// counts as well as whose it is since.
fn visible(asked: &Asked, mut revision: Revision) -> Option<Revision> {
    if asked.wants_all() {
        return Some(revision);
    }
    for touched in &mut revision.changed {
        touched.namespaces.retain(|namespace| asked.wants(namespace));
    }
    revision.changed.retain(|touched| !touched.namespaces.is_empty());
    (!revision.changed.is_empty()).then_some(revision)
}

/// The documents of a revision that the caller may see, and wants to.
async fn documents(asked: &Asked, number: u64) -> Result<Documents, Problem> {
    let documents = asked.site.store.documents(number).await?;
    let read = documents.clone();
    let index = aside(move || Ok(Index::new(&read))).await?;
    let seen = documents.iter().filter(|(name, _)| asked.wants_document(&index, name.as_str()));
    Ok(seen.map(|(name, text)| (name.clone(), text.clone())).collect())
}

pub(super) async fn revision(asked: &Asked) -> Result<Reply, Problem> {
    let number = asked.number("number")?;
    let documents = documents(asked, number).await?;
    let found = asked.site.store.revisions(number.checked_add(1), 1).await?;
    let found = found.into_iter().find(|revision| revision.number == number);
    let revision = found.and_then(|revision| visible(asked, revision));
    let revision = revision.ok_or_else(|| Problem::not_found(format!("there is no revision {number}")))?;
    let texts: BTreeMap<_, _> = documents.iter().map(|(name, text)| (name.as_str(), &**text)).collect();
    Ok(Reply::json(&json!({"revision": revision, "documents": texts})))
}

/// Makes the caller's documents what they were.
pub(super) async fn rollback(asked: &Arc<Asked>) -> Result<Reply, Problem> {
    asked.namespace()?;
    let number = asked.number("number")?;
    let old = documents(asked, number).await?;
    let mine = Arc::clone(asked);
    commit(asked, move |truth, index| {
        let is_mine = |name: &DocumentName| mine.wants_document(index, name.as_str());
        let (mut now, mut after) = (Documents::default(), old.clone());
        for (name, text) in truth.documents.iter() {
            match is_mine(name) {
                true => now.insert(name.clone(), text.clone()),
                // a document of this name that is somebody else's now stays theirs
                false => _ = after.remove(name),
            }
        }
        let message = format!("rollback to revision {number}");
        Ok(Proposal {
            written: now.until(&after),
            origin: Origin::Rollback(number),
            message,
            sent: Arc::default(),
        })
    })
    .await
}

/// Lines of the audit log, as they are.
pub(super) async fn audit(asked: &Asked) -> Result<Reply, Problem> {
    asked.namespace()?;
    let limit = limit(asked);
    let mut after = asked.query.number("after").unwrap_or(0);
    if let Some(revision) = asked.query.number("since") {
        after = after.max(line_of(&asked.site.store, revision).await?);
    }
    let piece = if asked.wants_all() { limit } else { LIMIT_MAX };
    let (mut count, mut text) = (0, String::new());
    loop {
        let lines = asked.site.store.audit(after, piece).await?;
        let is_last = lines.len() < piece;
        for line in &lines {
            let entry = read(line)?;
            after = entry.number;
            let is_theirs = asked.wants_all() || entry.namespaces.iter().any(|one| asked.wants(one));
            if count < limit && is_theirs {
                count += 1;
                text.extend([line.as_str(), "\n"]);
            }
        }
        if is_last || count >= limit {
            return Ok(Reply::new("application/jsonl", text));
        }
    }
}

/// The number of the last line that is of no later revision; 0 when all are.
async fn line_of(store: &Store, revision: u64) -> Result<u64, Problem> {
    let (mut after, mut found) = (0, 0);
    loop {
        let lines = store.audit(after, LIMIT_MAX).await?;
        for line in &lines {
            let entry = read(line)?;
            after = entry.number;
            match entry.revision {
                Some(later) if later > revision => return Ok(found),
                Some(_) => found = entry.number,
                None => {}
            }
        }
        if lines.len() < LIMIT_MAX {
            return Ok(found);
        }
    }
}

fn read(line: &str) -> Result<AuditEntry, Problem> {
    serde_json::from_str(line)
        .map_err(|fault| Problem::failed(format!("a line of the audit log cannot be read: {fault}")))
}
