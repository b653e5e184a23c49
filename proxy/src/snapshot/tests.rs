use std::time::Duration;

use towpath_config::{Source, compile};

use super::*;
use crate::upstream::names::DnsVerdict;

fn snapshot(old: Option<&Snapshot>, dns: &str) -> Snapshot {
    let table = format!(
        "proxy: {{dns: {{{dns}}}}}\nclusters: {{a: {{dns: {{name: a.test, port: 80}}}}, b: {{endpoints: []}}}}\n"
    );
    let compiled = compile(&Source::new("test.yaml", table), &|_| None);
    let config = compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config();
    Snapshot::next(old, config, &SeriesBook::new(1))
}

#[test]
fn first_answers_are_waited_for_but_not_for_ever() {
    let first = snapshot(None, "startup_timeout: 3s");
    let after = |seconds| first.loaded() + Duration::from_secs(seconds);
    assert_eq!((first.awaited_names(after(2)), first.awaited_names(after(3))), (vec!["a"], vec![]));
    first.name("a").unwrap().state().record(DnsVerdict::Timeout, after(1));
    assert_eq!(first.awaited_names(after(2)), ["a"]);
    first.name("a").unwrap().state().record(DnsVerdict::Resolved, after(1));
    assert!(first.awaited_names(after(2)).is_empty());

    let later = snapshot(Some(&snapshot(None, "timeout: 1s")), "timeout: 1s");
    assert!(later.awaited_names(later.loaded()).is_empty(), "a reload does not take readiness back");
    let never = snapshot(None, "startup_timeout: none");
    assert!(never.awaited_names(never.loaded()).is_empty());
}

#[test]
fn endpoints_alone_leave_all_other_clusters_as_they_are() {
    let first = snapshot(None, "timeout: 1s");
    let endpoints = |text: &str| towpath_config::endpoints(text, 3).unwrap();
    let second = first.with_endpoints([("b", endpoints("[\"127.0.0.1:1\", \"127.0.0.1:2\"]"))]).unwrap();
    assert!(Arc::ptr_eq(&first.clusters[0], &second.clusters[0]) && Arc::ptr_eq(&first.index, &second.index));
    assert_eq!(second.config().clusters()[1].endpoints().len(), 2);
    let third = second.with_endpoints([("b", endpoints("[\"127.0.0.1:2\"]"))]).unwrap();
    let address = "127.0.0.1:2".parse::<std::net::SocketAddr>().unwrap().into();
    let (before, after) = (second.clusters[1].endpoint(&address), third.clusters[1].endpoint(&address));
    assert!(Arc::ptr_eq(before.unwrap(), after.unwrap()), "what is known of an endpoint that stays is kept");
    for name in ["a", "c"] {
        assert!(first.with_endpoints([("b", Vec::new()), (name, Vec::new())]).is_none(), "{name}");
    }
}

#[test]
fn endpoints_of_many_clusters_change_at_once() {
    let table = "clusters: {a: {endpoints: []}, b: {endpoints: []}, c: {endpoints: []}}\n";
    let compiled = compile(&Source::new("test.yaml", table), &|_| None);
    let first = Snapshot::next(None, compiled.unwrap().into_config(), &SeriesBook::new(1));
    let endpoints = || towpath_config::endpoints("[\"127.0.0.1:1\"]", 3).unwrap();
    let second = first.with_endpoints([("a", endpoints()), ("c", endpoints())]).unwrap();
    let counts = second.config().clusters().iter().map(|cluster| cluster.endpoints().len());
    assert_eq!(counts.collect::<Vec<_>>(), [1, 0, 1]);
    let address = "127.0.0.1:1".parse::<std::net::SocketAddr>().unwrap().into();
    let live = second.clusters.iter().map(|live| live.endpoint(&address).is_some());
    assert_eq!(live.collect::<Vec<_>>(), [true, false, true]);
    assert!(Arc::ptr_eq(&first.clusters[1], &second.clusters[1]));
}
