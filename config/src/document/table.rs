//! The whole document.

mod fleet;

use serde_json::{Value, json};

use super::{ClusterDoc, ClusterSettingsDoc, ListenerDoc, PolicyDoc, ProcessDoc, RouteDoc};
use crate::language::{Definitions, Language, Pairs, document};
use crate::values::{ClusterName, Name};

pub use fleet::fleet_schema;
pub(crate) use fleet::{FleetDoc, GrantDoc, QuotasDoc, ScopeDoc};

document! {
    /// A Towpath route table.
    pub(crate) struct TableDoc as "a map of `listeners`, `routes` and `clusters`" {
        /// What concerns the process: identity, workers, admin port, limits.
        proxy: ProcessDoc,
        /// Where requests come in, by name.
        listeners: Pairs<Name, ListenerDoc>,
        /// What clusters, subsets, routes and destinations inherit, field by field.
        defaults: DefaultsDoc,
        /// What is done with requests, by name. The order of this map does not matter: the more specific match wins.
        routes: Pairs<Name, RouteDoc>,
        /// Where requests go, by name.
        clusters: Pairs<ClusterName, ClusterDoc>,
    }
}

document! {
    /// What everything inherits that does not say otherwise.
    pub(crate) struct DefaultsDoc as "a map of defaults" {
        ..cluster: ClusterSettingsDoc,
        ..policy: PolicyDoc,
    }
}

/// The JSON Schema (2020-12) of a route table, with the meaning and the default of every key.
#[must_use]
pub fn schema() -> Value {
    titled::<TableDoc>("Towpath route table")
}

/// The JSON Schema of a whole document.
pub(crate) fn titled<T: Language>(title: &str) -> Value {
    let mut definitions = Definitions::default();
    let root = T::schema(&mut definitions);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "$defs": definitions.into_json(),
    });
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), root) {
        schema.extend(root);
    }
    schema
}
