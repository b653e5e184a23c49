use towpath_config::{Source, compile};

use super::*;
use crate::observe::series::SeriesBook;
use crate::snapshot::Snapshot;

fn snapshot(old: Option<&Snapshot>, mode: &str) -> Snapshot {
    let table = format!(
        "listeners: {{web: {{address: 127.0.0.1:0}}}}\nroutes: {{r: {{to: a}}}}\n\
         clusters: {{a: {{dns: {{name: a.test, port: 80, mode: {mode}}}, subsets: {{all: {{labels: {{}}}}}}}}}}\n"
    );
    let compiled = compile(&Source::new("test.yaml", table), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    Snapshot::next(old, config, &SeriesBook::new(1))
}

fn endpoints(list: &[&str]) -> Vec<Endpoint> {
    list.iter().map(|address| Endpoint::resolved(address.parse().unwrap(), 1, Place::BuiltIn)).collect()
}

fn live(snapshot: &Snapshot) -> &LiveCluster {
    snapshot.cluster(snapshot.config().cluster_ids().next().unwrap()).unwrap()
}

/// The ids of the endpoints that can be chosen, in the order of their addresses.
fn ids(snapshot: &Snapshot) -> Vec<u64> {
    let mut members: Vec<_> = live(snapshot)
        .endpoints(Some(0))
        .members()
        .map(|(state, _)| (state.address().clone(), state.id()))
        .collect();
    members.sort();
    members.into_iter().map(|(_, id)| id).collect()
}

#[test]
fn an_endpoint_keeps_its_state_over_answers_and_reloads() {
    let first = snapshot(None, "strict");
    assert!(live(&first).endpoints(None).is_empty());
    let second = first.answered("a", &endpoints(&["10.0.0.1:80", "10.0.0.2:80"])).unwrap();
    assert!(second.answered("a", &endpoints(&["10.0.0.1:80", "10.0.0.2:80"])).is_none(), "nothing is new");
    let third = second.answered("a", &endpoints(&["10.0.0.2:80", "10.0.0.3:80"])).unwrap();
    assert_eq!((ids(&third)[0], third.generation()), (ids(&second)[1], 1));
    let gone = Arc::clone(live(&second).endpoint(endpoints(&["10.0.0.1:80"])[0].address()).unwrap());
    assert!(second.has_endpoint("a", &gone) && !third.has_endpoint("a", &gone));

    let mut reloaded = snapshot(Some(&second), "strict");
    assert_eq!(ids(&reloaded), ids(&second));
    reloaded.catch_up(&third);
    assert_eq!(ids(&reloaded), ids(&third), "what was said while the table was read");
    assert!(ids(&snapshot(Some(&third), "logical")).is_empty(), "another question has another answer");
}

#[test]
fn in_the_logical_mode_old_connections_stay_usable() {
    let first = snapshot(None, "logical").answered("a", &endpoints(&["10.0.0.1:80"])).unwrap();
    let old = Arc::clone(live(&first).endpoint(endpoints(&["10.0.0.1:80"])[0].address()).unwrap());
    let second = first.answered("a", &endpoints(&["10.0.0.2:80"])).unwrap();
    assert_eq!(ids(&second), [old.id()]);
    assert!(second.has_endpoint("a", &old));
}

#[test]
fn what_is_lacking_has_its_reason() {
    let none = snapshot(None, "strict");
    let name = none.name("a").unwrap();
    assert_eq!(live(&none).lack(), Reason::DnsPending);
    name.state().begin();
    assert_eq!(live(&none).lack(), Reason::DnsPending);
    name.state().record(DnsVerdict::Timeout, std::time::SystemTime::now());
    assert_eq!(live(&none).lack(), Reason::DnsFailed);
    name.state().record(DnsVerdict::Resolved, std::time::SystemTime::now());
    assert_eq!(live(&none).lack(), Reason::NoEndpoint);
}
