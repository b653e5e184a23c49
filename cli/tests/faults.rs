//! Endpoints that fail while they are asked: what clients notice of it, in numbers that no clock has a part in. The same by
//! rate and time, beside other proxies, is `./dev bench faults`, whose frame is tried here once, in small.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use support::{Client, Next, Proxy, Upstream};

const CLIENTS: usize = 8;

/// Clients that ask so many requests each, one after the other; gives the status of each answer as it comes.
fn asked_by_all(address: SocketAddr, each: usize) -> Receiver<u16> {
    let (answers, heard) = channel();
    for _ in 0..CLIENTS {
        let answers = answers.clone();
        thread::spawn(move || {
            let mut client = Client::connect(address);
            for _ in 0..each {
                let response = client.send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n").response().unwrap();
                answers.send(response.status).unwrap();
            }
        });
    }
    heard
}

fn counted(answers: impl Iterator<Item = u16>) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    answers.for_each(|status| *counts.entry(status).or_default() += 1);
    counts
}

/// A proxy with these defaults before a cluster with these keys.
fn before(endpoints: &[SocketAddr], defaults: &str, cluster: &str) -> Proxy {
    let endpoints: Vec<_> = endpoints.iter().map(|address| format!("\"{address}\"")).collect();
    Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         defaults: {{{defaults}}}\n\
         routes: {{all: {{to: app}}}}\n\
         clusters: {{app: {{endpoints: [{}]{cluster}}}}}\n",
        endpoints.join(", ")
    ))
}

#[test]
fn of_three_endpoints_one_is_killed_and_no_request_is_lost() {
    let origin = Upstream::start(|call| {
        call.body();
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Next::Keep
    });
    // processes, so that one can be killed
    let endpoints: Vec<_> = (0..3).map(|_| Proxy::in_front_of(origin.address(), "", "")).collect();
    let addresses: Vec<_> = endpoints.iter().map(|endpoint| endpoint.address("web")).collect();
    let proxy = before(&addresses, "retry: 2", ", breaker: {}");
    let answers = asked_by_all(proxy.address("web"), 300);
    let mut counts = counted(answers.iter().take(800));
    endpoints[0].signal("KILL");
    answers.iter().for_each(|status| *counts.entry(status).or_default() += 1);
    assert_eq!(counts, BTreeMap::from([(200, 300 * CLIENTS)]));
}

#[test]
fn a_full_outage_is_made_no_more_than_a_quarter_worse() {
    let upstream = Upstream::start(|call| {
        call.body();
        call.send("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        Next::Keep
    });
    let proxy = before(&[upstream.address()], "retry: {attempts: 3, conditions: [5xx]}", "");
    let sent = 500 * CLIENTS;
    let counts = counted(asked_by_all(proxy.address("web"), 500).iter());
    assert_eq!(counts, BTreeMap::from([(503, sent)]));
    let seen = upstream.drain().len();
    assert!(seen > sent, "without a retry nothing is shown");
    assert!(4 * seen <= 5 * sent, "{seen} of {sent}");
}

#[test]
fn the_frame_of_the_scenarios_stands() {
    let towpath = Path::new(env!("CARGO_BIN_EXE_towpath"));
    let folder = towpath.parent().unwrap();
    if !folder.join("towpath-load").exists() {
        assert!(support::installed().is_none(), "the load generator is built with all tests");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/peers/faults.py");
    let mut python = Command::new("python3");
    python.env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg("--binaries").arg(folder);
    python.args(["--short", "--rate", "200", "--peers", "towpath", "--only", "killed", "--json", "-"]);
    let output = python.output().expect("python3 is installed");
    let text = String::from_utf8(output.stdout).unwrap();
    let runs: serde_json::Value = serde_json::from_str(&text)
        .unwrap_or_else(|fault| panic!("{fault}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let runs = runs.as_array().unwrap();
    assert_eq!(runs.iter().map(|run| run["protected"].as_bool().unwrap()).collect::<Vec<_>>(), [false, true]);
    assert!(runs.iter().all(|run| run["requests"] == 500), "each request is in it: {runs:#?}");
    assert!(runs[0]["failed"].as_u64() > Some(0), "an endpoint that is gone is noticed: {runs:#?}");
}
