//! The process log: its level can be another one at any time, and traffic does not need it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::os::unix::net::UnixStream;

use support::{Client, Proxy, eventually, get, refusing};

/// Answers 200 and, below `/dead`, 502.
fn table(listener: &str) -> String {
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
         listeners: {{web: {{address: \"{listener}\"}}}}\n\
         routes: {{hi: {{direct_response: 200}}, dead: {{match: {{path: /dead/*}}, to: app}}}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        refusing()
    )
}

fn level(proxy: &Proxy, level: &str) -> (u16, String) {
    let mut client = Client::connect(proxy.admin());
    let head = format!(
        "POST /log?level={level} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    );
    let answer = client.send(head).response().unwrap();
    (answer.status, answer.text())
}

#[test]
fn the_level_changes_while_it_runs() {
    let proxy = Proxy::start(&table("127.0.0.1:0"));
    let ask = |path: &str| get(proxy.address("web"), path).unwrap().status;
    let has =
        |path: &str, words: &str| proxy.log().lines().any(|line| line.contains(path) && line.contains(words));
    let await_line = |path: &str, words: &str| eventually(words, || has(path, words).then_some(()));
    assert_eq!(get(proxy.admin(), "/log").unwrap().text(), "info\n");
    assert_eq!(ask("/dead/info"), 502);
    await_line("/dead/info", "local reply");
    assert!(!has("", "cannot be connected to"), "that is a line for debugging");

    assert_eq!(level(&proxy, "error"), (200, "error\n".to_owned()));
    assert_eq!(ask("/dead/error"), 502);
    assert_eq!(level(&proxy, "debug"), (200, "debug\n".to_owned()));
    await_line("level=\"debug\"", "before=\"error\"");
    assert!(!has("/dead/error", ""), "nothing below the level is written");
    assert_eq!(ask("/dead/debug"), 502);
    await_line("/dead/debug", "local reply");
    await_line("", "an endpoint cannot be connected to");
    assert_eq!(level(&proxy, "loud").0, 422);
    assert_eq!(get(proxy.admin(), "/log").unwrap().text(), "debug\n");
}

#[test]
fn without_a_place_for_the_log_traffic_goes_on() {
    for stderr in ["2>&-", "2>/dev/full"] {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("web.sock");
        let launch = format!("exec \"$0\" \"$@\" {stderr}");
        let mut proxy =
            Proxy::start_by(&["sh", "-c", &launch], &table(&format!("unix:{}", socket.display())));
        eventually("the listener", || UnixStream::connect(&socket).ok());
        let mut client = Client::connect_to(&socket);
        for number in 0..200 {
            let (path, status) = if number % 2 == 0 { ("/", 200) } else { ("/dead/", 502) };
            client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(client.response().unwrap().status, status, "{stderr}");
        }
        drop(client);
        proxy.signal("INT");
        assert!(proxy.wait().success(), "{stderr}");
    }
}
