use super::diff;
use crate::model::Config;
use crate::{Source, compile};

fn compiled(text: &str) -> Config {
    let source = Source::new("table.yaml", text);
    compile(&source, &|_| None).unwrap_or_else(|faults| panic!("{faults}\n{text}")).into_config()
}

fn changes(old: &str, new: &str) -> Vec<String> {
    diff(&compiled(old), &compiled(new)).iter().map(ToString::to_string).collect()
}

const OLD: &str = "
listeners: {web: {address: 127.0.0.1:8080}}
defaults: {timeout: 30s}
routes:
  checkout:
    hosts: [a.example.com, b.example.com]
    match: {path: /checkout/*, methods: [GET, POST]}
    to: {checkout/stable: 90, checkout/canary: 10}
  other: {to: plain}
clusters:
  checkout:
    endpoints: [{address: 127.0.0.1:1, labels: {v: a}}, {address: 127.0.0.1:2, labels: {v: b}}]
    subsets: {stable: {labels: {v: a}}, canary: {labels: {v: b}}}
  plain: {endpoints: [127.0.0.1:3]}
";

#[test]
fn another_way_to_write_it_is_no_change() {
    let new = "
clusters:
  plain: {endpoints: [{address: localhost:3, weight: 1}], balance: least-request}
  checkout:
    subsets: {canary: {labels: {v: b}}, stable: {labels: {v: a}}}
    endpoints: [{address: 127.0.0.1:2, labels: {v: b}}, {address: 127.0.0.1:1, labels: {v: a}}]
routes:
  other: {to: {plain: {weight: 1, timeout: 30000ms}}}
  checkout:
    timeout: 30s
    match: [{path: /checkout/*, methods: [POST, GET]}]
    hosts: [B.example.com, a.example.com]
    to: {'default:checkout/canary': 10, checkout/stable: {weight: 90}}
listeners: {web: {address: 127.0.0.1:8080, idle_timeout: 1m}}
";
    assert_eq!(changes(OLD, new), Vec::<String>::new());
}

#[test]
fn says_what_changes_and_what_it_means() {
    let new = OLD
        .replace("stable: 90", "stable: 50")
        .replace("canary: 10", "canary: 50")
        .replace("127.0.0.1:3]", "127.0.0.1:4]")
        .replace("timeout: 30s", "timeout: none");
    assert_eq!(
        changes(OLD, &new),
        [
            "- clusters.plain.endpoints.127.0.0.1:3: {weight: 1, labels: {}}",
            "+ clusters.plain.endpoints.127.0.0.1:4: {weight: 1, labels: {}}",
            "~ routes.checkout.to.checkout/canary.timeout: 30s → none",
            "~ routes.checkout.to.checkout/canary.weight: 10 → 50 (share 10% → 50%)",
            "~ routes.checkout.to.checkout/stable.timeout: 30s → none",
            "~ routes.checkout.to.checkout/stable.weight: 90 → 50 (share 90% → 50%)",
            "~ routes.other.to.plain.timeout: 30s → none",
        ]
    );
}

#[test]
fn notes_maintenance_users_and_sockets() {
    let new = OLD
        .replace("8080", "8081")
        .replace("{to: plain}", "{to: plain, maintenance: true}")
        .replace("canary: 10}", "canary: 10}\n    sticky: {by: {header: x-user}}");
    let found = changes(OLD, &new).join("\n");
    for expected in [
        "127.0.0.1:8080 → 127.0.0.1:8081 (the old socket is closed, a new one opened)",
        "(users are assigned anew)",
        "(requests are answered 503)",
    ] {
        assert!(found.contains(expected), "{found}");
    }
    assert!(changes(&new, OLD).join("\n").contains("(requests are served again)"));
}

#[test]
fn a_rank_that_moves_a_route_moves_the_order() {
    let table = "
listeners: {web: {address: 127.0.0.1:8080}}
routes:
  a: {match: {path: /x, headers: {one: present}}, to: app}
  b: {match: {path: /x, headers: {two: present}}, to: app}
  c: {match: {path: /y}, to: app}
clusters: {app: {endpoints: [127.0.0.1:3]}}
";
    let new = table.replace("b: {match", "b: {rank: 5, match");
    assert_eq!(
        changes(table, &new),
        [
            "~ routes.b.rank: 0 → 5",
            "~ order: a before b → b before a (requests that both match go to the other one)",
        ]
    );
}
