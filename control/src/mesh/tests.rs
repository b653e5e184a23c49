#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod closed;
mod views;

use std::collections::BTreeMap;
use std::sync::Arc;

use towpath_config::parts::Outcome;

use super::*;
use crate::documents::{DocumentName, Documents};

fn documents(texts: &[(&str, &str)]) -> Documents {
    let named = |(name, text): &(&str, &str)| (DocumentName::parse(name).unwrap(), Arc::from(*text));
    texts.iter().map(named).collect()
}

/// What became of each document, in one word.
fn words(state: &State) -> BTreeMap<String, &'static str> {
    let word = |verdict: &Verdict| match (&verdict.outcome, &verdict.withdrawn) {
        (Outcome::Live, Some(_)) => "withdrawn",
        (Outcome::Live, None) => "live",
        (Outcome::Rejected(_), _) => "rejected",
        (Outcome::Waiting(_), _) => "waiting",
        (Outcome::Held(_), _) => "held",
    };
    state.verdicts().into_iter().map(|(name, verdict)| (name.to_string(), word(&verdict))).collect()
}

/// The names of what is live in a namespace.
fn live(state: &State, namespace: &str) -> Vec<String> {
    let parts = state.namespace(namespace).into_iter().flat_map(|one| one.parts().collect::<Vec<_>>());
    let mut names: Vec<_> =
        parts.map(|part| format!("{} {}", part.name().section().name(), part.name().name())).collect();
    names.sort();
    names
}

fn said(state: &State) -> String {
    state.faults().iter().map(ToString::to_string).collect()
}

const WEB: &str = "namespace: shop\nlisteners: {web: {address: 127.0.0.1:8080}}\n";
const APP: &str = "namespace: shop\nclusters: {app: {endpoints: [127.0.0.1:1]}}\n";
const ROUTE: &str = "namespace: shop\nroutes:\n  all: {to: app}\n";
const LEDGER: &str = "namespace: payments\nclusters: {ledger: {endpoints: [127.0.0.1:2]}}\n";
const GRANT: &str = "namespace: payments\ngrants: {shop: {from: shop, clusters: ledger}}\n";
const PAY: &str = "namespace: shop\nroutes:\n  pay:\n    to: payments:ledger\n";

#[test]
fn several_files_are_one_table_and_a_broken_one_keeps_its_last_good_text() {
    let first = State::default().next(&documents(&[("a.yaml", WEB), ("b.yaml", APP), ("c.yaml", ROUTE)]));
    assert_eq!(live(&first, "shop"), ["cluster app", "endpoints app", "listener web", "route all"]);
    for (text, word) in [
        ("namespace: shop\nroutes: {all: {too: app}}\n", "rejected"),
        ("routes: {all: [", "rejected"),
        ("namespace: shop\nroutes: {all: {to: apps}}\n", "waiting"),
    ] {
        let next = first.next(&documents(&[
            ("a.yaml", &WEB.replace("8080", "8081")),
            ("b.yaml", APP),
            ("c.yaml", text),
        ]));
        assert_eq!(words(&next)["c.yaml"], word, "{text}");
        assert_eq!(words(&next)["a.yaml"], "live", "{text}");
        assert_eq!(live(&next, "shop"), live(&first, "shop"), "{text}");
        let again = next.next(&documents(&[("a.yaml", WEB), ("b.yaml", APP), ("c.yaml", ROUTE)]));
        assert!(words(&again).values().all(|word| *word == "live"));
    }
}

#[test]
fn a_name_that_two_files_have_is_a_fault_that_names_both_places() {
    let first = State::default().next(&documents(&[("z.yaml", APP)]));
    let next = first.next(&documents(&[("a.yaml", APP), ("z.yaml", APP)]));
    assert_eq!((words(&next)["a.yaml"], words(&next)["z.yaml"]), ("rejected", "live"));
    let text = said(&next);
    assert!(
        text.contains("--> a.yaml:2:12") && text.contains("is there twice: also in z.yaml, line 2"),
        "{text}"
    );

    let twice = |text: &str| State::default().next(&documents(&[("a.yaml", text), ("b.yaml", text)]));
    for text in
        ["quotas: {routes: 3}\n", "grants: {a: {from: x, clusters: y}}\n", "scopes: {a: {reaches: x}}\n"]
    {
        assert_eq!(words(&twice(text)).values().copied().collect::<Vec<_>>(), ["live", "rejected"], "{text}");
    }
}

