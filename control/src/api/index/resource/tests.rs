use serde_json::json;

use super::super::kind::Kind;
use super::Index;
use crate::documents::{DocumentName, Documents};

fn documents(list: &[(&str, &str)]) -> Documents {
    let pair = |(name, text): &(&str, &str)| (DocumentName::parse(name).expect("a name"), (*text).into());
    list.iter().map(pair).collect()
}

#[test]
fn each_value_has_its_name_and_place() {
    let index = Index::new(&documents(&[
        ("broken.yaml", "routes: {"),
        (
            "pay/ledger.yaml",
            "namespace: pay\nclusters: {ledger: {endpoints: [127.0.0.1:1]}}\nquotas: {routes: 5}\n",
        ),
        (
            "shop.yaml",
            "routes: {b: {to: x}, a: {to: {x: 90, y: 10}}}\ndefaults: {timeout: 3s}\nlisteners: oops\n",
        ),
    ]));
    let found: Vec<_> = index
        .resources()
        .iter()
        .map(|one| format!("{} {} {} {}", one.namespace, one.kind.word(), one.name, one.document))
        .collect();
    assert_eq!(
        found,
        [
            "default settings settings shop.yaml",
            "default route a shop.yaml",
            "default route b shop.yaml",
            "pay cluster ledger pay/ledger.yaml",
            "pay quotas quotas pay/ledger.yaml",
        ]
    );
    let route = index.find("default", Kind::Route, "a").next().expect("it is there");
    assert_eq!(route.value, json!({"to": {"x": 90, "y": 10}}));
    assert_eq!(index.documents("pay").map(DocumentName::as_str).collect::<Vec<_>>(), ["pay/ledger.yaml"]);
    assert_eq!(index.namespace(&DocumentName::parse("broken.yaml").expect("a name")), None);
}

#[test]
fn words_lead_to_kinds_and_back() {
    for kind in
        [Kind::Settings, Kind::Listener, Kind::Route, Kind::Cluster, Kind::Grant, Kind::Scope, Kind::Quotas]
    {
        assert_eq!(Kind::of(kind.word()), Some(kind));
    }
    assert_eq!(Kind::of("routes"), Some(Kind::Route));
    assert_eq!(Kind::of("pod"), None);
    assert_eq!(Kind::Route.paths("a"), [["routes", "a"]]);
    assert_eq!(Kind::Settings.paths("settings"), [["proxy"], ["defaults"]]);
    assert_eq!(Kind::of_section("settings"), None);
}
