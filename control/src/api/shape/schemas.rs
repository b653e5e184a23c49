//! What answers and bodies look like, as JSON Schema. A test holds real answers to them.

use serde_json::{Map, Value, json};

fn text() -> Value {
    json!({"type": "string"})
}

fn number() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn or_null(schema: &Value) -> Value {
    json!({"oneOf": [schema, {"type": "null"}]})
}

fn list(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

fn of(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn texts() -> Value {
    json!({"type": "object", "additionalProperties": {"type": "string"}})
}

/// An object that has these keys, and of them all that are not followed by `?`.
fn object(keys: &[(&str, Value)]) -> Value {
    let name = |key: &str| key.trim_end_matches('?').to_owned();
    let required: Vec<_> =
        keys.iter().filter(|(key, _)| !key.ends_with('?')).map(|(key, _)| name(key)).collect();
    let keys: Map<_, _> = keys.iter().map(|(key, schema)| (name(key), schema.clone())).collect();
    json!({"type": "object", "properties": keys, "required": required, "additionalProperties": false})
}

/// All schemas, by name.
pub(in crate::api) fn schemas() -> Map<String, Value> {
    let all = [bodies(), truth(), fleet(), history(), traffic()];
    all.into_iter().flatten().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

type Named = Vec<(&'static str, Value)>;

fn bodies() -> Named {
    let weight = json!({"type": "integer", "minimum": 0, "maximum": 1_000_000});
    let document = object(&[("name", text()), ("text", text())]);
    vec![
        (
            "Documents",
            object(&[(
                "documents",
                json!({"type": "array", "minItems": 1, "maxItems": 1000, "items": document}),
            )]),
        ),
        (
            "Split",
            object(&[(
                "weights",
                json!({"type": "object", "minProperties": 1, "additionalProperties": weight}),
            )]),
        ),
        (
            "Switch",
            json!({"oneOf": [object(&[("to", text())]), object(&[("back", json!({"const": true}))])]}),
        ),
        ("Maintenance", object(&[("active", flag())])),
    ]
}

fn truth() -> Named {
    let finding = object(&[
        ("file", text()),
        ("line", number()),
        ("column", number()),
        ("standing", json!({"enum": ["accepted", "rejected", "waiting", "held"]})),
        ("message", text()),
        ("help", or_null(&text())),
    ]);
    let problem = object(&[
        ("title", text()),
        ("status", number()),
        ("detail", text()),
        ("faults?", list(&of("Finding"))),
        ("revision?", number()),
        ("read_only?", flag()),
    ]);
    let touched =
        object(&[("document", text()), ("touch", json!({"enum": ["added", "changed", "removed"]}))]);
    let written = object(&[
        ("revision", number()),
        ("changed", flag()),
        ("dry_run", flag()),
        ("documents", list(&of("Touched"))),
        ("warnings", list(&of("Finding"))),
        ("fleet", or_null(&of("Summary"))),
    ]);
    let resource = object(&[
        ("namespace", text()),
        ("kind", text()),
        ("name", text()),
        ("file", text()),
        ("value", json!({})),
    ]);
    let change = object(&[
        ("namespace", text()),
        ("path", text()),
        ("old", json!({})),
        ("new", json!({})),
        ("note", or_null(&text())),
        ("text", text()),
    ]);
    vec![
        ("Finding", finding),
        ("Problem", problem),
        ("Touched", touched),
        ("Written", written),
        ("Resource", resource),
        ("Resources", object(&[("revision", number()), ("resources", list(&of("Resource")))])),
        ("Change", change),
        (
            "Changes",
            object(&[
                ("revision", number()),
                ("changes", list(&of("Change"))),
                ("warnings", list(&of("Finding"))),
            ]),
        ),
    ]
}

fn fleet() -> Named {
    let summary = object(&[
        ("settled", flag()),
        ("taken_back", or_null(&text())),
        ("proxies", number()),
        ("current", number()),
        ("rejected", texts()),
        ("stage", or_null(&of("Stage"))),
    ]);
    let stage = object(&[
        ("revision", number()),
        ("step", number()),
        ("steps", number()),
        ("proxies", number()),
        ("since_ms", number()),
        ("taken_back", or_null(&text())),
    ]);
    let object_status = object(&[
        ("namespace", text()),
        ("kind", text()),
        ("name", text()),
        ("version", text()),
        ("proxies", number()),
        ("applied", number()),
        ("rejected", texts()),
        ("waiting", list(&text())),
    ]);
    let proxy = object(&[
        ("id", text()),
        ("namespace", text()),
        ("labels", texts()),
        ("locality", or_null(&text())),
        ("address", text()),
        ("agent", text()),
        ("connected", flag()),
        ("since_ms", number()),
        ("revision", or_null(&number())),
        ("pending", number()),
        ("rejected", list(&of("Rejection"))),
        ("waiting", list(&text())),
    ]);
    let status = object(&[
        ("revision", number()),
        ("fleet", of("Summary")),
        ("faults", list(&of("Finding"))),
        ("objects", list(&of("Object"))),
    ]);
    vec![
        ("Summary", summary),
        ("Stage", stage),
        ("Object", object_status),
        ("Rejection", object(&[("kind", text()), ("name", text()), ("reason", text())])),
        ("Proxy", proxy),
        ("Status", status),
        ("Proxies", object(&[("revision", number()), ("proxies", list(&of("Proxy")))])),
    ]
}

fn history() -> Named {
    let keys = [
        ("number", number()),
        ("time_ms", number()),
        ("who", text()),
        (
            "origin",
            json!({"oneOf": [{"enum": ["api", "cli", "directory"]}, object(&[("rollback", number())])]}),
        ),
        ("message", text()),
        ("digest", text()),
        ("documents", number()),
        ("changed", list(&of("Passed"))),
    ];
    let passed = object(&[
        ("document", text()),
        ("touch", json!({"enum": ["added", "changed", "removed"]})),
        ("namespaces", list(&text())),
    ]);
    vec![
        ("Passed", passed),
        ("Entry", object(&keys)),
        ("Revisions", object(&[("revisions", list(&of("Entry")))])),
        ("Revision", object(&[("revision", of("Entry")), ("documents", texts())])),
    ]
}

fn traffic() -> Named {
    let milliseconds = or_null(&json!({"type": "number"}));
    let counts = json!({"type": "object", "additionalProperties": number()});
    let series = object(&[
        ("namespace", text()),
        ("route", text()),
        ("cluster", text()),
        ("subset", text()),
        ("class", text()),
        ("requests", number()),
        ("errors", number()),
        ("request_bytes", number()),
        ("response_bytes", number()),
        ("connections", number()),
        ("connections_failed", number()),
        ("p50_ms", milliseconds.clone()),
        ("p90_ms", milliseconds.clone()),
        ("p99_ms", milliseconds),
    ]);
    let traffic = object(&[
        ("seconds", json!({"type": "number"})),
        ("proxies", number()),
        ("series", list(&of("Series"))),
        (
            "clusters",
            list(&object(&[("namespace", text()), ("cluster", text()), ("counts", counts.clone())])),
        ),
        ("local_replies", list(&object(&[("namespace", text()), ("reasons", counts)]))),
        ("left_out", number()),
    ]);
    vec![("Series", series), ("Traffic", traffic)]
}
