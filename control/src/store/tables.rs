//! The tables of the database, and how a transaction begins.

use redb::{Database, Error, ReadableDatabase, Table, TableDefinition, WriteTransaction};

/// The format of the tables.
pub(super) const FORMAT: u64 = 1;

/// `format`, and how many octets the audit lines have (`audit_bytes`).
pub(super) const FACTS: TableDefinition<'_, &str, u64> = TableDefinition::new("facts");

/// Number → the revision, as JSON.
pub(super) const REVISIONS: TableDefinition<'_, u64, &str> = TableDefinition::new("revisions");

/// Name and number of the revision from which on → key of the text; nothing when it was removed there.
pub(super) const VERSIONS: TableDefinition<'_, (&str, u64), Option<u64>> = TableDefinition::new("versions");

/// Key → text. The key is the text's hash, or the next that is free when another text has it.
pub(super) const TEXTS: TableDefinition<'_, u64, &str> = TableDefinition::new("texts");

/// Key of a text → how many versions have it.
pub(super) const USES: TableDefinition<'_, u64, u64> = TableDefinition::new("uses");

/// Number → the line of the audit log, as JSON.
pub(super) const AUDIT: TableDefinition<'_, u64, &str> = TableDefinition::new("audit");

/// Makes the tables of a new database, and gives the format of any.
///
/// # Errors
/// When the file cannot be read or written.
pub(super) fn begin(database: &Database) -> Result<u64, Error> {
    let reading = database.begin_read()?;
    if reading.list_tables()?.next().is_some() {
        let format = reading.open_table(FACTS)?.get("format")?;
        return Ok(format.map_or(0, |format| format.value()));
    }
    drop(reading);
    let writing = transaction(database)?;
    writing.open_table(FACTS)?.insert("format", FORMAT)?;
    for table in [REVISIONS, TEXTS, AUDIT] {
        writing.open_table(table)?;
    }
    writing.open_table(VERSIONS)?;
    writing.open_table(USES)?;
    writing.open_table(LIVE)?;
    writing.commit()?;
    Ok(FORMAT)
}

/// A transaction that is on disk when its commit comes back, and after which a crash costs no long repair.
///
/// # Errors
/// When the file fails.
pub(super) fn transaction(database: &Database) -> Result<WriteTransaction, Error> {
    let mut writing = database.begin_write()?;
    writing.set_quick_repair(true);
    Ok(writing)
}

/// `live` → what the mesh runs, in its own words.
pub(super) const LIVE: TableDefinition<'_, &str, &str> = TableDefinition::new("live");

/// All tables, open for writing.
pub(super) struct Tables<'t> {
    pub(super) facts: Table<'t, &'static str, u64>,
    pub(super) revisions: Table<'t, u64, &'static str>,
    pub(super) versions: Table<'t, (&'static str, u64), Option<u64>>,
    pub(super) texts: Table<'t, u64, &'static str>,
    pub(super) uses: Table<'t, u64, u64>,
    pub(super) audit: Table<'t, u64, &'static str>,
    pub(super) live: Table<'t, &'static str, &'static str>,
}

impl<'t> Tables<'t> {
    /// # Errors
    /// When the file fails.
    pub(super) fn open(writing: &'t WriteTransaction) -> Result<Self, Error> {
        Ok(Self {
            facts: writing.open_table(FACTS)?,
            revisions: writing.open_table(REVISIONS)?,
            versions: writing.open_table(VERSIONS)?,
            texts: writing.open_table(TEXTS)?,
            uses: writing.open_table(USES)?,
            audit: writing.open_table(AUDIT)?,
            live: writing.open_table(LIVE)?,
        })
    }
}
