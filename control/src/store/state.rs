//! The state directory, and the file of the database in it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use redb::{Builder, Database, DatabaseError};

use super::fault::OpenFault;
use super::tables;

/// Name of the file of the database.
const FILE: &str = "control.redb";

/// How much of the file is held in memory.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// Makes what is missing, for this user only, and gives the path of the file of the database.
///
/// # Errors
/// When the directory or the file cannot be made.
pub(super) fn prepare(directory: &Path) -> Result<PathBuf, OpenFault> {
    let fault = |reason| OpenFault::Directory { path: directory.to_owned(), reason };
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(fault)?;
    let mode = fs::metadata(directory).map_err(fault)?.mode();
    if mode & 0o077 != 0 {
        // it may be anybody's, such as a mount: to change it is not ours
        tracing::warn!(directory = %directory.display(), mode = format!("{:o}", mode & 0o7777),
            "the state directory is open to other users; 0700 is enough");
    }
    let file = directory.join(FILE);
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
        Ok(_) => File::open(directory).and_then(|directory| directory.sync_all()).map_err(fault)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(fault(error)),
    }
    Ok(file)
}

/// Opens the database, and makes its tables when it is new. After a crash it is repaired, in a moment.
///
/// # Errors
/// When another process has it, when it is not ours, or broken.
pub(super) fn open(file: &Path) -> Result<Database, OpenFault> {
    let path = file.to_owned();
    let database = match Builder::new().set_cache_size(CACHE_BYTES).create(file) {
        Ok(database) => database,
        Err(DatabaseError::DatabaseAlreadyOpen) => return Err(OpenFault::InUse { path }),
        Err(error) => return Err(OpenFault::Broken { path, reason: error.to_string() }),
    };
    match tables::begin(&database) {
        Ok(tables::FORMAT) => Ok(database),
        Ok(found) => Err(OpenFault::Format { path, found, known: tables::FORMAT }),
        Err(error) => Err(OpenFault::Broken { path, reason: error.to_string() }),
    }
}
