//! As much of JSON Schema as the document uses.

use serde_json::Value;

/// Holds a value to a schema of the document.
pub fn hold(document: &Value, name: &str, value: &Value, what: &str) {
    check(document, &document["components"]["schemas"][name], value, &format!("{what}: {name}"));
}

fn check(document: &Value, schema: &Value, value: &Value, place: &str) {
    let found = faults(document, schema, value, place);
    assert!(found.is_empty(), "{found:?}");
}

fn faults(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().expect("a name");
        let schema = &document["components"]["schemas"][name];
        assert!(schema.is_object(), "there is no schema {name}");
        return faults(document, schema, value, place);
    }
    if let Some(several) = schema["oneOf"].as_array() {
        let fits = several.iter().filter(|one| faults(document, one, value, place).is_empty()).count();
        return if fits == 1 {
            Vec::new()
        } else {
            vec![format!("{place}: fits {fits} of {several:?}: {value}")]
        };
    }
    if let Some(words) = schema["enum"].as_array() {
        return if words.contains(value) { Vec::new() } else { vec![format!("{place}: {value}")] };
    }
    let right = match schema["type"].as_str() {
        None => true,
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.as_u64().is_some(),
        Some("number") => value.is_number(),
        Some("null") => value.is_null(),
        Some(other) => panic!("a type {other}"),
    };
    if !right {
        return vec![format!("{place}: {value} is no {}", schema["type"])];
    }
    let mut found = Vec::new();
    for item in value.as_array().into_iter().flatten() {
        found.extend(faults(document, &schema["items"], item, &format!("{place}[]")));
    }
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(key).is_none() {
            found.push(format!("{place}: {key} is missing"));
        }
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let place = format!("{place}.{key}");
        match (schema["properties"].get(key), &schema["additionalProperties"]) {
            (Some(schema), _) => found.extend(faults(document, schema, inner, &place)),
            (None, Value::Bool(false)) => found.push(format!("{place}: unknown")),
            (None, more) => found.extend(faults(document, more, inner, &place)),
        }
    }
    found
}
