//! Changes and notes, put into the tables of one transaction.

use std::sync::Arc;

use redb::{Error, ReadableTable};

use super::record::{
    Action, AuditEntry, Commit, Committed, Latest, Note, Outcome, Retention, Revision, Signature, Touched,
    cut,
};
use super::retain;
use super::tables::Tables;
use crate::documents::{Written, digest_of};

/// Makes a change a revision, with its line in the audit log, unless `latest` has the same documents. The inner error is
/// the number of the newest revision when it is not the one that was expected.
///
/// # Errors
/// When the file fails.
pub(super) fn commit(
    tables: &mut Tables<'_>,
    latest: &mut Latest,
    commit: &Commit,
    retention: Retention,
    time_ms: u64,
) -> Result<Result<Committed, u64>, Error> {
    let Commit { expected, signature, documents } = commit;
    let written = latest.documents.until(documents);
    if written.is_empty() && latest.revision.is_some() {
        return Ok(Ok(Committed::Unchanged));
    }
    if expected.is_some_and(|expected| expected != latest.number()) {
        return Ok(Err(latest.number()));
    }
    let Signature { who, origin, message } = signature.clone().cut();
    let revision = Revision {
        number: latest.number() + 1,
        time_ms,
        who,
        origin,
        message,
        digest: documents.digest(),
        documents: documents.len(),
        changed: Touched::all(&latest.documents, &written),
    };
    versions(tables, revision.number, &written)?;
    tables.revisions.insert(revision.number, json(&revision).as_str())?;
    retain::revisions(tables, retention.revisions)?;
    let accepted = Note {
        signature: signature.clone(),
        action: Action::Change,
        outcome: Outcome::Accepted,
        reason: String::new(),
        namespaces: revision.changed.iter().flat_map(|touched| &touched.namespaces).cloned().collect(),
        left_out: 0,
    };
    note(tables, accepted, Some(revision.number), retention, time_ms)?;
    let revision = Arc::new(revision);
    *latest = Latest { revision: Some(Arc::clone(&revision)), documents: documents.clone() };
    Ok(Ok(Committed::Revision(revision)))
}

fn versions(tables: &mut Tables<'_>, number: u64, written: &Written) -> Result<(), Error> {
    for (name, text) in written {
        let key = match text {
            Some(text) => Some(keep(tables, text)?),
            None => None,
        };
        tables.versions.insert((name.as_str(), number), key)?;
    }
    Ok(())
}

/// Stores a text once, however many versions have it.
fn keep(tables: &mut Tables<'_>, text: &str) -> Result<u64, Error> {
    let mut key = digest_of(text);
    loop {
        let same = tables.texts.get(key)?.map(|kept| kept.value() == text);
        match same {
            Some(false) => key = key.wrapping_add(1),
            Some(true) => break,
            None => {
                tables.texts.insert(key, text)?;
                break;
            }
        }
    }
    let uses = tables.uses.get(key)?.map_or(0, |uses| uses.value());
    tables.uses.insert(key, uses + 1)?;
    Ok(key)
}

/// Puts a line into the audit log, and gives its number.
///
/// # Errors
/// When the file fails.
pub(super) fn note(
    tables: &mut Tables<'_>,
    note: Note,
    revision: Option<u64>,
    retention: Retention,
    time_ms: u64,
) -> Result<u64, Error> {
    let number = tables.audit.last()?.map_or(0, |(number, _)| number.value()) + 1;
    let Note { signature, action, outcome, reason, namespaces, left_out } = note;
    let (Signature { who, origin, message }, reason) = (signature.cut(), cut(reason));
    let entry = AuditEntry {
        number,
        time_ms,
        who,
        origin,
        action,
        outcome,
        revision,
        message,
        reason,
        namespaces,
        left_out,
    };
    let line = json(&entry);
    tables.audit.insert(number, line.as_str())?;
    retain::audit(tables, line.len() as u64, retention.audit_bytes)?;
    Ok(number)
}

/// Keeps what is live, in place of what was.
///
/// # Errors
/// When the file fails.
pub(super) fn live(tables: &mut Tables<'_>, live: &str) -> Result<(), Error> {
    let same = tables.live.get("live")?.is_some_and(|kept| kept.value() == live);
    if !same {
        tables.live.insert("live", live)?;
    }
    Ok(())
}

#[expect(clippy::expect_used, reason = "records have strings for keys and no maps")]
fn json(record: &impl serde::Serialize) -> String {
    serde_json::to_string(record).expect("a record is JSON")
}
