use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::admin::pages::tests::{TABLE, context, shared};
use crate::observe::series::Sample;
use crate::observe::stats::Counter;
use crate::outcome::Reason;
use crate::shared::{Fleet, Hosts, Leave, Origin, Tally};

/// The value of the one sample with this name and these labels.
fn value(text: &str, sample: &str) -> f64 {
    let mut found = text.lines().filter_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    let value = found.next().unwrap_or_else(|| panic!("no {sample} in\n{text}"));
    assert_eq!(found.next(), None, "{sample} comes twice");
    value.parse().unwrap()
}

#[test]
fn the_process_and_its_clusters_are_shown() {
    let shared = shared(TABLE);
    let snapshot = shared.snapshot();
    let elapsed = Duration::from_millis(1);
    let sample =
        Sample { status: 404, grpc: None, elapsed, first_byte: None, request_bytes: 0, response_bytes: 0 };
    assert!(snapshot.series(None, None).record(0, &sample).is_none(), "nobody wants to see it");
    shared.stats().control().local_reply(Reason::NoPath);
    shared.stats().control().add(Counter::Reloads, 3);
    let text = exposition(&shared, Format::OpenMetrics);
    let build = format!("towpath_build_info{{version=\"{}\",id=\"p1\"", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&build), "{text}");
    assert_eq!(value(&text, "towpath_config_generation"), 1.0);
    assert_eq!(value(&text, "towpath_config_rejected"), 0.0);
    assert!(value(&text, "towpath_config_loaded_timestamp_seconds") > 1.7e9);
    assert_eq!(value(&text, "towpath_cluster_connections{cluster=\"app\"}"), 0.0);
    assert_eq!(value(&text, "towpath_endpoint_active{cluster=\"app\",endpoint=\"127.0.0.1:3002\"}"), 0.0);
    assert_eq!(value(&text, "towpath_reloads_total"), 3.0);
    assert_eq!(value(&text, "towpath_local_replies_total{reason=\"no-path\"}"), 1.0);
    let unrouted = "towpath_requests_total{route=\"\",cluster=\"\",subset=\"\",class=\"\",code=\"4xx\"}";
    assert_eq!(value(&text, unrouted), 1.0);
    assert_eq!(value(&text, "towpath_drain_stage"), 0.0);
    shared.begin_drain(Leave::Announced);
    assert_eq!(value(&exposition(&shared, Format::Classic), "towpath_drain_stage"), 1.0);
    shared.reject("bad".to_owned());
    assert_eq!(value(&exposition(&shared, Format::Classic), "towpath_config_rejected"), 1.0);
}

/// The families that the page lists: name and type, from the rows of its tables.
fn documented() -> BTreeSet<(String, String)> {
    let page = include_str!("../../../../docs/metrics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows: Vec<_> = rows
        .map(|row| {
            let mut cells = row.split('|').map(str::trim);
            let name = cells.next().and_then(|name| name.strip_suffix('`')).unwrap();
            (name.to_owned(), cells.next().unwrap().to_owned())
        })
        .collect();
    let listed: BTreeSet<_> = rows.iter().cloned().collect();
    assert_eq!(rows.len(), listed.len(), "a family is listed twice");
    listed
}

/// A place in a fleet of which there is something to show.
fn place() -> Arc<Fleet> {
    let (hosts, _asks) = Hosts::new(1, Duration::from_secs(1));
    let place = Fleet::new("127.0.0.1:15011", Some(hosts));
    place.note(|standing| {
        standing.origin = Some(Origin::Received);
        standing.confirmed = Some(SystemTime::now());
        standing.tallies = Arc::new([Tally { kind: "route", live: 1, open: [0; 3] }]);
    });
    Arc::new(place)
}

#[test]
fn the_page_lists_exactly_the_families_that_are_exposed() {
    let alone = Arc::try_unwrap(shared(TABLE)).expect("nobody else has it");
    let text = exposition(&alone.with_fleet(Some(place())), Format::OpenMetrics);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let exposed: BTreeSet<_> = types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
    let documented = documented();
    let not_listed: Vec<_> = exposed.difference(&documented).collect();
    let not_exposed: Vec<_> = documented.difference(&exposed).collect();
    assert!(
        not_listed.is_empty() && not_exposed.is_empty(),
        "not listed: {not_listed:?}; not exposed: {not_exposed:?}"
    );
}

#[test]
fn what_the_table_has_beyond_its_limit_is_counted_together() {
    let table = TABLE.replace("proxy: {", "proxy: {limits: {series: 2}, ").replace(
        "  all: {to: app}\n",
        "  a: {to: app}\n  b: {to: app, match: {path: /b/*}}\n  c: {to: app/old, match: {path: /c/*}}\n",
    );
    let shared = shared(&table);
    let snapshot = shared.snapshot();
    let elapsed = Duration::from_millis(1);
    let sample =
        Sample { status: 200, grpc: None, elapsed, first_byte: None, request_bytes: 0, response_bytes: 0 };
    for route in snapshot.config().route_ids() {
        assert!(snapshot.series(Some(route), Some(0)).record(0, &sample).is_none());
    }
    let text = exposition(&shared, Format::Classic);
    assert_eq!(value(&text, "towpath_series_overflowed"), 4.0);
    let counted = |route, cluster| {
        value(
            &text,
            &format!(
                "towpath_requests_total{{route=\"{route}\",cluster=\"{cluster}\",subset=\"\",class=\"\",code=\"2xx\"}}"
            ),
        )
    };
    assert_eq!((counted("a", "app"), counted("_overflow", "")), (1.0, 2.0));
}

#[test]
fn endpoints_beyond_the_limit_are_added_up() {
    let shared = shared(&TABLE.replace("proxy: {", "proxy: {limits: {series: 1}, "));
    let text = exposition(&shared, Format::Classic);
    assert_eq!(value(&text, "towpath_endpoint_idle{cluster=\"app\",endpoint=\"127.0.0.1:3001\"}"), 0.0);
    assert_eq!(value(&text, "towpath_endpoint_idle{cluster=\"_overflow\",endpoint=\"\"}"), 0.0);
    assert!(!text.contains("127.0.0.1:3002"), "{text}");
}

#[test]
fn saturation_stands_beside_its_limit() {
    let shared = shared(&TABLE.replace("  app:\n", "  app:\n    limits: {connections: 7, pending: 3}\n"));
    let text = exposition(&shared, Format::Classic);
    for (name, wanted) in
        [("connections", 0.0), ("connections_limit", 7.0), ("pending", 0.0), ("pending_limit", 3.0)]
    {
        assert_eq!(value(&text, &format!("towpath_cluster_{name}{{cluster=\"app\"}}")), wanted, "{name}");
    }
    let subset =
        |name: &str| value(&text, &format!("towpath_subset_{name}{{cluster=\"app\",subset=\"old\"}}"));
    assert_eq!((subset("active"), subset("endpoints")), (0.0, 1.0));
    assert_eq!(value(&text, "towpath_worker_connections{worker=\"0\"}"), 0.0);
}

#[test]
fn the_scraper_says_which_format_it_reads() {
    let site = context(TABLE).site;
    let scrape = |accept: &str| page(&site, &Asked { accept: accept.to_owned(), ..Asked::default() });
    let classic = scrape("");
    assert!(classic.content_type.starts_with("text/plain; version=0.0.4") && !classic.body.contains("# EOF"));
    let modern = scrape("application/openmetrics-text;version=1.0.0");
    assert!(
        modern.content_type.starts_with("application/openmetrics-text") && modern.body.ends_with("\n# EOF\n")
    );
}
