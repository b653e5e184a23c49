//! What is too old goes, in the transaction that makes it so.

use redb::{Error, ReadableTable};

use super::record::Revision;
use super::tables::Tables;

/// Removes the oldest revisions beyond so many.
///
/// # Errors
/// When the file fails.
pub(super) fn revisions(tables: &mut Tables<'_>, most: u64) -> Result<(), Error> {
    loop {
        let oldest = tables.revisions.first()?.map_or(0, |(number, _)| number.value());
        let newest = tables.revisions.last()?.map_or(0, |(number, _)| number.value());
        if newest - oldest < most.max(1) {
            return Ok(());
        }
        tables.revisions.remove(oldest)?;
        let next = tables.revisions.get(oldest + 1)?.map(|next| read(next.value())).transpose()?;
        for touched in next.into_iter().flat_map(|next| next.changed) {
            superseded(tables, touched.document.as_str(), oldest + 1)?;
        }
    }
}

/// Removes the versions of a document that no revision from `oldest` on has.
fn superseded(tables: &mut Tables<'_>, name: &str, oldest: u64) -> Result<(), Error> {
    let mut gone = Vec::new();
    for version in tables.versions.range((name, 0)..=(name, oldest))? {
        let (key, text) = version?;
        let (from, text) = (key.value().1, text.value());
        // before the oldest revision, that it was removed is no news
        if from < oldest || text.is_none() {
            gone.push((from, text));
        }
    }
    for (from, text) in gone {
        tables.versions.remove((name, from))?;
        let Some(key) = text else { continue };
        let uses = tables.uses.get(key)?.map_or(0, |uses| uses.value());
        if uses > 1 {
            tables.uses.insert(key, uses - 1)?;
        } else {
            tables.uses.remove(key)?;
            tables.texts.remove(key)?;
        }
    }
    Ok(())
}

/// Counts the octets of a new audit line, and removes the oldest lines beyond so many octets.
///
/// # Errors
/// When the file fails.
pub(super) fn audit(tables: &mut Tables<'_>, added: u64, most: u64) -> Result<(), Error> {
    let mut bytes = tables.facts.get("audit_bytes")?.map_or(0, |bytes| bytes.value()) + added;
    let newest = tables.audit.last()?.map_or(0, |(number, _)| number.value());
    while bytes > most {
        let oldest = tables.audit.first()?.map(|(number, line)| (number.value(), line.value().len() as u64));
        let Some((number, length)) = oldest.filter(|(number, _)| *number < newest) else { break };
        tables.audit.remove(number)?;
        bytes = bytes.saturating_sub(length);
    }
    tables.facts.insert("audit_bytes", bytes)?;
    Ok(())
}

/// A revision as it stands in its table.
///
/// # Errors
/// When something else stands there.
pub(super) fn read(json: &str) -> Result<Revision, Error> {
    serde_json::from_str(json).map_err(|error| Error::Corrupted(format!("a revision is no JSON: {error}")))
}
