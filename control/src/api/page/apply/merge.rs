//! What comes in, put in the place of what has the same names.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::incoming::Incoming;
use crate::api::index::{Index, Kind, Resource};
use crate::api::page::change::Draft;
use crate::api::seam::Truth;
use crate::api::shape::Problem;
use crate::documents::{DocumentName, Written};
use crate::source::Edit;

/// What has to be written. With `replace` each document is put in the place of the one with its name, whole. `may` says
/// whether a document is the caller's to write.
///
/// # Errors
/// Why it cannot be written.
pub(super) fn merged(
    truth: &Truth,
    index: &Index,
    documents: &[Incoming],
    replace: bool,
    may: &dyn Fn(&str) -> bool,
) -> Result<Written, Problem> {
    let mut draft = Draft::of(truth);
    for document in documents {
        let known = index.namespace(&document.name);
        let is_there = truth.documents.get(&document.name).is_some();
        if is_there && !may(document.name.as_str()) {
            return Err(Problem::forbidden());
        }
        let is_own = known == Some(document.namespace.as_str());
        let mut values = values(document);
        let mut all_new =
            || values.all(|(kind, name, ..)| index.find(&document.namespace, kind, name).next().is_none());
        if replace || (!is_there && all_new()) {
            whole(&mut draft, document)?;
        } else {
            let home = home(&mut draft, index, document, is_own)?;
            put(&mut draft, index, document, &home)?;
        }
    }
    Ok(draft.into_written())
}

/// What a document has: kind, name, way, value.
fn values(document: &Incoming) -> impl Iterator<Item = (Kind, &str, Vec<String>, &Value)> {
    document.sections.iter().flat_map(|(key, value)| {
        let kind = Kind::of_section(key);
        let only = kind.and_then(|kind| Some((kind, kind.only_name()?, vec![key.clone()], value)));
        let many = kind.filter(|kind| kind.only_name().is_none()).zip(value.as_object());
        let many = many.into_iter().flat_map(move |(kind, named)| {
            named
                .iter()
                .map(move |(name, value)| (kind, name.as_str(), vec![key.clone(), name.clone()], value))
        });
        only.into_iter().chain(many)
    })
}

/// Writes the text as it came, comments and all.
fn whole(draft: &mut Draft<'_>, document: &Incoming) -> Result<(), Problem> {
    draft.write(&document.name, document.text.clone());
    say_namespace(draft, document)
}

fn say_namespace(draft: &mut Draft<'_>, document: &Incoming) -> Result<(), Problem> {
    if document.says_namespace || document.namespace == "default" {
        return Ok(());
    }
    let (path, value) = (vec!["namespace".to_owned()], json!(document.namespace));
    draft.edit(&document.name, &[Edit::Set { path, value }])
}

/// Where that goes which is not there yet: the document of the same name, else the first one of the namespace, else a new
/// one.
fn home(
    draft: &mut Draft<'_>,
    index: &Index,
    document: &Incoming,
    is_own: bool,
) -> Result<DocumentName, Problem> {
    if is_own {
        return Ok(document.name.clone());
    }
    if let Some(first) = index.documents(&document.namespace).next() {
        return Ok(first.clone());
    }
    if draft.text(&document.name).is_some() {
        let taken =
            format!("there is a document {} already, of another namespace or unreadable", document.name);
        return Err(Problem::conflict(taken));
    }
    draft.write(&document.name, format!("namespace: {}\n", document.namespace));
    Ok(document.name.clone())
}

/// Puts each value where it stands already, or in its new home; not at all where it is the same.
fn put(
    draft: &mut Draft<'_>,
    index: &Index,
    document: &Incoming,
    home: &DocumentName,
) -> Result<(), Problem> {
    let mut edits: BTreeMap<&DocumentName, Vec<Edit>> = BTreeMap::new();
    for (kind, name, path, value) in values(document) {
        let known = index.find(&document.namespace, kind, name).next();
        let written = known.and_then(|known| written(known, &path));
        if written == Some(value) {
            continue;
        }
        let place = known.filter(|_| written.is_some()).map_or(home, |known| &known.document);
        edits.entry(place).or_default().push(Edit::Set { path, value: value.clone() });
    }
    edits.into_iter().try_for_each(|(place, edits)| draft.edit(place, &edits))
}

/// What stands there.
fn written<'a>(known: &'a Resource, path: &[String]) -> Option<&'a Value> {
    match known.kind {
        Kind::Settings => known.value.get(path.first()?),
        _ => Some(&known.value),
    }
}
