//! Documents that come in: put in the place of what has the same names, or only compared.

mod incoming;
mod merge;

use std::sync::Arc;

use serde_json::{Value, json};
use towpath_config::Change;

use super::asked::Asked;
use super::change::{Proposal, Sent, aside, commit, fresh, placed};
use crate::api::shape::{Problem, Reply};
use incoming::Incoming;
use merge::merged;

/// The documents of the body.
///
/// # Errors
/// 415, 400, 422 for what cannot be read, 403 when one of them is for a namespace that is not the caller's.
fn documents(asked: &Asked) -> Result<Vec<Incoming>, Problem> {
    let namespace = asked.namespace()?;
    let documents = incoming::read(asked.media(), &asked.body, namespace)?;
    match documents.iter().all(|document| asked.caller.has(&document.namespace)) {
        true => Ok(documents),
        false => Err(Problem::forbidden()),
    }
}

pub(super) async fn apply(asked: &Arc<Asked>) -> Result<Reply, Problem> {
    let documents = documents(asked)?;
    let names: Vec<_> = documents.iter().map(|document| document.name.as_str()).collect();
    let message = format!("apply {}", names.join(", "));
    let sent: Arc<[Sent]> = documents.iter().map(Incoming::sent).collect();
    let replace = asked.query.flag("replace");
    let mine = Arc::clone(asked);
    commit(asked, move |truth, index| {
        let may = |document: &str| mine.wants_document(index, document);
        let written = merged(truth, index, &documents, replace, &may)?;
        Ok(Proposal { written, origin: mine.origin(), message: message.clone(), sent: Arc::clone(&sent) })
    })
    .await
}

/// What the documents would change in meaning.
pub(super) async fn diff(asked: &Arc<Asked>) -> Result<Reply, Problem> {
    let documents = documents(asked)?;
    let (truth, index) = asked.site.index().await;
    let (mine, now) = (Arc::clone(asked), Arc::clone(&truth));
    let sent: Vec<Sent> = documents.iter().map(Incoming::sent).collect();
    let written = aside(move || {
        let may = |document: &str| mine.wants_document(&index, document);
        merged(&now, &index, &documents, false, &may)
    });
    let written = written.await?;
    let changed = truth.documents.changes(&written);
    let after = truth.documents.with(&written);
    let judged = asked.site.control.judge(after.clone(), true).await?;
    let (errors, warnings) = fresh(&truth.findings, judged.findings, &changed);
    let (errors, warnings) = (placed(errors, &sent, &after), placed(warnings, &sent, &after));
    if !errors.is_empty() {
        return Err(Problem::invalid(&errors));
    }
    let seen = judged.changes.iter().filter(|(namespace, _)| asked.wants(namespace));
    let changes: Vec<_> = seen.map(|(namespace, change)| told(namespace, change)).collect();
    let about = json!({"revision": truth.revision, "changes": changes, "warnings": warnings});
    Ok(Reply::json(&about).revision(truth.revision))
}

fn told(namespace: &str, change: &Change) -> Value {
    let mut about = change.to_json();
    if let Value::Object(about) = &mut about {
        about.insert("namespace".to_owned(), json!(namespace));
        about.insert("text".to_owned(), json!(change.to_string()));
    }
    about
}
