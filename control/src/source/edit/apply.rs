//! From an edit to the pieces of the text that it replaces.

use serde_json::Value;
use towpath_config::{Content, Outline, Source, Style, outline};

use super::change::{beginning, insert, nested, remove, replace, step};
use super::fault::EditFault;
use super::meaning::Meaning;
use super::place::{Splice, Text};
use super::way::{is_marked, way};

/// A map that is replaced by another one is changed entry by entry, so that what stays keeps its comments: as long as
/// that means to read no more than so many octets.
const READ_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One change of a document. A path has the keys that lead there: section, name, and so on; lists have none.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Puts a value there, in place of what is there; what is missing on the way is made.
    Set {
        /// Where.
        path: Vec<String>,
        /// What.
        value: Value,
    },
    /// Takes away what is there.
    Remove {
        /// Where.
        path: Vec<String>,
    },
}

/// Makes changes in a YAML text, one after the other. Comments, order, indentation and quotes of everything else stay.
/// The new text is read again, and says what it said before with these changes, and nothing else.
///
/// # Errors
/// When the text cannot be read, or changed so; see [`EditFault`].
pub fn edit(text: &str, edits: &[Edit]) -> Result<String, EditFault> {
    edits.iter().try_fold(text.to_owned(), one)
}

fn one(text: String, edit: &Edit) -> Result<String, EditFault> {
    let before = read(&text)?;
    if let Some(parts) = parts(&text, before.as_ref(), edit) {
        return parts.iter().try_fold(text, one);
    }
    let splices = splices(Text::new(&text), before.as_ref(), edit)?;
    if splices.is_empty() {
        return Ok(text);
    }
    let after = Text::new(&text).spliced(&splices);
    let mut expected = Meaning::of(before.as_ref());
    let path = match edit {
        Edit::Set { path, value } => {
            expected.set(path, Meaning::json(value));
            path
        }
        Edit::Remove { path } => {
            expected.remove(path);
            path
        }
    };
    let says = read(&after).map(|outline| Meaning::of(outline.as_ref()));
    if says != Ok(expected) {
        return Err(EditFault::Unsure(path.join(".")));
    }
    Ok(after)
}

fn read(text: &str) -> Result<Option<Outline>, EditFault> {
    outline(&Source::new("document", text)).map_err(|faults| EditFault::Unreadable(faults.to_string()))
}

/// The changes of which a change of a map is made; `None` when it is not to be taken apart.
fn parts(text: &str, root: Option<&Outline>, edit: &Edit) -> Option<Vec<Edit>> {
    let Edit::Set { path, value: Value::Object(new) } = edit else { return None };
    let way = way(root?, path).ok().filter(|way| way.entries.len() == path.len())?;
    let Content::Map(old) = &way.end.content else { return None };
    if old.is_empty() || new.is_empty() || !new.keys().any(|key| old.iter().any(|entry| entry.key == *key)) {
        return None;
    }
    let below = |key: &String| path.iter().chain([key]).cloned().collect();
    let differs = |(key, value): &(&String, &Value)| {
        let old = old.iter().find(|entry| entry.key == **key);
        old.is_none_or(|entry| Meaning::of(Some(&entry.value)) != Meaning::json(value))
    };
    let set =
        new.iter().filter(differs).map(|(key, value)| Edit::Set { path: below(key), value: value.clone() });
    let gone = old.iter().filter(|entry| !new.contains_key(&entry.key));
    let parts: Vec<_> = set.chain(gone.map(|entry| Edit::Remove { path: below(&entry.key) })).collect();
    (text.len().saturating_mul(parts.len()) <= READ_BYTES_MAX).then_some(parts)
}

fn splices(text: Text<'_>, root: Option<&Outline>, edit: &Edit) -> Result<Vec<Splice>, EditFault> {
    let path = match edit {
        Edit::Set { path, .. } | Edit::Remove { path } => path,
    };
    let shown = || path.join(".");
    let Some((last, _)) = path.split_last() else { return Err(EditFault::Missing("".into())) };
    let found = match (root, edit) {
        (Some(root), _) => way(root, path)?,
        (None, Edit::Set { value, .. }) => return Ok(beginning(text, &nested(path, value))),
        (None, Edit::Remove { .. }) => return Err(EditFault::Missing(shown())),
    };
    let missing = path.get(found.entries.len()..).unwrap_or_default();
    let step = root.and_then(|root| step(text, root)).unwrap_or(2);
    let made = match (edit, missing.split_first()) {
        (Edit::Remove { .. }, Some(_)) => return Err(EditFault::Missing(shown())),
        (_, None) if is_marked(found.end) => return Err(EditFault::Repeated(shown())),
        (Edit::Remove { .. }, None) => remove(text, root, &found, last),
        (Edit::Set { value, .. }, None) => replace(text, &found, value, step),
        (Edit::Set { value, .. }, Some((key, rest))) => {
            if found.end.anchored || found.end.style == Style::Alias {
                return Err(EditFault::Repeated(shown()));
            }
            insert(text, &found, key, &nested(rest, value), step)
        }
    };
    made.ok_or_else(|| EditFault::Unsure(shown()))
}

#[cfg(test)]
mod tests;
