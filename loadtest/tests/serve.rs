//! Every way in which `towpath-load serve` misbehaves, seen by curl and by bare sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::Command;

use rustix::process::Signal;
use support::{Served, load};

/// Exit code, head and body as curl has them.
struct Fetched {
    code: i32,
    head: String,
    body: Vec<u8>,
    seconds: f64,
}

fn curl(arguments: &[&str]) -> Fetched {
    let output = Command::new("curl")
        .args(["--silent", "--include", "--max-time", "20", "--write-out", "%{stderr}%{time_total}"])
        .args(arguments)
        .output()
        .expect("curl is installed");
    let end = output.stdout.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
    let (head, body) = output.stdout.split_at(end);
    Fetched {
        code: output.status.code().unwrap(),
        head: String::from_utf8_lossy(head).into_owned(),
        body: body.to_vec(),
        seconds: String::from_utf8_lossy(&output.stderr).trim().parse().unwrap(),
    }
}

#[test]
fn the_usual_answer() {
    let served = Served::start(&["--size", "1000", "--version", "v3"]);
    let fetched = curl(&[&served.url("/any/path?a=b")]);
    assert_eq!((fetched.code, fetched.body), (0, vec![b'x'; 1000]));
    assert!(fetched.head.starts_with("HTTP/1.1 200 OK\r\n"), "{}", fetched.head);
    assert!(fetched.head.contains("\r\nx-version: v3\r\n"), "{}", fetched.head);
    assert!(!fetched.head.contains("connection: close"), "{}", fetched.head);
    let head = curl(&["--head", &served.url("/")]);
    assert!(head.body.is_empty() && head.head.contains("content-length: 1000"), "{}", head.head);
}

