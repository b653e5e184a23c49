use serde_json::{Value, json};

use super::maintenance_edits;
use super::weights::{Within, split_edits, switch_edits};
use crate::api::index::{Index, Kind};
use crate::documents::{DocumentName, Documents};

/// What is put where in a route whose `to` is this, by what is made of it.
fn edits(
    to: &str,
    make: impl Fn(&crate::api::index::Resource, &Index) -> Result<Vec<Within>, String>,
) -> Result<Vec<String>, String> {
    let text = format!(
        "routes: {{app: {to}}}\nclusters:\n  app: {{subsets: {{blue: {{}}, green: {{}}, teal: {{}}}}}}\n  next: {{}}\n"
    );
    let documents: Documents =
        [(DocumentName::parse("a.yaml").expect("a name"), text.as_str().into())].into_iter().collect();
    let index = Index::new(&documents);
    let route = index.find("default", Kind::Route, "app").next().expect("it is there");
    make(route, &index)
        .map(|edits| edits.iter().map(|(path, value)| format!("{} {value}", path.join("."))).collect())
}

#[test]
fn weights_change_where_they_stand() {
    type Row = (&'static str, &'static [(&'static str, u32)], &'static [&'static str]);
    let rows: [Row; 8] = [
        (
            "{to: {app/blue: 90, app/green: 10}}",
            &[("blue", 50), ("green", 50)],
            &["to.app/blue 50", "to.app/green 50"],
        ),
        ("{to: {app/blue: 90, app/green: 10}}", &[("green", 20)], &["to.app/green 20"]),
        ("{to: {app/blue: 90, app/green: 10}}", &[("app/blue", 90)], &[]),
        ("{to: {app/blue: {weight: 9, timeout: 1s}}}", &[("blue", 8)], &["to.app/blue.weight 8"]),
        ("{to: {app/blue: {timeout: 1s}}}", &[("blue", 8)], &["to.app/blue.weight 8"]),
        ("{to: app/blue}", &[("blue", 80), ("green", 20)], &["to {\"app/blue\":80,\"app/green\":20}"]),
        ("{to: {app/blue: 90}}", &[("teal", 1), ("next", 2)], &["to.app/teal 1", "to.next 2"]),
        ("{to: {app: 1}}", &[("pay:ledger", 3), ("next/new", 4)], &["to.next/new 4", "to.pay:ledger 3"]),
    ];
    for (to, weights, expected) in rows {
        let weights = weights.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
        let found = edits(to, |route, index| split_edits(route, index, &weights));
        assert_eq!(
            found.as_deref(),
            Ok(expected.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>().as_slice()),
            "{to}"
        );
    }
}

#[test]
fn what_cannot_be_meant_is_said() {
    let rows = [
        (
            "{redirect: {host: a.test}}",
            "blue",
            "the route `app` sends nothing to destinations: it has no `to`",
        ),
        ("{to: {app/blue: 1}}", "pink", "the route `app` has no destination `pink`: it has `app/blue`"),
        (
            "{to: {app/blue: 1, next/blue: 1}}",
            "blue",
            "`blue` could be several: `app/blue`, `next/blue`; write the whole name",
        ),
    ];
    for (to, name, told) in rows {
        let weights = [(name.to_owned(), 1)].into_iter().collect();
        assert_eq!(edits(to, |route, index| split_edits(route, index, &weights)), Err(told.to_owned()));
    }
    let twice = [("blue".to_owned(), 1), ("app/blue".to_owned(), 2)].into_iter().collect();
    let found = edits("{to: {app/blue: 1}}", |route, index| split_edits(route, index, &twice));
    assert_eq!(found, Err("`app/blue` is named twice".to_owned()));
}

#[test]
fn a_switch_leaves_the_others_with_nothing() {
    let rows: [(&str, &str, &[&str]); 3] = [
        ("{to: {app/blue: 100, app/green: 0}}", "green", &["to.app/blue 0", "to.app/green 100"]),
        ("{to: {app/blue: 0, app/green: 100}}", "green", &[]),
        ("{to: app/blue}", "green", &["to {\"app/blue\":0,\"app/green\":100}"]),
    ];
    for (to, name, expected) in rows {
        let found = edits(to, |route, index| switch_edits(route, index, name)).expect("it can be done");
        assert_eq!(found, expected, "{to}");
    }
}

#[test]
fn maintenance_is_one_word_or_a_key() {
    let rows: [(Value, bool, Vec<Within>); 5] = [
        (Value::Null, true, vec![(vec!["maintenance".into()], json!(true))]),
        (Value::Null, false, vec![]),
        (json!(true), false, vec![(vec!["maintenance".into()], json!(false))]),
        (json!({"body": "x"}), true, vec![(vec!["maintenance".into(), "active".into()], json!(true))]),
        (json!({"active": true}), false, vec![(vec!["maintenance".into(), "active".into()], json!(false))]),
    ];
    for (written, active, expected) in rows {
        assert_eq!(
            maintenance_edits(Some(&written).filter(|value| !value.is_null()), active),
            expected,
            "{written}"
        );
    }
}
