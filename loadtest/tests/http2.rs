//! HTTP/2 between `towpath-load run` and `towpath-load serve`, and each of them with nghttp2.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{Read, Write};
use std::process::Command;

use serde_json::{Value, json};

use support::{Served, count, figures, load, saying, sent};

/// A short open loop: 200 requests.
const SHORT: [&str; 9] =
    ["--http2", "--streams", "4", "--rate", "1000", "--duration", "200ms", "--connections", "2"];

#[test]
fn counts_add_up() {
    let served = Served::start(&["--version", "v9", "--size", "7", "--fail", "25%"]);
    let figures = figures(&served.url("/{1..3}"), &SHORT);
    let requests = sent(&figures, 200);
    let [ok, failed] = ["/ok", "/statuses/500"].map(|name| count(&figures, name));
    assert_eq!(ok + failed, requests, "{figures:#}");
    assert!(failed > 0, "{figures:#}");
    assert_eq!(count(&figures, "/versions/v9"), requests);
    assert_eq!(count(&figures, "/bytes_in"), 7 * requests);
    assert_eq!((&figures["connections"], &figures["streams"]), (&json!(2), &json!(4)));
}

#[test]
fn streams_of_a_connection_do_not_wait_for_each_other() {
    let served = Served::start(&["--delay", "1h"]);
    let pace = ["--http2", "--streams", "50", "--connections", "1", "--rate", "100", "--duration", "500ms"];
    let end = ["--timeout", "1s", "--warmup", "0s", "--json", "-"];
    let seen = load(&[&["run", &served.url("/")], &pace[..], &end].concat()).figures();
    // each of them was sent, though none was answered
    let requests = sent(&seen, 50);
    assert!(requests > 1, "{seen:#}");
    assert_eq!(count(&seen, "/errors/timeout"), requests, "{seen:#}");
}

#[test]
fn connections_that_close_are_opened_again() {
    let served = Served::start(&["--close-after", "3"]);
    let figures = figures(&served.url("/"), &SHORT);
    assert_eq!(count(&figures, "/ok"), sent(&figures, 200), "{figures:#}");
}

#[test]
fn bodies_are_sent_and_counted() {
    let served = Served::start(&["--size", "3MiB"]);
    let asking =
        ["--http2", "--method", "POST", "--body-size", "2MiB", "--rate", "20", "--duration", "200ms"];
    let figures = figures(&served.url("/"), &asking);
    let requests = sent(&figures, 4);
    assert_eq!(count(&figures, "/ok"), requests, "{figures:#}");
    let bytes = (count(&figures, "/bytes_out"), count(&figures, "/bytes_in"));
    assert_eq!(bytes, (requests * (2 << 20), requests * (3 << 20)));
}

#[test]
fn answers_without_a_body_are_whole() {
    let served = Served::start(&[]);
    let asking =
        ["--path", "/?x-load=status=204", "--path", "/?x-load=status=304", "--path", "/?x-load=size=0"];
    for method in ["GET", "HEAD"] {
        let figures = figures(&served.url("/"), &[&SHORT[..], &asking, &["--method", method]].concat());
        let requests = sent(&figures, 200);
        let bytes = count(&figures, "/bytes_in");
        assert_eq!((count(&figures, "/ok"), bytes), (requests, 0), "{figures:#}");
    }
}

#[test]
fn faults_are_counted_by_kind() {
    let served = Served::start(&[]);
    let strange = saying(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let rows = [
        (served.url("/?x-load=reset"), "reset"),
        (served.url("/?x-load=delay=1h"), "timeout"),
        (served.url("/?x-load=trickle=1/1h"), "timeout"),
        (format!("http://{strange}/"), "malformed"),
    ];
    for (url, kind) in rows {
        let pace = ["--rate", "100", "--duration", "50ms", "--timeout", "200ms", "--warmup", "0s"];
        let ran = load(&[&["run", &url, "--http2", "--json", "-"], &pace[..]].concat());
        let figures = ran.figures();
        let requests = sent(&figures, 5);
        assert_eq!(count(&figures, &format!("/errors/{kind}")), requests, "{url}: {figures:#}");
        assert_eq!(figures["latency_us"], Value::Null, "{url}");
        assert_eq!(ran.code, 1, "nothing was answered: {url}");
    }
}

#[test]
fn calls_are_answered_with_a_message_and_a_status() {
    for (arguments, status, well, bytes) in
        [(&["--size", "7"][..], "0", 1, 12), (&["--fail", "100%", "--status", "503"], "14", 0, 0)]
    {
        let served = Served::start(arguments);
        let asking = [&SHORT[..], &["--grpc", "--body-size", "10"]].concat();
        let figures = figures(&served.url("/shop.Orders/Create"), &asking);
        let requests = sent(&figures, 200);
        assert_eq!(figures["grpc_statuses"], json!({status: requests}), "{figures:#}");
        assert_eq!(count(&figures, "/ok"), well * requests);
        // a flag and a length of four bytes go before a message
        let passed = (count(&figures, "/bytes_in"), count(&figures, "/bytes_out"));
        assert_eq!(passed, (bytes * requests, 15 * requests), "{figures:#}");
    }
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let served = Served::start(&["--idle-close", "50ms"]);
    let mut client = served.connect();
    client.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut said = Vec::new();
    // its settings and the word that it has ours, and then the end
    client.read_to_end(&mut said).unwrap();
    assert_eq!(said.get(3), Some(&4), "{said:?}");
}

#[test]
fn others_can_ask_it() {
    let served = Served::start(&["--size", "100"]);
    let output = Command::new("h2load")
        .args(["-n", "500", "-c", "4", "-m", "16", &served.url("/")])
        .output()
        .expect("h2load is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("500 succeeded, 0 failed"), "{said}");
}
