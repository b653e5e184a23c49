//! The query of a request, held to what the operation knows.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::Uri;
use towpath_config::parts::{PartName, Section};

use super::operation::{Kind, Parameter};
use super::problem::Problem;

/// What stands in the query. Each name is known, there once, and has a value of its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::api) struct Query(BTreeMap<&'static str, String>);

impl Query {
    /// # Errors
    /// 400 for the first name that is unknown or there twice, and for the first value that is wrong.
    pub(in crate::api) fn read(uri: &Uri, known: &[Parameter]) -> Result<Self, Problem> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
        let pairs = pairs.map_err(|_| Problem::bad("the query cannot be read: it is `name=value&…`"))?.0;
        let mut query = BTreeMap::new();
        for (name, value) in pairs {
            let Some(parameter) = known.iter().find(|parameter| parameter.name == name) else {
                return Err(unknown(&name, known));
            };
            if let Some(wanted) = wanted(parameter.kind, &value) {
                return Err(Problem::bad(format!("`{name}` is {wanted}, not `{}`", brief(&value))));
            }
            if query.insert(parameter.name, value).is_some() {
                return Err(Problem::bad(format!("`{name}` is there twice")));
            }
        }
        Ok(Self(query))
    }

    pub(in crate::api) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(in crate::api) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// Whether it is on: there and not `false`.
    pub(in crate::api) fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value != "false")
    }

    pub(in crate::api) fn time(&self, name: &str) -> Option<Duration> {
        towpath_config::duration(self.text(name)?).ok()
    }
}

/// What is wanted in the place of a value that is wrong.
fn wanted(kind: Kind, value: &str) -> Option<String> {
    let (right, wanted) = match kind {
        // that a kind is none is said by whoever knows all of them
        Kind::Text | Kind::Resource => (!value.is_empty(), "not empty".to_owned()),
        Kind::Name => (is_name(value), "the name of a namespace".to_owned()),
        Kind::Number => (value.parse::<u64>().is_ok(), "a number".to_owned()),
        Kind::Flag => (matches!(value, "" | "true" | "false"), "`true` or `false`".to_owned()),
        Kind::Time => (towpath_config::duration(value).is_ok(), "a time such as `10s`".to_owned()),
        Kind::Word(words) => (words.contains(&value), format!("`{}`", words.join("` or `"))),
    };
    (!right).then_some(wanted)
}

/// Whether a namespace may be called so: as anything else that has a name.
pub(in crate::api) fn is_name(text: &str) -> bool {
    PartName::new(Section::Route, text).is_some()
}

fn unknown(name: &str, known: &[Parameter]) -> Problem {
    let names: Vec<_> = known.iter().map(|parameter| format!("`{}`", parameter.name)).collect();
    let help = match names.as_slice() {
        [] => "there are none here".to_owned(),
        names => format!("known are {}", names.join(", ")),
    };
    Problem::bad(format!("the parameter `{}` is unknown; {help}", brief(name)))
}

/// The beginning of what may be long.
fn brief(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
