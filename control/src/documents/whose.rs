//! Whose a document is.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};
use towpath_config::{Source, parts};

/// The namespace of a document that says nothing of it.
const DEFAULT: &str = "default";

/// Whose document it is that has these sections. A name may look like a number or a flag.
#[must_use]
pub fn namespace(sections: &Map<String, Value>) -> Cow<'_, str> {
    match sections.get("namespace") {
        Some(Value::String(name)) => name.into(),
        Some(name @ (Value::Number(_) | Value::Bool(_))) => name.to_string().into(),
        _ => DEFAULT.into(),
    }
}

/// Whose document this text is; nobody's when it cannot be read.
#[must_use]
pub fn namespace_of(text: &Arc<str>) -> Option<String> {
    let plain = parts::plain(&Source::new("", Arc::clone(text)))?;
    plain.as_object().map(|sections| namespace(sections).into_owned())
}

#[cfg(test)]
mod tests;
