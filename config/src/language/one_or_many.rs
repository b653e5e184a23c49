//! One, or a list.

use serde_json::{Value, json};

use super::{Definitions, Language, Reader, Write};
use crate::fault::Fault;
use crate::source::{At, Kind, Span, Tree};

/// A value or a list of them; never empty.
#[derive(Debug, Clone)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<At<T>>);

impl<T: Language> Language for OneOrMany<T> {
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match &tree.kind {
            Kind::List(items) if items.is_empty() => {
                let fault = Fault::error(tree.span, "this list is empty");
                reader.fault(fault.help("name at least one, or leave the key out"))
            }
            Kind::List(_) => Vec::read(tree, reader).map(Self),
            _ => At::read(tree, reader).map(|one| Self(vec![one])),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let one = T::schema(definitions);
        json!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})
    }
}

impl<T: Language> Language for Vec<At<T>> {
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Kind::List(items) = &tree.kind else { return reader.mismatch(tree, "a list") };
        // all are read before the first wrong one counts, so that each fault is found
        let read: Vec<Option<At<T>>> = items.iter().map(|item| At::read(item, reader)).collect();
        read.into_iter().collect()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({"type": "array", "items": T::schema(definitions)})
    }
}

impl<T> OneOrMany<T> {
    /// Values that nobody wrote.
    pub(crate) fn built_in(values: impl IntoIterator<Item = T>) -> Self {
        Self(values.into_iter().map(|value| At { value, span: Span::default() }).collect())
    }

    /// The values without their places.
    pub(crate) fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter().map(|one| one.value)
    }
}

impl<T: Write> Write for OneOrMany<T> {
    fn write(&self) -> Value {
        Value::Array(self.0.iter().map(|one| one.value.write()).collect())
    }
}
