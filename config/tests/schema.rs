//! The schema and the reader are one language: what compiles fits the schema, and the schema knows every key.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use serde_json::{Value, json};
use towpath_config::parts::cut;
use towpath_config::{Source, compile, fleet_schema, long, schema};

/// Whether a value fits, as far as types, keys and alternatives go.
fn fits(value: &Value, part: &Value, root: &Value) -> Result<(), String> {
    if let Some(name) = part.get("$ref").and_then(Value::as_str) {
        let name = name.trim_start_matches("#/$defs/");
        let named = root["$defs"].get(name).ok_or(format!("no definition {name}"))?;
        fits(value, named, root)?;
    }
    if let Some(alternatives) = part.get("anyOf").and_then(Value::as_array)
        && !alternatives.iter().any(|alternative| fits(value, alternative, root).is_ok())
    {
        let why: Vec<String> = alternatives.iter().filter_map(|one| fits(value, one, root).err()).collect();
        return Err(format!("{value}: {}", why.join(" | ")));
    }
    if part.get("const").is_some_and(|only| only != value) {
        return Err(format!("{value} is not {}", part["const"]));
    }
    if part.get("enum").and_then(Value::as_array).is_some_and(|words| !words.contains(value)) {
        return Err(format!("{value} is none of {}", part["enum"]));
    }
    let types = match part.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|kind| is_a(value, kind)) {
        return Err(format!("{value} is not of {types:?}"));
    }
    match value {
        Value::Object(entries) => keys_fit(entries, part, root),
        Value::Array(items) if part.get("items").is_some() => {
            items.iter().try_for_each(|item| fits(item, &part["items"], root))
        }
        _ => Ok(()),
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    }
}

fn keys_fit(entries: &serde_json::Map<String, Value>, part: &Value, root: &Value) -> Result<(), String> {
    for (key, value) in entries {
        match (part["properties"].get(key), &part["additionalProperties"]) {
            (Some(known), _) => fits(value, known, root).map_err(|why| format!("{key}: {why}"))?,
            (None, Value::Bool(false)) => return Err(format!("unknown key {key}")),
            (None, Value::Null) => {}
            (None, any) => fits(value, any, root).map_err(|why| format!("{key}: {why}"))?,
        }
    }
    let required = part["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for key in required {
        if !entries.contains_key(key) {
            return Err(format!("{key} is missing"));
        }
    }
    Ok(())
}

#[test]
fn every_table_fits_in_its_long_form() {
    let schema = schema();
    let mut count = 0;
    for folder in ["tests/good", "examples"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(folder).expect("the tables") {
            let path = entry.expect("a file").path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let source = Source::read(&path).expect("a table");
            let compiled = compile(&source, &|name| (name == "PORT").then(|| "3001".into()));
            let compiled = compiled.unwrap_or_else(|faults| panic!("{faults}"));
            fits(&long(compiled.config()), &schema, &schema)
                .unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            count += 1;
        }
    }
    assert!(count > 40, "{count} tables");
}

#[test]
fn short_forms_fit_and_wrong_ones_do_not() {
    let schema = schema();
    let good: Value = serde_json::json!({
        "listeners": {"web": {"address": "127.0.0.1:1"}},
        "defaults": {"timeout": "none", "balance": "random"},
        "routes": {
            "a": {"to": "app", "match": {"path": "/a", "headers": {"x": "y", "z": {"not": {"any": ["a", {"prefix": "b"}]}}}}},
            "b": {"to": {"app": 1, "app/x": {"weight": 2}}, "match": [{"path": {"regex": "a"}}], "maintenance": true},
            "c": {"direct_response": 404, "headers": "none"},
        },
        "clusters": {"app": {"endpoints": ["127.0.0.1:1", {"address": "127.0.0.1:2"}]}},
    });
    fits(&good, &schema, &schema).expect("short forms fit");
    for wrong in [
        serde_json::json!({"routes": {"a": {"too": "app"}}}),
        serde_json::json!({"routes": {"a": {"to": ["app"]}}}),
        serde_json::json!({"clusters": {"app": {"dns": "app.internal:80"}}}),
        serde_json::json!({"listeners": {"web": {"address": "127.0.0.1:1", "protocol": "udp"}}}),
        serde_json::json!({"listener": {}}),
    ] {
        fits(&wrong, &schema, &schema).expect_err("it is wrong");
    }
}

