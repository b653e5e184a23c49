//! The way of every change: made of what is there now, judged, written, and waited for when that is wanted.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use towpath_config::{Source, parts};

use super::aside::aside;
use super::sent::{Sent, placed};
use crate::api::access::Caller;
use crate::api::index::Index;
use crate::api::page::Asked;
use crate::api::page::fleet::{summary, verdict};
use crate::api::seam::{Change, Finding, Truth, WriteFault};
use crate::api::shape::{Problem, Reply};
use crate::documents::{Changed, Written, namespace};
use crate::store::{Origin, Signature};

/// So often a change is made anew when somebody else was first; who names no revision wants it on top of any.
const ATTEMPTS: usize = 5;

/// What is to be written.
#[derive(Debug)]
pub(in crate::api::page) struct Proposal {
    pub(in crate::api::page) written: Written,
    pub(in crate::api::page) origin: Origin,
    /// What it does, for who says no more of it.
    pub(in crate::api::page) message: String,
    /// The documents of which it was made, if it was made of some.
    pub(in crate::api::page) sent: Arc<[Sent]>,
}

/// Makes a change of what is there now.
type Propose = dyn Fn(&Truth, &Index) -> Result<Proposal, Problem> + Send + Sync;

/// Does a change, or says why not.
///
/// # Errors
/// Why nothing was changed.
pub(in crate::api::page) async fn commit(
    asked: &Asked,
    propose: impl Fn(&Truth, &Index) -> Result<Proposal, Problem> + Send + Sync + 'static,
) -> Result<Reply, Problem> {
    let expected = asked.expected()?;
    let propose: Arc<Propose> = Arc::new(propose);
    let mut attempt = 1;
    loop {
        match once(asked, &propose, expected).await {
            Err(Refused::Overtaken(_)) if expected.is_none() && attempt < ATTEMPTS => attempt += 1,
            Err(Refused::Overtaken(current)) => return Err(Problem::stale(current)),
            Err(Refused::For(problem)) => return Err(problem),
            Ok(reply) => return Ok(reply),
        }
    }
}

enum Refused {
    /// Somebody else was first; this is the newest revision.
    Overtaken(u64),
    For(Problem),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::For(problem)
    }
}

async fn once(asked: &Asked, propose: &Arc<Propose>, expected: Option<u64>) -> Result<Reply, Refused> {
    let (truth, index) = asked.site.index().await;
    if expected.is_some_and(|expected| expected != truth.revision) {
        return Err(Problem::stale(truth.revision).into());
    }
    let (propose, now) = (Arc::clone(propose), Arc::clone(&truth));
    let caller = asked.caller.clone();
    let proposal = aside(move || {
        let proposal = propose(&now, &index)?;
        if may(&caller, &now, &proposal.written) { Ok(proposal) } else { Err(Problem::forbidden()) }
    });
    let Proposal { written, origin, message, sent } = proposal.await?;
    let changed = truth.documents.changes(&written);
    if changed.is_empty() {
        return Ok(told(asked, truth.revision, false, &[], &[]).await);
    }
    let after = truth.documents.with(&written);
    let judged = asked.site.control.judge(after.clone(), false).await.map_err(Problem::from)?;
    let (errors, warnings) = fresh(&truth.findings, judged.findings, &changed);
    let (errors, warnings) = (placed(errors, &sent, &after), placed(warnings, &sent, &after));
    if !errors.is_empty() {
        return Err(Problem::invalid(&errors).into());
    }
    if asked.query.flag("dry_run") {
        return Ok(told(asked, truth.revision, false, &changed, &warnings).await);
    }
    let said = asked.query.text("message").map(str::to_owned);
    let signature = Signature { who: asked.caller.who(), origin, message: said.unwrap_or(message) };
    let change = Change { written, expected: Some(truth.revision), signature };
    let wrote = asked.site.control.write(change).await.map_err(|fault| match fault {
        WriteFault::Conflict { current } => Refused::Overtaken(current),
        fault => Refused::For(fault.into()),
    })?;
    Ok(told(asked, wrote.revision, wrote.is_new, &changed, &warnings).await)
}

/// Whether somebody may make this change, whatever it was made of: each document was theirs and stays theirs, and how much a
/// namespace may have is not for itself to say.
fn may(caller: &Caller, truth: &Truth, written: &Written) -> bool {
    let read = |text: Option<&Arc<str>>| {
        let plain = text.and_then(|text| parts::plain(&Source::new("", Arc::clone(text))));
        plain.and_then(|value| value.as_object().cloned())
    };
    caller.has_all()
        || written.iter().all(|(name, text)| {
            let [before, after] = [truth.documents.get(name), text.as_ref()].map(read);
            let is_theirs = |one: &Option<Map<String, Value>>| {
                one.as_ref().is_none_or(|sections| caller.has(&namespace(sections)))
            };
            let quotas =
                |one: &Option<Map<String, Value>>| one.as_ref().and_then(|one| one.get("quotas").cloned());
            let was_readable = before.is_some() || truth.documents.get(name).is_none();
            was_readable && is_theirs(&before) && is_theirs(&after) && quotas(&before) == quotas(&after)
        })
}

/// What a change would break, and what else there is to say of it. What was broken before, elsewhere, is no reason to
/// refuse it.
pub(in crate::api::page) fn fresh(
    before: &[Finding],
    after: Vec<Finding>,
    changed: &[Changed],
) -> (Vec<Finding>, Vec<Finding>) {
    let touched: BTreeSet<_> = changed.iter().map(|changed| changed.document.as_str()).collect();
    let broken: BTreeSet<_> =
        before.iter().filter(|finding| finding.is_error()).map(|finding| finding.file.as_str()).collect();
    let (errors, warnings): (Vec<_>, Vec<_>) = after.into_iter().partition(Finding::is_error);
    let errors = errors
        .into_iter()
        .filter(|finding| touched.contains(finding.file.as_str()) || !broken.contains(finding.file.as_str()));
    let warnings = warnings.into_iter().filter(|finding| touched.contains(finding.file.as_str()));
    (errors.collect(), warnings.collect())
}

/// What was done, or would be: schema `Written`.
async fn told(
    asked: &Asked,
    revision: u64,
    is_new: bool,
    documents: &[Changed],
    warnings: &[Finding],
) -> Reply {
    // what nobody changed is to be with everybody, what was changed with those who see it
    let since = if is_new { revision } else { 0 };
    let fleet = match verdict(asked, revision, since).await {
        Some(verdict) => summary(asked, revision, &verdict),
        None => Value::Null,
    };
    let about = json!({
        "revision": revision,
        "changed": is_new,
        "dry_run": asked.query.flag("dry_run"),
        "documents": documents,
        "warnings": warnings,
        "fleet": fleet,
    });
    Reply::json(&about).revision(revision)
}
