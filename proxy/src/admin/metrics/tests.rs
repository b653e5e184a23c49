use std::time::Duration;

use super::*;
use crate::admin::pages::tests::{TABLE, context, shared};
use crate::observe::series::Sample;
use crate::observe::stats::Counter;
use crate::outcome::Reason;
use crate::shared::Leave;

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
    snapshot.series(None, None).record(
        0,
        &Sample { status: 404, elapsed: Duration::from_millis(1), request_bytes: 0, response_bytes: 0 },
    );
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

#[test]
fn every_family_is_documented() {
    let page = include_str!("../../../../docs/metrics.md");
    let text = exposition(&shared(TABLE), Format::OpenMetrics);
    for family in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()) {
        assert!(page.contains(&format!("`{family}")), "{family} is not in docs/metrics.md");
    }
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
