//! Short forms.

use serde_json::{Value, json};

use super::{Definitions, Language, Reader, Write};
use crate::source::{Kind, Tree};

/// A value, or the word `none` in its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OrNone<T> {
    None,
    Some(T),
}

impl<T> OrNone<T> {
    pub(crate) fn into_option(self) -> Option<T> {
        match self {
            Self::None => None,
            Self::Some(value) => Some(value),
        }
    }
}

impl<T: Language> Language for OrNone<T> {
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match &tree.kind {
            Kind::Text { text, .. } if reader.substituted(text).is_some_and(|text| text == "none") => {
                Some(Self::None)
            }
            _ => T::read(tree, reader).map(Self::Some),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({"anyOf": [{"const": "none"}, T::schema(definitions)]})
    }
}

impl<T: Write> Write for OrNone<T> {
    fn write(&self) -> Value {
        match self {
            Self::None => json!("none"),
            Self::Some(value) => value.write(),
        }
    }
}

/// A short form, or the map that it is short for.
#[derive(Debug, Clone)]
pub(crate) enum ShortOr<S, L> {
    Short(S),
    Long(L),
}

impl<S: Language, L: Language> Language for ShortOr<S, L> {
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match tree.kind {
            Kind::Map(_) => L::read(tree, reader).map(Self::Long),
            _ => S::read(tree, reader).map(Self::Short),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({"anyOf": [S::schema(definitions), L::schema(definitions)]})
    }
}
