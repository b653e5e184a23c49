//! The `$defs` of the JSON Schema.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The named parts of a schema; each is described once, however often and deeply it is used.
#[derive(Default)]
pub(crate) struct Definitions {
    known: BTreeMap<&'static str, Value>,
}

impl Definitions {
    /// A reference to the part `name`, which `describe` describes at its first use.
    pub(crate) fn refer(&mut self, name: &'static str, describe: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.known.contains_key(name) {
            // taken before it is described: a part may refer to itself
            self.known.insert(name, Value::Null);
            let described = describe(self);
            self.known.insert(name, described);
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }

    pub(crate) fn into_json(self) -> Value {
        Value::Object(
            self.known.into_iter().map(|(name, part)| (name.to_owned(), part)).collect::<Map<_, _>>(),
        )
    }
}

/// The keys of one object.
#[derive(Default)]
pub(crate) struct Keys {
    known: Map<String, Value>,
    required: Vec<String>,
}

impl Keys {
    /// Describes one key.
    pub(crate) fn insert(
        &mut self,
        key: &str,
        about: &str,
        schema: Value,
        default: Option<Value>,
        required: bool,
    ) {
        let key = key.trim_start_matches("r#").to_owned();
        let mut described = Map::from_iter([("description".to_owned(), Value::from(about.trim()))]);
        if let Some(default) = default {
            described.insert("default".to_owned(), default);
        }
        if let Value::Object(schema) = schema {
            for (word, value) in schema {
                described.entry(word).or_insert(value);
            }
        }
        if required {
            self.required.push(key.clone());
        }
        self.known.insert(key, Value::Object(described));
    }

    /// The object that has these keys and no others.
    pub(crate) fn into_object(self, about: &str) -> Value {
        json!({
            "description": about.trim(),
            "type": "object",
            "properties": self.known,
            "required": self.required,
            "additionalProperties": false,
        })
    }
}
