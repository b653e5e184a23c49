//! A cluster as other namespaces see it: what it inherits at home is written in, for their defaults are others.

use serde_json::{Map, Value};

use super::{Content, Part, PartName, Section};

/// A cluster and its endpoints under the name that they have elsewhere, `payments:ledger`. `settings` are those of its
/// own namespace. `None` when there can be no such name.
#[must_use]
pub fn foreign(
    name: &str,
    cluster: &Part,
    endpoints: Option<&Part>,
    settings: Option<&Part>,
) -> Option<Content> {
    let settings: Value =
        settings.and_then(|part| serde_json::from_str(part.text()).ok()).unwrap_or_default();
    let defaults = settings.get("defaults").and_then(Value::as_object).cloned().unwrap_or_default();
    let own: Map<String, Value> = serde_json::from_str(cluster.text()).ok()?;
    let whole = Value::Object(inherited(defaults, own));
    let mut parts = vec![Part::written(PartName::new(Section::Cluster, name)?, &whole)];
    if let Some(endpoints) = endpoints {
        parts.push(endpoints.named(PartName::new(Section::Endpoints, name)?));
    }
    Some(Content::joined(&format!("the cluster `{name}`"), parts))
}

/// What a cluster says, over what its namespace says; key by key, as `compile` does it.
fn inherited(mut defaults: Map<String, Value>, own: Map<String, Value>) -> Map<String, Value> {
    for (key, value) in own {
        // names of headers are equal without case
        let known = defaults.keys().find(|known| known.eq_ignore_ascii_case(&key)).cloned();
        let base = known.and_then(|known| defaults.shift_remove(&known));
        let value = match (base, value) {
            (Some(Value::Object(base)), Value::Object(own)) => Value::Object(inherited(base, own)),
            // `compression: [zstd]` is short for `{algorithms: [zstd]}`
            (Some(Value::Object(mut base)), value) if key == "compression" && value != "none" => {
                base.insert("algorithms".to_owned(), value);
                Value::Object(base)
            }
            (_, value) => value,
        };
        defaults.insert(key, value);
    }
    defaults
}

#[cfg(test)]
mod tests;
