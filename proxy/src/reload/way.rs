//! What a path leads over.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// So many links may follow each other (`ELOOP`, path_resolution(7)).
const LINKS_MAX: usize = 40;

/// Each link on the way to a file, and the file at its end, where they stand. When none of these names comes to mean
/// something else, the path leads to the same file. `path` is absolute.
pub(super) fn way(path: &Path) -> Vec<PathBuf> {
    let parts = |path: &Path| path.iter().rev().map(OsString::from).collect::<Vec<_>>();
    let (mut at, mut left, mut way) = (PathBuf::new(), parts(path), Vec::new());
    while let Some(part) = left.pop() {
        match part.as_encoded_bytes() {
            b"." => {}
            b".." => _ = at.pop(),
            // the root of an absolute path takes the place of all before it
            _ => at.push(&part),
        }
        if way.len() < LINKS_MAX
            && let Ok(aim) = at.read_link()
        {
            way.push(at.clone());
            at.pop();
            left.append(&mut parts(&aim));
        }
    }
    way.push(at);
    way
}

#[cfg(test)]
mod tests;
