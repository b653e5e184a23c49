use serde_json::json;

use super::super::view::{Sort, Tone};
use super::lines;

#[test]
fn series_are_lines() {
    let series = |route: &str, requests: u64, errors: u64, p99: serde_json::Value| {
        json!({"namespace": "shop", "route": route, "cluster": "app", "subset": "v1", "class": "",
            "requests": requests, "errors": errors, "request_bytes": 0, "response_bytes": requests * 2000,
            "connections": 0, "connections_failed": 0, "p50_ms": 1.0, "p90_ms": null, "p99_ms": p99})
    };
    let traffic = json!({"seconds": 10.0, "proxies": 3, "left_out": 0,
        "series": [series("a", 100, 1, json!(1500.0)), series("b", 1000, 0, json!(2.5)), series("c", 0, 0, json!(null))]});
    let found = lines(&traffic, Sort::Rate);
    assert_eq!(found[0], (Tone::Heading, "3 proxies, the last 10s".to_owned()));
    assert_eq!(
        found[3..].iter().map(|(tone, line)| (*tone, line.as_str())).collect::<Vec<_>>(),
        [
            (
                Tone::Plain,
                "shop       b      app/v1         100.0/s     0.00%     1.0ms         -     2.5ms     0.0B/s  200.0kB/s"
            ),
            (
                Tone::Bad,
                "shop       a      app/v1          10.0/s     1.00%     1.0ms         -      1.5s     0.0B/s   20.0kB/s"
            ),
            (
                Tone::Idle,
                "shop       c      app/v1           0.0/s     0.00%     1.0ms         -         -     0.0B/s     0.0B/s"
            ),
        ]
    );
    assert_eq!(lines(&traffic, Sort::Name)[3].1.split_whitespace().nth(1), Some("a"));
}

#[test]
fn connections_and_what_else_happened_are_told() {
    let tcp = json!({"namespace": "shop", "route": "mail", "cluster": "smtp", "subset": "", "class": "slow",
        "requests": 0, "errors": 0, "connections": 50, "connections_failed": 5, "request_bytes": 25_000_000,
        "response_bytes": 10, "p50_ms": null, "p90_ms": null, "p99_ms": null});
    let traffic = json!({"seconds": 10.0, "proxies": 1, "left_out": 0, "series": [tcp],
        "clusters": [
            {"namespace": "shop", "cluster": "app", "counts": {"towpath_upstream_reused": 9}},
            {"namespace": "shop", "cluster": "smtp", "counts":
                {"towpath_upstream_connections": 45, "towpath_upstream_connect_failures": 5, "towpath_upstream_retries": 1}},
        ],
        "local_replies": [{"namespace": "pay", "reasons": {"no-host": 4}}]});
    let found: Vec<_> = lines(&traffic, Sort::Rate).into_iter().map(|(_, line)| line).collect();
    let row: Vec<_> = found[3].split_whitespace().collect();
    assert_eq!(row[..6], ["shop", "mail", "(tcp,", "slow)", "smtp", "5.0/s"]);
    assert_eq!((row[6], row[10..].join(" ")), ("10.00%", "2.5MB/s 1.0B/s".to_owned()));
    let besides = ["", "shop  smtp: connect failures 5, retries 1", "pay  (the proxy itself): no-host 4"];
    assert_eq!(found[4..], besides);
}
