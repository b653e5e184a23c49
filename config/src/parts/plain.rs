//! A document as a program reads it that does not care what it means.

use serde_json::Value;

use super::write::json;
use crate::fault::Findings;
use crate::source::{Source, parse};

/// What is written in a document, nothing of it judged: numbers and flags where they are written as such, else texts. `None`
/// when it is no YAML.
#[must_use]
pub fn plain(source: &Source) -> Option<Value> {
    parse(source, &mut Findings::default()).map(|tree| json(&tree))
}

/// A value as YAML, which [`plain`] reads as the same value.
#[must_use]
pub fn yaml(value: &Value) -> String {
    // every JSON document is YAML as well
    serde_saphyr::to_string(value).unwrap_or_else(|_| value.to_string())
}

#[cfg(test)]
mod tests;
