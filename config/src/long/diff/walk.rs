//! Two long forms, side by side.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Change, notes, order};
use crate::long::long;
use crate::model::Config;

/// What changes in meaning from `old` to `new`: no change of spelling, of unit, of the order of a map.
#[must_use]
pub fn diff(old: &Config, new: &Config) -> Vec<Change> {
    let (before, after) = (canonical(long(old)), canonical(long(new)));
    let mut changes = Vec::new();
    walk("", &before, &after, &mut changes);
    for change in &mut changes {
        change.note = notes::note(change, &before, &after);
    }
    changes.extend(order::moved(old, new));
    changes
}

fn walk(path: &str, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match (before.get(key), after.get(key)) {
                    (Some(old), Some(new)) => walk(&path, old, new, changes),
                    (old, new) => {
                        changes.push(Change { path, old: old.cloned(), new: new.cloned(), note: None });
                    }
                }
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() && nested(before) => {
            for (position, (old, new)) in before.iter().zip(after).enumerate() {
                walk(&format!("{path}.{position}"), old, new, changes);
            }
        }
        (old, new) if old == new => {}
        (old, new) => {
            changes.push(Change {
                path: path.to_owned(),
                old: Some(old.clone()),
                new: Some(new.clone()),
                note: None,
            });
        }
    }
}

/// Lists of maps are compared one by one, lists of words as a whole.
fn nested(list: &[Value]) -> bool {
    list.iter().all(Value::is_object)
}

/// The same value for the same meaning: lists in which the order means nothing are sorted or become maps.
fn canonical(mut document: Value) -> Value {
    if let Some(clusters) = document.get_mut("clusters").and_then(Value::as_object_mut) {
        for cluster in clusters.values_mut() {
            if let Some(endpoints) = cluster.get_mut("endpoints") {
                *endpoints = by_address(endpoints);
            }
        }
    }
    sort(&mut document);
    document
}

fn by_address(endpoints: &Value) -> Value {
    let mut map = Map::new();
    for endpoint in endpoints.as_array().into_iter().flatten() {
        let mut endpoint = endpoint.as_object().cloned().unwrap_or_default();
        let mut address = endpoint
            .shift_remove("address")
            .and_then(|address| Some(address.as_str()?.to_owned()))
            .unwrap_or_default();
        while map.contains_key(&address) {
            address.push_str(" (again)");
        }
        map.insert(address, endpoint.into());
    }
    map.into()
}

/// Keys whose lists are sets.
const SETS: [&str; 5] = ["any", "forward_headers", "health_paths", "bypass", "trust"];

fn sort(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort),
        Value::Object(entries) => {
            for (key, value) in entries {
                sort(value);
                if let (true, Value::Array(items)) = (SETS.contains(&key.as_str()), value) {
                    items.sort_by_cached_key(Value::to_string);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
