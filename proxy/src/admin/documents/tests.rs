use std::time::{Duration, UNIX_EPOCH};

use towpath_config::model::Address;
use towpath_config::{Source, compile};

use super::*;
use crate::admin::pages::tests::{TABLE, ask, context, json};
use crate::upstream::endpoint::Active;

#[test]
fn times_are_rfc_3339() {
    assert_eq!(time(UNIX_EPOCH + Duration::from_millis(1_700_000_000_123)), "2023-11-14T22:13:20.123Z");
}

#[tokio::test]
async fn the_config_is_the_table_spelled_out() {
    let context = context(TABLE);
    let document = json(&context, "/config").await;
    assert_eq!(document["generation"], 1);
    assert_eq!(document["source"], "table.yaml");
    assert_eq!(document["rejected"], Value::Null);
    assert_eq!(document["config"]["proxy"]["id"], "p1");
    assert!(humantime::parse_rfc3339(document["loaded"].as_str().unwrap()).is_ok());
}

#[tokio::test]
async fn the_yaml_form_compiles_to_the_same_meaning() {
    let context = context(TABLE);
    let reply = ask(&context, "GET", "/config?format=yaml").await;
    assert_eq!(reply.content_type, "application/yaml");
    let compiled = compile(&Source::new("long", reply.body), &|_| None).unwrap();
    assert!(towpath_config::diff(context.site.shared.snapshot().config(), compiled.config()).is_empty());
}

#[tokio::test]
async fn a_table_that_was_refused_is_told_with_its_faults() {
    let context = context(TABLE);
    context.site.shared.reject("table.yaml:7:1 no such cluster".to_owned());
    let rejected = json(&context, "/config").await["rejected"].clone();
    assert_eq!(rejected["faults"], "table.yaml:7:1 no such cluster");
    assert!(humantime::parse_rfc3339(rejected["at"].as_str().unwrap()).is_ok());
}

#[tokio::test]
async fn clusters_show_their_live_state() {
    let context = context(TABLE);
    let snapshot = context.site.shared.snapshot();
    let live = snapshot.cluster(snapshot.config().cluster_ids().next().unwrap()).unwrap();
    let _slot = live.state().try_slot(10).unwrap();
    let _active = Active::begin(live.endpoint(&Address::Ip("127.0.0.1:3001".parse().unwrap())).unwrap());
    let app = json(&context, "/clusters").await["app"].clone();
    assert_eq!((&app["connections"], &app["pending"]), (&1.into(), &0.into()));
    assert_eq!(app["limits"]["connections"], 1024);
    assert_eq!(app["endpoints"][0]["address"], "127.0.0.1:3001");
    assert_eq!((&app["endpoints"][0]["active"], &app["endpoints"][1]["active"]), (&1.into(), &0.into()));
    assert_eq!(app["endpoints"][1]["weight"], 0);
    assert_eq!(app["subsets"]["old"]["endpoints"][0], "127.0.0.1:3001");
}

#[tokio::test]
async fn routes_come_in_the_order_of_trial() {
    let table = TABLE.replace(
        "  all: {to: app}",
        "  all: {to: app}\n  api: {match: {path: /api/*, methods: [GET]}, to: app}\n  shop: {hosts: [shop.example.com], redirect: {scheme: https}}",
    );
    let rows = json(&context(&table), "/routes").await;
    let column = |name: &str| -> Vec<_> {
        rows.as_array().unwrap().iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(column("route"), ["shop", "api", "all"]);
    assert_eq!(column("host"), ["shop.example.com", "*", "*"]);
    assert_eq!(column("path"), ["/*", "/api/*", "/*"]);
    assert_eq!(column("action"), ["redirect", "forward", "forward"]);
    assert_eq!(rows[1]["methods"][0], "GET");
    assert_eq!(rows[1]["written"], "line 5");
}
