use serde_json::json;

use super::super::view::{Sort, Tone};
use super::lines;

#[test]
fn series_are_lines() {
    let series = |route: &str, requests: u64, errors: u64, p99: serde_json::Value| {
        json!({"namespace": "shop", "route": route, "cluster": "app", "subset": "v1", "class": "",
            "requests": requests, "errors": errors, "p50_ms": 1.0, "p90_ms": null, "p99_ms": p99})
    };
    let traffic = json!({"seconds": 10.0, "proxies": 3, "left_out": 0,
        "series": [series("a", 100, 1, json!(1500.0)), series("b", 1000, 0, json!(2.5)), series("c", 0, 0, json!(null))]});
    let found = lines(&traffic, Sort::Rate);
    assert_eq!(found[0], (Tone::Heading, "3 proxies, the last 10s".to_owned()));
    assert_eq!(
        found[3..].iter().map(|(tone, line)| (*tone, line.as_str())).collect::<Vec<_>>(),
        [
            (Tone::Plain, "shop       b      app/v1         100.0/s     0.00%     1.0ms         -     2.5ms"),
            (Tone::Bad, "shop       a      app/v1          10.0/s     1.00%     1.0ms         -      1.5s"),
            (Tone::Idle, "shop       c      app/v1           0.0/s     0.00%     1.0ms         -         -"),
        ]
    );
    assert_eq!(lines(&traffic, Sort::Name)[3].1.split_whitespace().nth(1), Some("a"));
}
