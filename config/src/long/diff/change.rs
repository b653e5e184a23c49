//! One change.

use std::fmt;

use serde_json::{Value, json};

/// One value that is another one now, with its path in the long form.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub(super) path: String,
    pub(super) old: Option<Value>,
    pub(super) new: Option<Value>,
    pub(super) note: Option<String>,
}

impl Change {
    /// Where: `routes.checkout.to.checkout/canary.weight`. Changes of the order of trial stand at `order`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it was; none when it is new.
    #[must_use]
    pub fn old(&self) -> Option<&Value> {
        self.old.as_ref()
    }

    /// What it is; none when it is gone.
    #[must_use]
    #[allow(clippy::new_ret_no_self, reason = "the twin of `old`")]
    pub fn new(&self) -> Option<&Value> {
        self.new.as_ref()
    }

    /// What it means.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The change for programs: `path, old, new, note`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"path": self.path, "old": self.old, "new": self.new, "note": self.note})
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "~ {path}: {} → {}", Shown(old), Shown(new))?,
            (Some(old), None) => write!(f, "- {path}: {}", Shown(old))?,
            (None, Some(new)) => write!(f, "+ {path}: {}", Shown(new))?,
            (None, None) => write!(f, "~ {path}")?,
        }
        self.note.as_ref().map_or(Ok(()), |note| write!(f, " ({note})"))
    }
}

/// A value in flow style, without quotes where none are needed.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text)
                if !text.is_empty() && !text.contains([',', '{', '}', '[', ']', '"', '\n']) =>
            {
                f.write_str(text)
            }
            Value::Array(items) => {
                f.write_str("[")?;
                for (position, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if position == 0 { "" } else { ", " }, Shown(item))?;
                }
                f.write_str("]")
            }
            Value::Object(entries) => {
                f.write_str("{")?;
                for (position, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {}", if position == 0 { "" } else { ", " }, Shown(value))?;
                }
                f.write_str("}")
            }
            value => write!(f, "{value}"),
        }
    }
}
