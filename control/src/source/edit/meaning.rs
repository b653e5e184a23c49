//! What a text says, however it is written: by it each change is checked.

use serde_json::Value;
use towpath_config::{Content, Outline, Style};

/// What a value says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A text; `literal` when it is written without quotes and could be a number, a truth value or nothing.
    Text {
        text: String,
        literal: bool,
    },
    List(Vec<Self>),
    /// In the order in which it is written.
    Map(Vec<(String, Self)>),
}

impl Meaning {
    /// What a document says.
    pub(super) fn of(outline: Option<&Outline>) -> Self {
        let Some(outline) = outline else { return Self::nothing() };
        match &outline.content {
            Content::Text(text) => {
                let literal = outline.style == Style::Plain && is_literal(text);
                Self::Text { text: text.clone(), literal: literal || outline.style == Style::Alias }
            }
            Content::List(items) => Self::List(items.iter().map(|item| Self::of(Some(item))).collect()),
            Content::Map(entries) => Self::Map(
                entries.iter().map(|entry| (entry.key.clone(), Self::of(Some(&entry.value)))).collect(),
            ),
        }
    }

    /// What a JSON value says.
    pub(super) fn json(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Text { text: text.clone(), literal: false },
            Value::Array(items) => Self::List(items.iter().map(Self::json).collect()),
            Value::Object(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.clone(), Self::json(value))).collect())
            }
            literal => Self::Text { text: literal.to_string(), literal: true },
        }
    }

    fn nothing() -> Self {
        Self::Text { text: String::new(), literal: true }
    }

    /// With a value at the end of a path; what is missing on the way is made.
    pub(super) fn set(&mut self, path: &[String], value: Self) {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if *self == Self::nothing() {
            *self = Self::Map(Vec::new());
        }
        let Self::Map(entries) = self else { return };
        match entries.iter_mut().find(|(key, _)| key == first) {
            Some((_, inner)) => inner.set(rest, value),
            None => {
                let mut inner = Self::nothing();
                inner.set(rest, value);
                entries.push((first.clone(), inner));
            }
        }
    }

    /// Without the value at the end of a path.
    pub(super) fn remove(&mut self, path: &[String]) {
        let (Some((first, rest)), Self::Map(entries)) = (path.split_first(), self) else { return };
        if rest.is_empty() {
            entries.retain(|(key, _)| key != first);
        } else if let Some((_, inner)) = entries.iter_mut().find(|(key, _)| key == first) {
            inner.remove(rest);
        }
    }
}

/// Whether a word without quotes is more than a text: a number, a truth value, nothing.
pub(super) fn is_literal(text: &str) -> bool {
    const WORDS: [&str; 11] = ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    let number = text.trim_start_matches(['+', '-']);
    is_word
        || number.parse::<f64>().is_ok()
        || number.starts_with("0x")
        || number.starts_with("0o")
        || number.starts_with('.')
}
