//! What was changed, by whom, and how it was before.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::asked::Asked;
use super::change::{Proposal, aside, commit};
use crate::api::index::Index;
use crate::api::shape::{Problem, Reply};
use crate::documents::{DocumentName, Documents};
use crate::store::{Origin, Revision};

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
    let (_, index) = asked.site.index().await;
    let found = asked.site.store.revisions(asked.query.number("before"), limit(asked)).await?;
    let found: Vec<_> = found.into_iter().filter_map(|revision| visible(asked, &index, revision)).collect();
    Ok(Reply::json(&json!({"revisions": found})))
}

/// A revision as the caller may see it: only with documents of their own. One that is gone is known by nobody who does
/// not see all.
fn visible(asked: &Asked, index: &Index, mut revision: Revision) -> Option<Revision> {
    if asked.caller.has_all() {
        return Some(revision);
    }
    revision
        .changed
        .retain(|changed| index.namespace(&changed.document).is_some_and(|of| asked.caller.has(of)));
    (!revision.changed.is_empty()).then_some(revision)
}

/// The documents of a revision that the caller may see, and wants to.
async fn documents(asked: &Asked, number: u64) -> Result<(Documents, Index), Problem> {
    let documents = asked.site.store.documents(number).await?;
    let read = documents.clone();
    let index = aside(move || Ok(Index::new(&read))).await?;
    let seen = documents.iter().filter(|(name, _)| asked.wants_document(&index, name.as_str()));
    Ok((seen.map(|(name, text)| (name.clone(), text.clone())).collect(), index))
}

pub(super) async fn revision(asked: &Asked) -> Result<Reply, Problem> {
    let number = asked.number("number")?;
    let (documents, index) = documents(asked, number).await?;
    let found = asked.site.store.revisions(number.checked_add(1), 1).await?;
    let found = found.into_iter().find(|revision| revision.number == number);
    let revision = found.and_then(|revision| visible(asked, &index, revision));
    let revision = revision.ok_or_else(|| Problem::not_found(format!("there is no revision {number}")))?;
    let texts: BTreeMap<_, _> = documents.iter().map(|(name, text)| (name.as_str(), &**text)).collect();
    Ok(Reply::json(&json!({"revision": revision, "documents": texts})))
}

/// Makes the caller's documents what they were.
pub(super) async fn rollback(asked: &Arc<Asked>) -> Result<Reply, Problem> {
    asked.namespace()?;
    let number = asked.number("number")?;
    let (old, _) = documents(asked, number).await?;
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
    if !asked.caller.has_all() {
        return Err(Problem::forbidden());
    }
    let lines = asked.site.store.audit(asked.query.number("after").unwrap_or(0), limit(asked)).await?;
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    Ok(Reply::new("application/jsonl", text))
}
