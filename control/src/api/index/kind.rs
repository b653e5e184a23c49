//! What stands under a name.

use std::collections::BTreeSet;

use serde::Serialize;

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum Kind {
    /// `defaults` and `proxy`: one for each namespace, with the name `settings`.
    Settings,
    /// One of `listeners`.
    Listener,
    /// One of `routes`.
    Route,
    /// One of `clusters`, with its endpoints.
    Cluster,
    /// One of `grants`.
    Grant,
    /// One of `scopes`.
    Scope,
    /// `quotas`: one for each namespace, with the name `quotas`.
    Quotas,
}

/// Each kind with the word for one, and the word for many, which is its section.
const WORDS: [(Kind, &str, &str); 7] = [
    (Kind::Settings, "settings", "settings"),
    (Kind::Listener, "listener", "listeners"),
    (Kind::Route, "route", "routes"),
    (Kind::Cluster, "cluster", "clusters"),
    (Kind::Grant, "grant", "grants"),
    (Kind::Scope, "scope", "scopes"),
    (Kind::Quotas, "quotas", "quotas"),
];

/// The keys of a document that together are the settings of its namespace.
const SETTINGS: [&str; 2] = ["proxy", "defaults"];

impl Kind {
    /// The kind of `route` or `routes`.
    pub(in crate::api) fn of(word: &str) -> Option<Self> {
        WORDS.iter().find(|(_, one, many)| word == *one || word == *many).map(|(kind, ..)| *kind)
    }

    /// `route`.
    pub(in crate::api) fn word(self) -> &'static str {
        WORDS.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, one, _)| one)
    }

    /// All words for one of them.
    pub(in crate::api) fn words() -> String {
        WORDS.map(|(_, one, _)| format!("`{one}`")).join(", ")
    }

    /// All words for one of them, and for many.
    pub(in crate::api) fn all_words() -> BTreeSet<&'static str> {
        WORDS.iter().flat_map(|(_, one, many)| [*one, *many]).collect()
    }

    /// The kind of what stands under this key of a document.
    pub(in crate::api) fn of_section(key: &str) -> Option<Self> {
        match key {
            "settings" => None,
            _ if SETTINGS.contains(&key) => Some(Self::Settings),
            _ => WORDS.iter().find(|(.., many)| *many == key).map(|(kind, ..)| *kind),
        }
    }

    /// The only name that it has in a namespace, where it has only one.
    pub(in crate::api) fn only_name(self) -> Option<&'static str> {
        matches!(self, Self::Settings | Self::Quotas).then(|| self.word())
    }

    /// The ways in a document to what stands under this name.
    pub(in crate::api) fn paths(self, name: &str) -> Vec<Vec<String>> {
        match self {
            Self::Settings => SETTINGS.map(|key| vec![key.to_owned()]).into(),
            Self::Quotas => vec![vec!["quotas".to_owned()]],
            kind => {
                let section = WORDS.iter().find(|(one, ..)| *one == kind).map_or("", |(.., many)| many);
                vec![vec![section.to_owned(), name.to_owned()]]
            }
        }
    }
}
