use std::net::IpAddr;

use towpath_config::model::Config;
use towpath_config::{Source, compile};

use super::*;
use crate::codec::fields::Fields;

fn config(maintenance: &str) -> Config {
    let text = format!(
        "listeners: {{web: {{address: 127.0.0.1:0}}}}\nroutes: {{r: {{to: c, maintenance: {maintenance}}}}}\nclusters: {{c: {{endpoints: [127.0.0.1:1]}}}}\n"
    );
    let compiled = compile(&Source::new("test.yaml", text), &|_| None);
    compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config()
}

fn at(text: &str) -> SystemTime {
    humantime::parse_rfc3339(text).expect("a time")
}

/// What a request for `path` from `source` gets at `now`: seconds to wait, or nothing when it passes.
fn waits(config: &Config, path: &str, source: &str, now: SystemTime) -> Option<String> {
    let maintenance = config.routes()[0].maintenance().as_ref().expect("a maintenance");
    let source = source.parse::<IpAddr>().expect("an address").into();
    let fields = Fields::default();
    let listener = config.listener_ids().next().expect("a listener");
    let view = RequestView { listener, host: "a", method: "GET", path, query: None, fields: &fields, source };
    judge(maintenance, &view, || now).map(|reply| reply.fields[0].1.clone())
}

#[test]
fn a_route_is_closed_when_it_is_said_to_be() {
    const SCHEDULE: &str =
        "{retry_after: 10m, schedule: {start: 2026-12-01T02:00:00Z, end: 2026-12-01T04:00:00Z}}";
    let table = [
        ("true", "2026-12-01T00:00:00Z", Some("300")),
        ("false", "2026-12-01T00:00:00Z", None),
        ("{active: true, retry_after: 90s}", "2026-12-01T00:00:00Z", Some("90")),
        (SCHEDULE, "2026-12-01T01:59:59Z", None),
        (SCHEDULE, "2026-12-01T02:00:00Z", Some("600")),
        (SCHEDULE, "2026-12-01T03:59:30Z", Some("30")),
        (SCHEDULE, "2026-12-01T04:00:00Z", None),
        ("{schedule: {start: 2026-12-01T02:00:00Z}}", "2027-01-01T00:00:00Z", Some("300")),
        ("{schedule: {end: 2026-12-01T02:00:00Z}}", "2026-12-01T01:00:00Z", Some("300")),
        ("{schedule: {end: 2026-12-01T02:00:00Z}}", "2026-12-01T02:00:01Z", None),
    ];
    for (maintenance, now, expected) in table {
        let got = waits(&config(maintenance), "/", "10.0.0.1", at(now));
        assert_eq!(got.as_deref(), expected, "{maintenance} at {now}");
    }
}

#[test]
fn operators_and_probes_get_through() {
    let config = config("{bypass: [{source: [192.0.2.0/24]}], health_paths: [/up]}");
    let now = SystemTime::UNIX_EPOCH;
    assert!(waits(&config, "/", "10.0.0.1", now).is_some());
    assert!(waits(&config, "/", "192.0.2.7", now).is_none());
    assert!(waits(&config, "/up", "10.0.0.1", now).is_none());
    assert!(waits(&config, "/healthz", "10.0.0.1", now).is_some(), "the list replaces the default one");
}
