//! What one part names of others.

use serde_json::Value;

use super::{Part, Section};

mod served;

pub use served::Served;

/// What a part names, as it is written there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// The listeners of a route; `None` where it is for all that speak HTTP.
    pub listeners: Option<Vec<String>>,
    /// The destinations of a route, without their subsets: `checkout`, `payments:ledger`.
    pub clusters: Vec<String>,
    /// The hosts of a route: `shop.example.com`, `*.example.com`, `*`.
    pub hosts: Vec<String>,
}

impl Part {
    /// What this part names of others: only routes do.
    #[must_use]
    pub fn references(&self) -> References {
        if self.name().section() != Section::Route {
            return References::default();
        }
        let value: Value = serde_json::from_str(self.text()).unwrap_or_default();
        let mut hosts: Vec<_> =
            words(value.get("hosts")).into_iter().map(|host| host.to_ascii_lowercase()).collect();
        if hosts.is_empty() {
            hosts.push("*".to_owned());
        }
        let to = match value.get("to") {
            Some(Value::Object(several)) => several.keys().cloned().collect(),
            one => words(one),
        };
        let mut clusters: Vec<_> =
            to.iter().map(|to| to.split('/').next().unwrap_or_default().to_owned()).collect();
        clusters.sort();
        clusters.dedup();
        References { listeners: value.get("listeners").map(|names| words(Some(names))), clusters, hosts }
    }

    /// How many series of metrics a route has: one, and one for each of its destinations.
    #[must_use]
    pub fn series(&self) -> usize {
        if self.name().section() != Section::Route {
            return 0;
        }
        let value: Value = serde_json::from_str(self.text()).unwrap_or_default();
        1 + match value.get("to") {
            Some(Value::Object(several)) => several.len(),
            Some(_) => 1,
            None => 0,
        }
    }

    /// Whether a listener speaks HTTP.
    #[must_use]
    pub fn speaks_http(&self) -> bool {
        let value: Value = serde_json::from_str(self.text()).unwrap_or_default();
        value.get("protocol").and_then(Value::as_str).is_none_or(|protocol| protocol == "http")
    }

    /// The labels by which a listener selects proxies.
    #[must_use]
    pub fn proxies(&self) -> Vec<(String, String)> {
        let value: Value = serde_json::from_str(self.text()).unwrap_or_default();
        let labels = value.get("proxies").and_then(Value::as_object).into_iter().flatten();
        labels.filter_map(|(name, value)| Some((name.clone(), word(value)?))).collect()
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// One, or a list.
fn words(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(word).collect(),
        Some(one) => word(one).into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
