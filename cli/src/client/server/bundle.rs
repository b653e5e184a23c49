//! Files and directories as the API takes them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::document;
use crate::failure::BadInput;

/// So many documents are sent at once.
const DOCUMENTS_MAX: usize = 1000;
/// So deep directories are looked into.
const DEPTH_MAX: usize = 16;

/// The body that holds these files, and what it is. Files of a directory are called after their way below it.
///
/// # Errors
/// What cannot be read.
pub fn bundle(paths: &[PathBuf]) -> Result<(&'static str, Vec<u8>), BadInput> {
    if let [path] = paths
        && path.as_os_str() == "-"
    {
        return Ok(("application/yaml", document::read(path)?.text().as_bytes().to_vec()));
    }
    let mut documents = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = documents.len();
            below(path, "", 0, &mut documents)?;
            if documents.len() == before {
                return Err(BadInput(format!(
                    "error: there is no .yaml or .yml file below {}",
                    path.display()
                )));
            }
        } else {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if is_yaml(&name) { name } else { format!("{}.yaml", name.trim_start_matches('.')) };
            documents.push(one(path, &name)?);
        }
    }
    if documents.len() > DOCUMENTS_MAX {
        return Err(BadInput(format!(
            "error: {} documents are more than {DOCUMENTS_MAX} at once",
            documents.len()
        )));
    }
    Ok(("application/json", json!({"documents": documents}).to_string().into_bytes()))
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yaml") || name.ends_with(".yml")
}

fn one(path: &Path, name: &str) -> Result<Value, BadInput> {
    let text = document::read(path)?;
    Ok(json!({"name": name, "text": text.text()}))
}

/// Every document below a directory, in the order of their names; hidden ones are none.
fn below(folder: &Path, prefix: &str, depth: usize, documents: &mut Vec<Value>) -> Result<(), BadInput> {
    let wrong = |reason: &dyn std::fmt::Display| {
        BadInput(format!("error: cannot read {}: {reason}", folder.display()))
    };
    if depth > DEPTH_MAX {
        return Err(wrong(&"it lies too deep"));
    }
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = entries.map_err(|reason| wrong(&reason))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if name.starts_with('.') {
            continue;
        }
        let whole = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if path.is_dir() {
            below(&path, &whole, depth + 1, documents)?;
        } else if is_yaml(&whole) {
            documents.push(one(&path, &whole)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
