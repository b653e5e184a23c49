//! What serves a host: the text of the resource that a proxy asks for which loads on demand.

use serde_json::{Value, json};

/// The resources that serve a host, by their names in the fleet: `NAMESPACE/NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Served {
    /// The routes that may take its requests.
    pub routes: Vec<String>,
    /// The clusters that these name; each with its endpoints.
    pub clusters: Vec<String>,
}

impl Served {
    /// Reads the text of such a resource.
    ///
    /// # Errors
    /// What is wrong with it, as text for people.
    pub fn read(text: &str) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|fault| format!("this is not JSON: {fault}"))?;
        Ok(Self { routes: names(&value, "routes")?, clusters: names(&value, "clusters")? })
    }

    /// The text of such a resource: JSON on one line.
    #[must_use]
    pub fn text(&self) -> String {
        json!({"routes": self.routes, "clusters": self.clusters}).to_string()
    }
}

fn names(value: &Value, key: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("`{key}` is not a list of names");
    let list = value.get(key).and_then(Value::as_array).ok_or_else(wrong)?;
    list.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

#[cfg(test)]
mod tests;
