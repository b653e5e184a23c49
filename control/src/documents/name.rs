//! What a document is called.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// So many octets may a name have.
pub const NAME_BYTES_MAX: usize = 1024;

/// So many octets may one step of a name have, as file systems want it (`NAME_MAX`), with room for the name of a file beside it.
const STEP_BYTES_MAX: usize = 240;

/// The name of a document: a path with `/` between its steps, which ends in `.yaml` or `.yml`. No step is hidden
/// or leads upwards, so a name can be a file below any directory. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentName(Arc<str>);

/// Why something is no name of a document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{name}` cannot name a document: {reason}")]
pub struct NameFault {
    /// What was given, at most 80 characters of it.
    pub name: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl DocumentName {
    /// Reads a name.
    ///
    /// # Errors
    /// When it could not be the path of a document below a directory.
    pub fn parse(name: &str) -> Result<Self, NameFault> {
        match fault(name) {
            None => Ok(Self(name.into())),
            Some(reason) => {
                let shown = name.chars().take(80).map(|each| if each.is_control() { '?' } else { each });
                Err(NameFault { name: shown.collect(), reason })
            }
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn fault(name: &str) -> Option<&'static str> {
    if name.len() > NAME_BYTES_MAX {
        return Some("it has more than 1024 octets");
    }
    if !(name.ends_with(".yaml") || name.ends_with(".yml")) {
        return Some("it ends neither in `.yaml` nor in `.yml`");
    }
    if name.contains(|each: char| each.is_control() || each == '\\') {
        return Some("it has a control character or a backslash");
    }
    name.split('/').find_map(|step| match step {
        "" => Some("a step of it is empty; it is a path without `/` at its ends"),
        _ if step.starts_with('.') => Some("a step of it begins with a dot: hidden files are no documents"),
        _ if step.len() > STEP_BYTES_MAX => Some("a step of it has more than 240 octets"),
        _ => None,
    })
}

impl fmt::Display for DocumentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for DocumentName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DocumentName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
