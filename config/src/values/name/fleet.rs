//! Names in documents of a fleet.

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};
use crate::values::{ClusterName, Name};

/// A name, or `*` for any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AnyOr {
    Any,
    Name(String),
}

impl AnyOr {
    /// Whether this name is meant.
    pub(crate) fn holds(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name(own) => own == name,
        }
    }
}

impl Word for AnyOr {
    const WANTED: &'static str = "a name, or `\"*\"` for any";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match text {
            "*" => Ok(Self::Any),
            _ => Name::parse(text).map(|name| Self::Name(name.0)),
        }
    }

    fn word_schema() -> Value {
        json!({"anyOf": [{"const": "*"}, Name::word_schema()]})
    }
}

impl Write for AnyOr {
    fn write(&self) -> Value {
        match self {
            Self::Any => json!("*"),
            Self::Name(name) => json!(name),
        }
    }
}

/// Clusters that are reached: `checkout`, `payments:ledger`, `payments:*` or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    /// That of the document when left out.
    pub(crate) namespace: Option<String>,
    pub(crate) cluster: AnyOr,
}

impl Word for Reach {
    const WANTED: &'static str = "a cluster such as `checkout`, `payments:ledger` or `payments:*`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let (namespace, cluster) = match text.split_once(':') {
            Some((namespace, cluster)) => (Some(Name::parse(namespace)?.0), cluster),
            None => (None, text),
        };
        Ok(Self { namespace, cluster: AnyOr::parse(cluster)? })
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "integer"], "examples": ["checkout", "payments:ledger", "payments:*", "*"]})
    }
}

impl Write for Reach {
    fn write(&self) -> Value {
        let cluster = match &self.cluster {
            AnyOr::Any => "*",
            AnyOr::Name(name) => name,
        };
        match &self.namespace {
            Some(namespace) => json!(format!("{namespace}:{cluster}")),
            None => json!(cluster),
        }
    }
}

impl Reach {
    /// Whether a table of `namespace` reaches the cluster that it calls so.
    pub(crate) fn holds(&self, namespace: &str, cluster: &ClusterName) -> bool {
        let own = self.namespace.as_deref().filter(|named| *named != namespace);
        own == cluster.namespace() && self.cluster.holds(cluster.local())
    }
}
