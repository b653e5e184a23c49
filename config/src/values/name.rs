//! Names, and what a route points at.

use std::fmt;

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};

const NAME_BYTES_MAX: usize = 253;

/// A name of a listener, a route, a cluster, a subset, a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name(pub(crate) String);

impl Word for Name {
    const WANTED: &'static str = "a name";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let edge = |octet: Option<u8>| {
            octet.is_some_and(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit())
        };
        let inner = |octet: u8| edge(Some(octet)) || matches!(octet, b'-' | b'.');
        if text.len() > NAME_BYTES_MAX {
            return Err(Wrong::new(
                "this name is too long",
                format!("a name has at most {NAME_BYTES_MAX} characters"),
            ));
        }
        if edge(text.bytes().next()) && edge(text.bytes().last()) && text.bytes().all(inner) {
            return Ok(Self(text.to_owned()));
        }
        let plain: String =
            text.to_lowercase().chars().map(|c| if c == '_' || c == ' ' { '-' } else { c }).collect();
        let help = match plain != text && Self::parse(&plain).is_ok() {
            true => format!("did you mean `{plain}`?"),
            false => {
                "a name has a-z, 0-9, `-` and `.`, and begins and ends with a letter or a digit".to_owned()
            }
        };
        Err(Wrong::not(text, "a name", help))
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "integer"], "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "maxLength": NAME_BYTES_MAX})
    }
}

impl Write for Name {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// `cluster`, `cluster/subset` or `namespace:cluster/subset`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DestinationName {
    pub(crate) namespace: Option<String>,
    pub(crate) cluster: String,
    pub(crate) subset: Option<String>,
}

impl Word for DestinationName {
    const WANTED: &'static str = "a destination such as `checkout` or `checkout/canary`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let (namespace, rest) = match text.split_once(':') {
            Some((namespace, rest)) => (Some(namespace), rest),
            None => (None, text),
        };
        let (cluster, subset) = match rest.split_once('/') {
            Some((cluster, subset)) => (cluster, Some(subset)),
            None => (rest, None),
        };
        let name = |part: &str| {
            Name::parse(part).map(|name| name.0).map_err(|wrong| {
                let help = match wrong.help.starts_with("did you mean") {
                    true => wrong.help,
                    false => "a destination is `cluster`, `cluster/subset` or `namespace:cluster/subset`"
                        .to_owned(),
                };
                Wrong::not(text, "a destination", help)
            })
        };
        Ok(Self {
            namespace: namespace.map(name).transpose()?,
            cluster: name(cluster)?,
            subset: subset.map(name).transpose()?,
        })
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "integer"], "examples": ["checkout", "checkout/canary"]})
    }
}

impl fmt::Display for DestinationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cluster)?;
        self.subset.as_ref().map_or(Ok(()), |subset| write!(f, "/{subset}"))
    }
}

impl Write for DestinationName {
    fn write(&self) -> Value {
        json!(self.to_string())
    }
}
