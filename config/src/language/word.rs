//! What is written as one scalar.

use serde_json::Value;

use super::reader::brief;
use super::{Definitions, Language, Reader};
use crate::source::Tree;

/// Why a text is not what was wanted, and what would be right.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) found: String,
    pub(crate) help: String,
}

impl Wrong {
    pub(crate) fn new(found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { found: found.into(), help: help.into() }
    }

    /// `text` is not `wanted`.
    pub(crate) fn not(text: &str, wanted: &str, help: impl Into<String>) -> Self {
        Self::new(format!("`{}` is not {wanted}", brief(text)), help)
    }
}

/// What has one canonical way to be written.
pub(crate) trait Write {
    /// A value that reads back as the same.
    fn write(&self) -> Value;
}

/// What is written as one scalar.
pub(crate) trait Word: Write + Sized {
    /// What it is, with its article: `a time such as 30s`.
    const WANTED: &'static str;

    /// Understands the text.
    fn parse(text: &str) -> Result<Self, Wrong>;

    /// Its JSON Schema.
    fn word_schema() -> Value;
}

impl<T: Word> Language for T {
    fn read(tree: &Tree<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(tree, T::WANTED)?;
        T::parse(&text).map_or_else(|wrong| reader.wrong(tree.span, wrong), Some)
    }

    fn schema(_: &mut Definitions) -> Value {
        T::word_schema()
    }
}