#[test]
fn a_route_points_into_another_namespace_with_a_grant_only() {
    let all = [("app.yaml", APP), ("ledger.yaml", LEDGER), ("pay.yaml", PAY)];
    let without = State::default().next(&documents(&all));
    assert_eq!(words(&without)["pay.yaml"], "waiting");
    let text = said(&without);
    assert!(text.contains("--> pay.yaml:4:9") && text.contains("with a grant of their owner"), "{text}");

    let granted = without.next(&documents(&[&all[..], &[("grant.yaml", GRANT)]].concat()));
    assert!(words(&granted).values().all(|word| *word == "live"), "{}", said(&granted));
    assert!(live(&granted, "shop").contains(&"cluster payments:ledger".to_owned()));
    assert!(State::restored(&granted.saved(), &documents(&all)).is_ok());

    // the grant is withdrawn, or the cluster: its owner is not hindered, and the route goes on
    for left in [&all[..], &[all[0], all[2], ("grant.yaml", GRANT)]] {
        let withdrawn = granted.next(&documents(left));
        let restored = State::restored(&granted.saved(), &documents(left)).unwrap();
        let later = State::restored(&withdrawn.saved(), &documents(left)).unwrap();
        for state in [withdrawn, restored, later] {
            assert_eq!(words(&state)["pay.yaml"], "withdrawn", "{}", said(&state));
            assert!(live(&state, "shop").contains(&"route pay".to_owned()));
            let text = said(&state);
            assert!(
                text.contains("--> pay.yaml:3:3") && text.contains("is granted no more, or gone"),
                "{text}"
            );
            let other =
                state.next(&documents(&[left, &[("new.yaml", &PAY.replace("pay:", "pay2:"))]].concat()));
            assert_eq!(words(&other)["pay.yaml"], "withdrawn");
        }
    }
    // a new endpoint of the owner reaches those who were granted it
    let moved = LEDGER.replace("127.0.0.1:2", "127.0.0.1:3");
    let moved = granted.next(&documents(&[all[0], ("ledger.yaml", &moved), all[2], ("grant.yaml", GRANT)]));
    let endpoints = moved
        .namespace("shop")
        .unwrap()
        .parts()
        .find(|part| part.name().name() == "payments:ledger" && part.text().contains(":3"));
    assert!(endpoints.is_some());
}

#[test]
fn one_tenant_does_not_stop_another() {
    let first = State::default().next(&documents(&[("a.yaml", APP), ("b.yaml", LEDGER)]));
    let next = first.next(&documents(&[
        ("a.yaml", "namespace: shop\nclusters: {app: {endpoints: [nowhere]}}\n"),
        ("b.yaml", &LEDGER.replace("127.0.0.1:2", "127.0.0.1:9")),
    ]));
    assert_eq!((words(&next)["a.yaml"], words(&next)["b.yaml"]), ("rejected", "live"));
    let shop = |state: &State| Arc::clone(state.namespace("shop").unwrap());
    let third = next.next(&documents(&[
        ("a.yaml", "namespace: shop\nclusters: {app: {endpoints: [nowhere]}}\n"),
        ("b.yaml", LEDGER),
    ]));
    assert!(!Arc::ptr_eq(&shop(&first), &shop(&next)), "it has a fault to tell");
    assert_eq!(live(&first, "shop"), live(&third, "shop"));
    let fourth = third.next(&documents(&[("a.yaml", APP), ("b.yaml", LEDGER), ("c.yaml", GRANT)]));
    let fifth = fourth.next(&documents(&[("a.yaml", APP), ("b.yaml", LEDGER)]));
    assert!(Arc::ptr_eq(&shop(&fourth), &shop(&fifth)), "who is not concerned is not settled anew");
}

