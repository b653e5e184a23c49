use super::*;
use crate::parts::{Base, Unit, cut, settle};
use crate::source::Source;

fn parts(text: &str) -> Content {
    cut(&Source::new("test.yaml", text)).unwrap_or_else(|faults| panic!("{faults}")).content().clone()
}

fn settled(namespace: &str, contents: Vec<Content>) -> crate::model::Config {
    let units: Vec<_> = contents.into_iter().map(|new| Unit { new: Some(new), good: None }).collect();
    let settled =
        settle("test", &Base::namespace(namespace), &units).unwrap_or_else(|faults| panic!("{faults}"));
    assert!(settled.outcomes().iter().all(|outcome| outcome.faults().is_none()), "{settled:?}");
    settled.compiled().config().clone()
}

#[test]
fn a_cluster_is_the_same_elsewhere() {
    let home = "namespace: payments\n\
        defaults: {timeout: 7s, limits: {pending: 3, connections: 9}, balance: random, headers: {request: {set: {X-A: \"1\", x-b: \"2\"}}}, compression: {algorithms: [br], min_bytes: 9KiB}}\n\
        clusters: {ledger: {endpoints: [127.0.0.1:1], limits: {pending: 4}, headers: {request: {set: {x-a: \"3\"}}}, compression: [gzip], subsets: {s: {labels: {}, timeout: 2s}}}}\n\
        routes: {r: {to: {ledger/s: 1, ledger: 2}}}\n";
    let content = parts(home);
    let find = |section, name: &str| content.part(&PartName::new(section, name).unwrap());
    let away = foreign(
        "payments:ledger",
        find(Section::Cluster, "ledger").unwrap(),
        find(Section::Endpoints, "ledger"),
        find(Section::Settings, "settings"),
    );
    let route = parts(
        "routes: {r: {to: {payments:ledger/s: 1, payments:ledger: 2}}}\ndefaults: {timeout: 99s, limits: {pending: 77}}\n",
    );
    let there = crate::long(&settled("shop", vec![route, away.unwrap()]));
    let here = crate::long(&settled("payments", vec![content.clone()]));
    assert_eq!(there["clusters"]["payments:ledger"], here["clusters"]["ledger"]);
    for (theirs, own) in [("payments:ledger", "ledger"), ("payments:ledger/s", "ledger/s")] {
        assert_eq!(there["routes"]["r"]["to"][theirs], here["routes"]["r"]["to"][own]);
        assert!(own.ends_with('s') || here["routes"]["r"]["to"][own]["timeout"] == "7s", "{here}");
    }
}
