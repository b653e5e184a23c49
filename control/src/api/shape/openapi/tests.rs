use std::collections::BTreeSet;

use serde_json::Value;

use super::super::table::OPERATIONS;
use super::document;

/// Every `$ref` that a value has.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| match value {
            Value::String(reference) if key == "$ref" => _ = found.insert(reference.clone()),
            value => references(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn what_is_referred_to_is_there_and_nothing_else() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let known: BTreeSet<_> = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert_eq!(found, known);
}

#[test]
fn each_operation_is_there_once() {
    let ways: BTreeSet<_> = OPERATIONS.iter().map(|one| (one.path, one.verb.word())).collect();
    let pages: BTreeSet<_> = OPERATIONS.iter().map(|one| format!("{:?}", one.page)).collect();
    assert_eq!((ways.len(), pages.len()), (OPERATIONS.len(), OPERATIONS.len()));
    let document = document();
    for operation in OPERATIONS {
        let described = &document["paths"][operation.path][operation.verb.word()];
        let names = described["parameters"].as_array().expect("a list").iter();
        let names: Vec<_> = names.filter(|one| one["in"] == "path").map(|one| one["name"].clone()).collect();
        assert_eq!(names, operation.names().collect::<Vec<_>>());
        assert!(operation.about.ends_with('.'), "{}", operation.about);
    }
}