#[test]
fn every_key_is_described() {
    let schema = schema();
    let definitions = schema["$defs"].as_object().expect("definitions");
    let mut keys = 0;
    for (name, part) in definitions {
        assert!(part["description"].is_string(), "{name}");
        for (key, about) in part["properties"].as_object().into_iter().flatten() {
            let text = about["description"].as_str().unwrap_or_default();
            assert!(text.len() > 3 && text.ends_with(['.', '`', '…', '}']), "{name}.{key}: {text}");
            keys += 1;
        }
        if part["type"] == "object" {
            assert_eq!(part["additionalProperties"], false, "{name}");
        }
    }
    assert!(keys > 90, "{keys} keys");
    assert_eq!(definitions["Listener"]["properties"]["idle_timeout"]["default"], "1m");
    assert_eq!(definitions["ClusterLimits"]["properties"]["pending"]["default"], 1024);
}

#[test]
fn the_reference_names_every_key() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/route-table.md");
    let reference = std::fs::read_to_string(path).expect("the reference");
    let words: std::collections::HashSet<&str> =
        reference.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let schema = schema();
    for (name, part) in schema["$defs"].as_object().expect("definitions") {
        for key in part["properties"].as_object().into_iter().flatten().map(|(key, _)| key) {
            assert!(words.contains(key.as_str()), "docs/route-table.md has no word of {name}.{key}");
        }
    }
}

#[test]
fn the_page_of_logs_names_every_value() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/logs.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let (_, table) = page.split_once("\n### Values\n").expect("the table");
    let rows =
        table.lines().take_while(|line| !line.starts_with("###")).filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let told: std::collections::BTreeSet<_> =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let schema = schema();
    let field = &schema["$defs"]["AccessLog"]["properties"]["fields"]["anyOf"][0]["anyOf"][0]["enum"];
    let known = field.as_array().expect("the names").iter().filter_map(Value::as_str);
    assert_eq!(told, known.chain(["header.NAME", "response-header.NAME"]).collect());
}

#[test]
fn the_schema_of_a_fleet_knows_its_documents() {
    let schema = fleet_schema();
    let good = json!({
        "namespace": "shop",
        "proxy": {"limits": {"connections": 500}, "drain": {"delay": "none"}},
        "defaults": {"timeout": "30s"},
        "listeners": {"web": {"address": "127.0.0.1:8080", "proxies": {"role": "gateway"}}},
        "routes": {"all": {"to": {"app": 1, "payments:ledger": 2}}},
        "clusters": {"app": {"endpoints": ["127.0.0.1:3000"]}},
        "grants": {"open": {"from": "*", "clusters": ["app", "x"]}},
        "quotas": {"routes": 20, "clusters": 20, "series": 100},
        "scopes": {"all": {"workloads": {"app": "shop"}, "reaches": ["app", "payments:*", "*"]}},
    });
    fits(&good, &schema, &schema).unwrap_or_else(|why| panic!("{why}"));
    cut(&Source::new("good", good.to_string())).unwrap_or_else(|faults| panic!("{faults}"));
    for bad in [json!({"proxy": {"id": "p1"}}), json!({"grants": {"a": {}}}), json!({"rows": 1})] {
        assert!(fits(&bad, &schema, &schema).is_err(), "{bad}");
        assert!(cut(&Source::new("bad", bad.to_string())).is_err(), "{bad}");
    }
}