#[test]
fn the_newest_goes_beyond_a_quota_and_what_is_there_stays() {
    let quota = "namespace: shop\nquotas: {routes: 2, series: 5}\n";
    let route = |name: &str, to: &str| format!("namespace: shop\nroutes: {{{name}: {{to: {to}}}}}\n");
    let (a, b, c) = (route("a", "app"), route("b", "app"), route("c", "app"));
    let base = [("app.yaml", APP), ("quota.yaml", quota), ("z.yaml", &a)];
    let first = State::default().next(&documents(&base));
    let second = first.next(&documents(&[&base[..], &[("b.yaml", &b), ("c.yaml", &c)]].concat()));
    assert_eq!(
        (words(&second)["b.yaml"], words(&second)["c.yaml"], words(&second)["z.yaml"]),
        ("live", "rejected", "live")
    );
    let text = said(&second);
    assert!(
        text.contains("--> c.yaml:2:10") && text.contains("would have 3 routes, and its quota is 2"),
        "{text}"
    );
    // a route with more destinations than there is room for
    let wide = route("b", "{app: 1, app/x: 2, app/y: 3, app/z: 4}");
    let third = second.next(&documents(&[&base[..], &[("b.yaml", &wide)]].concat()));
    assert!(said(&third).contains("series, and its quota is 5"), "{}", said(&third));
    let excess = |state: &State| state.excess().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        (excess(&first), excess(&second), excess(&third)),
        (vec![], vec!["c.yaml".to_owned()], vec!["b.yaml".to_owned()])
    );
    assert_eq!((first.faulty(), second.faulty()), (0, 1));
    let few = [base[0], ("quota.yaml", "namespace: shop\nquotas: {clusters: 1}\n")];
    let more = ("more.yaml", "namespace: shop\nclusters: {more: {endpoints: []}}\n");
    let clusters = first.next(&documents(&few)).next(&documents(&[&few[..], &[more]].concat()));
    assert!(said(&clusters).contains("would have 2 clusters, and its quota is 1"), "{}", said(&clusters));
    // a quota that is lowered takes nothing away
    let lower = [base[0], ("quota.yaml", "namespace: shop\nquotas: {routes: 1}\n"), base[2], ("b.yaml", &b)];
    let fourth = second.next(&documents(&lower));
    assert!(live(&fourth, "shop").contains(&"route b".to_owned()) && words(&fourth)["quota.yaml"] == "live");
}

#[test]
fn a_document_that_changes_its_namespace_leaves_the_old_one() {
    let first = State::default().next(&documents(&[("a.yaml", APP), ("b.yaml", ROUTE)]));
    let next = first.next(&documents(&[("a.yaml", &APP.replace("shop", "store")), ("b.yaml", ROUTE)]));
    assert_eq!(words(&next)["a.yaml"], "held");
    assert_eq!((live(&next, "shop").len(), live(&next, "store").len()), (3, 2));
    let last = next.next(&documents(&[("a.yaml", &APP.replace("shop", "store"))]));
    assert_eq!((live(&last, "shop").len(), live(&last, "store").len()), (0, 2));
    assert!(last.namespace("shop").is_none());
}

#[test]
fn a_server_that_starts_anew_has_what_was_good() {
    let good = documents(&[("a.yaml", APP), ("b.yaml", ROUTE), ("c.yaml", WEB)]);
    let broken = documents(&[("a.yaml", APP), ("b.yaml", "routes: ["), ("c.yaml", WEB)]);
    let before = State::default().next(&good).next(&broken);
    let after = State::restored(&before.saved(), &broken).unwrap();
    assert_eq!((live(&after, "shop"), words(&after)), (live(&before, "shop"), words(&before)));
    let nothing = State::restored(&before.saved(), &Documents::default()).unwrap();
    assert!(nothing.namespaces().next().is_none());
    assert!(State::restored("{", &good).is_err());
}
