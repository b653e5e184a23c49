//! From an edit to the pieces of the text that it replaces.

use std::collections::HashMap;

use serde_json::Value;
use towpath_config::{Content, Outline, Source, Style, outline};

use super::change::{beginning, insert, nested, remove, replace, step};
use super::fault::EditFault;
use super::meaning::Meaning;
use super::place::{Splice, Text};
use super::way::{is_marked, way};

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

impl Edit {
    fn path(&self) -> &[String] {
        match self {
            Self::Set { path, .. } | Self::Remove { path } => path,
        }
    }

    /// What a text says after it.
    fn change(&self, says: &mut Meaning) {
        match self {
            Self::Set { path, value } => says.set(path, Meaning::json(value)),
            Self::Remove { path } => says.remove(path),
        }
    }
}

/// Makes changes in a YAML text, one after the other. Comments, order, indentation and quotes of everything else stay.
/// The new text is read again, and says what it said before with these changes, and nothing else.
///
/// # Errors
/// When the text cannot be read, or changed so; see [`EditFault`].
pub fn edit(text: &str, edits: &[Edit]) -> Result<String, EditFault> {
    match edits {
        [] => Ok(text.to_owned()),
        [only] => one(text, only),
        _ => together(text, edits).map_or_else(
            || {
                let (first, second) = edits.split_at(edits.len() / 2);
                edit(&edit(text, first)?, second)
            },
            Ok,
        ),
    }
}

/// All changes of a text that is read once before and once after them. `None` when they touch each other, or one of them
/// cannot be made: then it takes fewer of them at once to say what comes of it, or which one it is.
fn together(text: &str, edits: &[Edit]) -> Option<String> {
    let before = read(text).ok()?;
    let root = before.as_ref();
    let mut parts = Vec::with_capacity(edits.len());
    edits.iter().for_each(|edit| take_apart(root, edit, &mut parts));
    let view = Text::new(text);
    let mut splices = Vec::with_capacity(parts.len());
    for part in &parts {
        splices.extend(self::splices(view, root, part).ok()?);
    }
    splices.sort_by_key(|splice| splice.range.start);
    if splices.windows(2).any(|two| matches!(two, [one, next] if one.range.end > next.range.start)) {
        return None;
    }
    let after = view.spliced(&splices);
    let mut expected = Meaning::of(root);
    parts.iter().for_each(|part| part.change(&mut expected));
    let says = read(&after).ok()?;
    (Meaning::of(says.as_ref()) == expected).then_some(after)
}

fn one(text: &str, change: &Edit) -> Result<String, EditFault> {
    let before = read(text)?;
    if let Some(parts) = parts(before.as_ref(), change) {
        return edit(text, &parts);
    }
    let splices = splices(Text::new(text), before.as_ref(), change)?;
    if splices.is_empty() {
        return Ok(text.to_owned());
    }
    let after = Text::new(text).spliced(&splices);
    let mut expected = Meaning::of(before.as_ref());
    change.change(&mut expected);
    let says = read(&after).map(|outline| Meaning::of(outline.as_ref()));
    if says != Ok(expected) {
        return Err(EditFault::Unsure(change.path().join(".")));
    }
    Ok(after)
}

fn read(text: &str) -> Result<Option<Outline>, EditFault> {
    outline(&Source::new("document", text)).map_err(|faults| EditFault::Unreadable(faults.to_string()))
}

/// The change, or those of which it is made.
fn take_apart(root: Option<&Outline>, edit: &Edit, into: &mut Vec<Edit>) {
    match parts(root, edit) {
        Some(parts) => parts.iter().for_each(|part| take_apart(root, part, into)),
        None => into.push(edit.clone()),
    }
}

/// The changes of which a change of a map is made, so that what stays of it keeps its comments; `None` when it is not to be
/// taken apart.
fn parts(root: Option<&Outline>, edit: &Edit) -> Option<Vec<Edit>> {
    let Edit::Set { path, value: Value::Object(new) } = edit else { return None };
    let way = way(root?, path).ok().filter(|way| way.entries.len() == path.len())?;
    let Content::Map(old) = &way.end.content else { return None };
    let known: HashMap<&str, &Outline> = old.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect();
    if new.is_empty() || !new.keys().any(|key| known.contains_key(key.as_str())) {
        return None;
    }
    let below = |key: &String| path.iter().chain([key]).cloned().collect();
    let differs = |(key, value): &(&String, &Value)| {
        known.get(key.as_str()).is_none_or(|old| Meaning::of(Some(old)) != Meaning::json(value))
    };
    let set =
        new.iter().filter(differs).map(|(key, value)| Edit::Set { path: below(key), value: value.clone() });
    let gone = old.iter().filter(|entry| !new.contains_key(&entry.key));
    Some(set.chain(gone.map(|entry| Edit::Remove { path: below(&entry.key) })).collect())
}

fn splices(text: Text<'_>, root: Option<&Outline>, edit: &Edit) -> Result<Vec<Splice>, EditFault> {
    let path = edit.path();
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
