//! The mesh of the demo: a directory of YAML files that can be edited while it runs, and where server and proxies keep
//! what they must not forget.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::ports::Ports;
use super::table_file::create;
use crate::failure::BadInput;

const TEXT: &str = include_str!("mesh.yaml");

/// The directory of YAML files, and what belongs to it. What the demo has made goes away with this value, unless the
/// files were asked to be kept.
#[derive(Debug)]
pub struct Mesh {
    folder: PathBuf,
    kept: bool,
    state: PathBuf,
}

impl Mesh {
    /// Writes the mesh: to the directory `keep`, or else here when a person may want to edit it, or else among the
    /// temporary files. Never over a directory that is there.
    ///
    /// # Errors
    /// When `keep` is there already or cannot be made, or there is no place for temporary files.
    pub fn write(keep: Option<&Path>, interactive: bool, text: &str) -> anyhow::Result<Self> {
        let state = std::env::temp_dir().join(format!("towpath-demo-{}", std::process::id()));
        let made = |folder: PathBuf| Self { folder, kept: keep.is_some(), state: state.clone() };
        fs::create_dir(&state).with_context(|| format!("cannot make {}", state.display()))?;
        if let Some(folder) = keep {
            let mesh = made(folder.to_owned());
            mesh.fill(text).map_err(|reason| {
                BadInput(format!("error: cannot write the demo's files to {}: {reason}", folder.display()))
            })?;
            return Ok(mesh);
        }
        let here = PathBuf::from("towpath-demo");
        if interactive && fill(&here, text).is_ok() {
            return Ok(made(here));
        }
        let mesh = made(state.join("mesh"));
        mesh.fill(text)
            .with_context(|| format!("cannot write the demo's files to {}", mesh.folder.display()))?;
        Ok(mesh)
    }

    fn fill(&self, text: &str) -> io::Result<()> {
        fill(&self.folder, text)
    }

    /// Where the YAML files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file that the demo has written.
    pub fn file(&self) -> PathBuf {
        file(&self.folder)
    }

    /// Where something of this name may keep what it must not forget.
    pub fn state(&self, name: &str) -> PathBuf {
        self.state.join(name)
    }
}

impl Drop for Mesh {
    fn drop(&mut self) {
        // what is left behind is small and among temporary files, or somebody has put it there
        if !self.kept {
            let _ = fs::remove_file(self.file());
            let _ = fs::remove_dir(&self.folder);
        }
        let _ = fs::remove_dir_all(&self.state);
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("mesh.yaml")
}

fn fill(folder: &Path, text: &str) -> io::Result<()> {
    fs::create_dir(folder)?;
    create(&file(folder), text)
}

/// The mesh of the demo, with these ports.
///
/// # Errors
/// When the system no longer knows them.
pub fn text(ports: &Ports) -> io::Result<String> {
    let [web_1, web_2] = ports.webs;
    let [v1, v2] = &ports.services;
    Ok(TEXT
        .replace("<web-1>", &web_1.to_string())
        .replace("<web-2>", &web_2.to_string())
        .replace("<v1>", &v1.local_addr()?.to_string())
        .replace("<v2>", &v2.local_addr()?.to_string()))
}

#[cfg(test)]
mod tests;
