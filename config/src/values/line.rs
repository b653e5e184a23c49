//! Texts.

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};

/// Any text, of several lines too.
impl Word for String {
    const WANTED: &'static str = "a text";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text.contains('\0') {
            false => Ok(text.to_owned()),
            true => Err(Wrong::new("this text holds a NUL", "leave the NUL out")),
        }
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "number", "boolean"]})
    }
}

impl Write for String {
    fn write(&self) -> Value {
        json!(self)
    }
}

/// A text that is not empty and fits on one line: it may go into a header, a log line or a metric's label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Line(pub(crate) String);

impl Word for Line {
    const WANTED: &'static str = "a text";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.trim().is_empty() {
            return Err(Wrong::new("this text is empty", "write a text, or leave the key out"));
        }
        match text.chars().any(char::is_control) {
            false => Ok(Self(text.to_owned())),
            true => {
                Err(Wrong::new("this text holds a line break or a control character", "write it on one line"))
            }
        }
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "number", "boolean"]})
    }
}

impl Write for Line {
    fn write(&self) -> Value {
        json!(self.0)
    }
}
