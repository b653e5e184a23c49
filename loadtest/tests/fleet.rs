//! `towpath-load fleet` against a server that is a script: what it says on the wire, and what it counts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/ads.rs"]
mod ads;
#[path = "support/lib.rs"]
mod support;

use std::fs;

use ads::Server;
use serde_json::Value;
use support::{Ran, count, load};

fn fleet(server: &Server, arguments: &[&str]) -> Ran {
    let control = server.address.to_string();
    let timeout = if arguments.contains(&"--timeout") { &[][..] } else { &["--timeout", "20s"] };
    load(&[&["fleet", "--control", &control, "--json", "-"], timeout, arguments].concat())
}

fn figures(server: &Server, arguments: &[&str]) -> Value {
    let ran = fleet(server, arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.figures()
}

#[test]
fn all_get_in_sync_on_few_connections() {
    let server = Server::start();
    let figures = figures(
        &server,
        &["--proxies", "20", "--connections", "3", "--namespace", "shop", "--label", "app=web"],
    );
    assert_eq!((count(&figures, "/sync/proxies"), count(&figures, "/sync/of")), (20, 20));
    // a settings, a cluster, its endpoints, a listener and two routes, the routes in two responses
    assert_eq!((count(&figures, "/held"), count(&figures, "/sync/responses")), (20 * 6, 20 * 6));
    assert!(count(&figures, "/sync/bytes") > 0 && figures["sync"]["time_ms"]["p99"].as_f64().unwrap() > 0.0);
    let seen = server.seen();
    assert_eq!((seen.connections, seen.streams, seen.acknowledged), (3, 20, 20 * 6));
    let expected = (1..=20).map(|number| (format!("load-{number}"), "shop".to_owned(), "web".to_owned()));
    assert_eq!(seen.identities, expected.collect());
    assert_eq!(figures["faults"], serde_json::json!({}));
}

#[test]
fn a_change_is_measured_until_all_have_acknowledged_it() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("change.yaml");
    fs::write(&document, "routes: {a: {to: c, rank: {n}}}\n").unwrap();
    let api = server.api.to_string();
    let document = document.to_str().unwrap();
    let changes = ["--apply", document, "--api", &api, "--times", "2"];
    let process = std::process::id().to_string();
    let figures = figures(&server, &[&["--proxies", "5", "--pid", &process], &changes[..]].concat());
    assert_eq!((count(&figures, "/applied/times"), count(&figures, "/applied/each/1/proxies")), (2, 5));
    assert_eq!(count(&figures, "/applied/each/0/resources"), 5);
    let time = |pointer: &str| figures.pointer(pointer).and_then(Value::as_f64).unwrap();
    assert!(time("/applied/acknowledged_ms/p50") <= time("/applied/last_acknowledged_ms/max"), "{figures:#}");
    assert!(count(&figures, "/server/applied/rss_kib") > 0);
    let bodies: Vec<_> = (1..=2).map(|turn| format!("routes: {{a: {{to: c, rank: {turn}}}}}\n")).collect();
    assert_eq!(server.seen().applied, bodies);
}

#[test]
fn after_a_storm_all_come_back_with_what_they_hold() {
    let server = Server::start();
    let figures = figures(&server, &["--proxies", "10", "--reconnect-storm"]);
    assert_eq!((count(&figures, "/storm/proxies"), count(&figures, "/storm/resources")), (10, 0));
    let seen = server.seen();
    assert_eq!((seen.connections, seen.streams), (20, 20));
    assert_eq!(count(&figures, "/held"), 10 * 6);
}

#[test]
fn on_demand_only_what_serves_the_host_is_loaded() {
    let server = Server::start();
    let figures =
        figures(&server, &["--proxies", "3", "--namespace", "shop", "--on-demand", "a.example.com"]);
    // settings, listener, host, cluster, endpoints, and one of the routes
    assert_eq!((count(&figures, "/sync/proxies"), count(&figures, "/held")), (3, 3 * 6));
    assert!(server.seen().names.contains("shop/a.example.com"));
}

#[test]
fn who_never_acknowledges_hears_one_response_of_a_type() {
    let server = Server::start();
    let figures = figures(&server, &["--proxies", "2", "--never-ack", "--timeout", "1s"]);
    assert_eq!((count(&figures, "/sync/proxies"), count(&figures, "/sync/responses")), (0, 2 * 5));
    assert_eq!(server.seen().acknowledged, 0);
}

#[test]
fn a_server_that_is_not_there_is_a_failure_with_its_reason() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let ran = load(&["fleet", "--control", &nobody, "--proxies", "2", "--timeout", "1s"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("2 of 2 proxies did not get in 1s what they should"), "{ran:?}");
    assert!(ran.stdout.contains("streams ended"), "{ran:?}");
}

#[test]
fn what_cannot_be_used_is_said_before_anybody_connects() {
    for (arguments, word) in [
        (["--label", "app"], "no label"),
        (["--proxies", "0"], "0 is not in"),
        (["--apply", "x.yaml"], "--api"),
        (["--times", "3"], "--apply"),
    ] {
        let ran = load(&[&["fleet", "--control", "127.0.0.1:1"], &arguments[..]].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(word), "{word}: {ran:?}");
    }
    let ran = load(&["fleet", "--control", "no address", "--proxies", "1"]);
    assert!(ran.code == 2 && ran.stderr.contains("`no address` is no address"), "{ran:?}");
}
