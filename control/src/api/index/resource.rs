//! All values with names, of all documents.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use towpath_config::Source;

use super::kind::Kind;
use crate::documents::{DocumentName, Documents, namespace};

/// The value under one name, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::api) struct Resource {
    pub(in crate::api) namespace: String,
    pub(in crate::api) kind: Kind,
    pub(in crate::api) name: String,
    pub(in crate::api) document: DocumentName,
    pub(in crate::api) value: Value,
}

impl Resource {
    /// What it is found by.
    fn key(&self) -> (&str, Kind, &str) {
        (&self.namespace, self.kind, &self.name)
    }

    /// For programs: schema `Resource`.
    pub(in crate::api) fn to_json(&self) -> Value {
        json!({
            "namespace": self.namespace,
            "kind": self.kind,
            "name": self.name,
            "file": self.document.as_str(),
            "value": self.value,
        })
    }
}

/// What stands in which document.
#[derive(Debug, Default)]
pub(in crate::api) struct Index {
    resources: Vec<Resource>,
    namespaces: BTreeMap<DocumentName, String>,
}

impl Index {
    /// Reads all documents. One that is no YAML says nothing.
    pub(in crate::api) fn new(documents: &Documents) -> Self {
        let mut index = Self::default();
        for (name, text) in documents.iter() {
            let source = Source::new(name.as_str(), text.clone());
            if let Some(Value::Object(sections)) = towpath_config::parts::plain(&source) {
                index.add(name, sections);
            }
        }
        index.resources.sort_by(|one, other| one.key().cmp(&other.key()));
        index
    }

    fn add(&mut self, document: &DocumentName, sections: Map<String, Value>) {
        let namespace = namespace(&sections).into_owned();
        self.namespaces.insert(document.clone(), namespace.clone());
        let mut settings = Map::new();
        let mut push = |kind, name: String, value| {
            let (namespace, document) = (namespace.clone(), document.clone());
            self.resources.push(Resource { namespace, kind, name, document, value });
        };
        for (key, value) in sections {
            match (Kind::of_section(&key), value) {
                (Some(Kind::Settings), value) => _ = settings.insert(key, value),
                (Some(kind), Value::Object(named)) if kind.only_name().is_none() => {
                    named.into_iter().for_each(|(name, value)| push(kind, name, value));
                }
                (Some(kind), value) => {
                    kind.only_name().into_iter().for_each(|name| push(kind, name.to_owned(), value.clone()));
                }
                (None, _) => {}
            }
        }
        if !settings.is_empty() {
            push(Kind::Settings, Kind::Settings.word().to_owned(), settings.into());
        }
    }

    /// All of them, in the order of namespaces, kinds and names.
    pub(in crate::api) fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// What has this name; several where it is said twice by mistake.
    pub(in crate::api) fn find(
        &self,
        namespace: &str,
        kind: Kind,
        name: &str,
    ) -> impl Iterator<Item = &Resource> {
        let first = self.resources.partition_point(|one| one.key() < (namespace, kind, name));
        let found = self.resources.get(first..).unwrap_or_default().iter();
        found.take_while(move |one| one.key() == (namespace, kind, name))
    }

    /// Whose document it is; none when it cannot be read, or is not there.
    pub(in crate::api) fn namespace(&self, document: &DocumentName) -> Option<&str> {
        self.namespaces.get(document).map(String::as_str)
    }

    /// The documents of a namespace.
    pub(in crate::api) fn documents(&self, namespace: &str) -> impl Iterator<Item = &DocumentName> {
        self.namespaces.iter().filter(move |(_, whose)| *whose == namespace).map(|(document, _)| document)
    }
}

#[cfg(test)]
mod tests;
