//! What the tables hold, read as of one moment.

use std::sync::Arc;

use redb::{Database, Error, ReadTransaction, ReadableDatabase as _, ReadableTable as _};

use super::fault::StoreFault;
use super::record::{Latest, Revision};
use super::retain::read;
use super::tables::{AUDIT, LIVE, REVISIONS, TEXTS, VERSIONS};
use crate::documents::{DocumentName, Documents};

/// The newest revision with its documents.
///
/// # Errors
/// When the file fails, or a document is missing.
pub(super) fn latest(database: &Database) -> Result<Latest, StoreFault> {
    let reading = database.begin_read().map_err(Error::from)?;
    let newest = newest(&reading)?;
    let Some(revision) = newest else { return Ok(Latest::default()) };
    let documents = documents_of(&reading, &revision)?;
    Ok(Latest { revision: Some(Arc::new(revision)), documents })
}

fn newest(reading: &ReadTransaction) -> Result<Option<Revision>, Error> {
    let table = reading.open_table(REVISIONS)?;
    table.last()?.map(|(_, json)| read(json.value())).transpose()
}

/// At most `most` revisions before that number, newest first.
///
/// # Errors
/// When the file fails.
pub(super) fn revisions(database: &Database, before: u64, most: usize) -> Result<Vec<Revision>, StoreFault> {
    let revisions = || -> Result<Vec<Revision>, Error> {
        let table = database.begin_read()?.open_table(REVISIONS)?;
        table.range(..before)?.rev().take(most).map(|row| read(row?.1.value())).collect()
    };
    Ok(revisions()?)
}

/// All documents of a revision.
///
/// # Errors
/// When the file fails, or there is no such revision.
pub(super) fn documents(database: &Database, number: u64) -> Result<Documents, StoreFault> {
    let reading = database.begin_read().map_err(Error::from)?;
    let find = || -> Result<Result<Revision, (u64, u64)>, Error> {
        let table = reading.open_table(REVISIONS)?;
        if let Some(json) = table.get(number)? {
            return read(json.value()).map(Ok);
        }
        let oldest = table.first()?.map_or(0, |(number, _)| number.value());
        Ok(Err((oldest, table.last()?.map_or(0, |(number, _)| number.value()))))
    };
    match find()? {
        Ok(revision) => documents_of(&reading, &revision),
        Err((oldest, newest)) => Err(StoreFault::UnknownRevision { number, oldest, newest }),
    }
}

fn documents_of(reading: &ReadTransaction, revision: &Revision) -> Result<Documents, StoreFault> {
    let collect = || -> Result<Documents, Error> {
        let (versions, texts) = (reading.open_table(VERSIONS)?, reading.open_table(TEXTS)?);
        let mut documents = Documents::default();
        for version in versions.iter()? {
            let (key, text) = version?;
            let (name, from) = key.value();
            if from > revision.number {
                continue;
            }
            let corrupted = |what: &str| Error::Corrupted(format!("{name} of revision {from}: {what}"));
            let name = DocumentName::parse(name).map_err(|_| corrupted("no name of a document"))?;
            // versions of a name come in the order of their revisions: the last one holds
            match text.value() {
                None => _ = documents.remove(&name),
                Some(key) => {
                    let text = texts.get(key)?.ok_or_else(|| corrupted("the text is missing"))?;
                    documents.insert(name, text.value().into());
                }
            }
        }
        Ok(documents)
    };
    let documents = collect()?;
    if documents.digest() != revision.digest {
        let reason = format!("the documents of revision {} are not those that were written", revision.number);
        return Err(StoreFault::Storage { reason });
    }
    Ok(documents)
}

/// At most `most` audit lines after that number, oldest first, as JSON.
///
/// # Errors
/// When the file fails.
pub(super) fn audit(database: &Database, after: u64, most: usize) -> Result<Vec<String>, StoreFault> {
    let lines = || -> Result<Vec<String>, Error> {
        let table = database.begin_read()?.open_table(AUDIT)?;
        let later = table.range(after.saturating_add(1)..)?;
        later.take(most).map(|row| Ok(row?.1.value().to_owned())).collect()
    };
    Ok(lines()?)
}

/// What was kept as live.
///
/// # Errors
/// When the file fails.
pub(super) fn live(database: &Database) -> Result<Option<String>, StoreFault> {
    let live = || -> Result<Option<String>, Error> {
        let table = database.begin_read()?.open_table(LIVE)?;
        Ok(table.get("live")?.map(|live| live.value().to_owned()))
    };
    Ok(live()?)
}