#[test]
fn wishes_by_header_and_by_query() {
    let served = Served::start(&[]);
    for by_header in [true, false] {
        let wish = |text: &str| {
            if by_header {
                curl(&["--header", &format!("x-load: {text}"), &served.url("/")])
            } else {
                curl(&["--globoff", &served.url(&format!("/a?b=c&x-load={text}"))])
            }
        };
        assert!(wish("status=503").head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
        assert_eq!(wish("size=1MiB").body.len(), 1 << 20);
        assert_eq!(wish("reset").code, 56, "curl: failure in receiving");
        assert!(wish("close").head.contains("\r\nconnection: close\r\n"));
        let slow = wish("delay=150ms..200ms");
        assert!(slow.seconds >= 0.15 && slow.body.len() == 100, "{} s", slow.seconds);
        let trickled = wish("size=40,trickle=10/50ms");
        assert!(trickled.seconds >= 0.15 && trickled.body.len() == 40, "{} s", trickled.seconds);
        let refused = wish("status=1000");
        assert!(refused.head.starts_with("HTTP/1.1 400 "), "{}", refused.head);
        assert_eq!(refused.body, b"`1000` is no status of an answer; write 200 to 599\n");
    }
}

#[test]
fn faults_of_the_command_line() {
    let failing = Served::start(&["--fail", "100%", "--status", "502", "--delay", "100ms"]);
    let fetched = curl(&[&failing.url("/")]);
    assert!(fetched.head.starts_with("HTTP/1.1 502 "), "{}", fetched.head);
    assert!(fetched.seconds >= 0.1, "{} s", fetched.seconds);
    let resetting = Served::start(&["--reset", "100%"]);
    assert_eq!(curl(&[&resetting.url("/")]).code, 56);
    let trickling = Served::start(&["--trickle", "60/100ms"]);
    let fetched = curl(&[&trickling.url("/")]);
    assert!(fetched.seconds >= 0.1 && fetched.body.len() == 100, "{} s", fetched.seconds);
}

#[test]
fn a_reset_is_a_reset_and_no_mere_end() {
    let served = Served::start(&[]);
    let mut stream = served.connect();
    stream.write_all(b"GET / HTTP/1.1\r\nx-load: reset\r\n\r\n").unwrap();
    let error = stream.read(&mut [0; 100]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn garbage_is_no_answer_and_the_connection_ends() {
    let served = Served::start(&["--garbage", "100%"]);
    let mut stream = served.connect();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert!(!bytes.is_empty() && !bytes.starts_with(b"HTTP"), "{bytes:?}");
    assert_ne!(curl(&["--http2-prior-knowledge", &served.url("/")]).code, 0);
    let wished = Served::start(&[]);
    assert_eq!(curl(&["--header", "x-load: garbage", &wished.url("/")]).code, 1, "curl: another protocol");
}

#[test]
fn orders_change_what_becomes_of_requests() {
    let mut served = Served::start(&["--orders", "--threads", "2", "--version", "v5", "--size", "7"]);
    let mut old = served.connect();
    let mut ask = || {
        old.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let mut bytes = [0; 1000];
        let count = old.read(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    };
    assert!(ask().starts_with("HTTP/1.1 200 "));
    assert_eq!(served.order("--fail 100% --status 503"), "asked 1");
    assert!(ask().starts_with("HTTP/1.1 503 "), "connections that are open hear of it too");
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let fetched = curl(&[version, &served.url("/")]);
        assert!(fetched.head.contains(" 503") && fetched.head.contains("x-version: v5"), "{}", fetched.head);
    }
    assert_eq!(
        served.order("--fail plenty"),
        "error: invalid value 'plenty' for '--fail <PERCENT>': `plenty` is no share; write 0% to 100%, such as 0.1%"
    );
    assert!(ask().starts_with("HTTP/1.1 503 "), "what was not understood changes nothing");
    assert_eq!(served.order(""), "asked 5");
    let fetched = curl(&[&served.url("/")]);
    assert!(fetched.head.starts_with("HTTP/1.1 200 ") && fetched.body.len() == 100, "{}", fetched.head);
}

#[test]
fn a_connection_closes_after_so_many_answers() {
    let served = Served::start(&["--close-after", "3", "--size", "0"]);
    let mut stream = served.connect();
    // more than it answers, all at once
    stream.write_all("GET / HTTP/1.1\r\n\r\n".repeat(3).as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 3, "{text}");
    assert_eq!(text.matches("connection: close").count(), 1, "{text}");
    assert!(text.ends_with("connection: close\r\n\r\n"), "{text}");
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let served = Served::start(&["--idle-close", "100ms"]);
    let mut silent = served.connect();
    assert_eq!(silent.read(&mut [0; 100]).unwrap(), 0);
    let mut asked = served.connect();
    asked.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut text = String::new();
    asked.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && !text.contains("close"), "{text}");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let served = Served::start(&["--size", "1"]);
    let mut stream = served.connect();
    let mut requests = "GET / HTTP/1.1\r\n\r\n".repeat(40);
    requests.push_str("GET /?x-load=status=404,delay=10ms HTTP/1.1\r\n\r\n");
    requests.push_str("POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello");
    requests.push_str("GET /?x-load=status=503,close HTTP/1.1\r\n\r\n");
    stream.write_all(requests.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let statuses: Vec<_> = text.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, [vec!["200"; 40], vec!["404", "200", "503"]].concat());
}

#[test]
fn bodies_are_read_and_expected_ones_are_asked_for() {
    let served = Served::start(&[]);
    let body = "b".repeat(100_000);
    for more in [["--header", "transfer-encoding: chunked"], ["--header", "expect: 100-continue"]] {
        let fetched = curl(&[&["--data-binary", &body], &more[..], &[&served.url("/")]].concat());
        assert_eq!(fetched.code, 0, "{more:?}");
        // an interim head is part of what curl shows first
        let all = format!("{}{}", fetched.head, String::from_utf8_lossy(&fetched.body));
        assert!(all.contains("HTTP/1.1 200 OK"), "{more:?}: {all}");
    }
}

#[test]
fn what_is_no_request_is_answered_and_the_connection_ends() {
    let served = Served::start(&[]);
    let mut stream = served.connect();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 400 ") && text.contains("not an HTTP/1.1 message"), "{text}");
}

#[test]
fn signals_end_it_well() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut served = Served::start(&[]);
        assert_eq!(served.end(signal).code(), Some(0), "{signal:?}");
    }
}

#[test]
fn a_unix_socket_is_taken_over_from_the_dead_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("up.sock");
    let text = path.to_str().unwrap();
    drop(UnixListener::bind(&path).unwrap());
    let mut served = Served::start(&["--unix", text]);
    let fetched = curl(&["--unix-socket", text, "http://up/"]);
    assert_eq!(fetched.code, 0, "{}", fetched.head);
    let second = load(&["serve", "--unix", text]);
    assert_eq!(second.code, 2, "the first still listens: {second:?}");
    served.end(Signal::TERM);
    assert!(!path.exists(), "it clears away what it made");
    std::fs::write(&path, "something else").unwrap();
    assert_eq!(load(&["serve", "--unix", text]).code, 2);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "something else");
}
