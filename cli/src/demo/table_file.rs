//! The route table of a demo, as a real file that can be edited while it runs.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::failure::BadInput;

/// The file. It goes away with this value, unless it was asked to be kept.
#[derive(Debug)]
pub struct TableFile {
    path: PathBuf,
    folder: Option<PathBuf>,
    kept: bool,
}

impl TableFile {
    /// Writes the route table: to `keep`, or else here when a person may want to edit it, or else
    /// to a folder of its own among the temporary files. Never over a file that is there.
    ///
    /// # Errors
    /// When `keep` is there already or cannot be written, or there is no place for temporary files.
    pub fn write(keep: Option<&Path>, interactive: bool, text: &str) -> anyhow::Result<Self> {
        if let Some(path) = keep {
            create(path, text).map_err(|reason| {
                BadInput(format!(
                    "error: cannot write the demo's route table to {}: {reason}",
                    path.display()
                ))
            })?;
            return Ok(Self { path: path.to_owned(), folder: None, kept: true });
        }
        let here = PathBuf::from("towpath-demo.yaml");
        if interactive && create(&here, text).is_ok() {
            return Ok(Self { path: here, folder: None, kept: false });
        }
        let folder = std::env::temp_dir().join(format!("towpath-demo-{}", std::process::id()));
        let path = folder.join("route-table.yaml");
        fs::create_dir(&folder)
            .and_then(|()| create(&path, text))
            .with_context(|| format!("cannot write the demo's route table to {}", path.display()))?;
        Ok(Self { path, folder: Some(folder), kept: false })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TableFile {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // what is left behind is a small file among temporary ones
        let _ = fs::remove_file(&self.path);
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Writes a file that is not there yet.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    File::create_new(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests;
