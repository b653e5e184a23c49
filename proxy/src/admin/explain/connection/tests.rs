use std::sync::Arc;

use towpath_config::{Source, compile};

use crate::admin::explain::{Question, explain};
use crate::observe::series::SeriesBook;
use crate::snapshot::Snapshot;
use crate::sys::memory::Pressure;

const TABLE: &str = "\
listeners:
  db: {address: 127.0.0.1:5432, protocol: tcp, limits: {connections: 7}}
  cache: {address: 127.0.0.1:6379, protocol: tcp}
  web: {address: 127.0.0.1:8080}
routes:
  all: {to: {old: 1}}
  inside:
    listeners: db
    match: {source: 10.0.0.0/8}
    to: {old: 50, new: 50}
    sticky: {by: {source: ip}}
    tunnel_idle_timeout: 5m
  closed: {listeners: cache, maintenance: true, to: old}
clusters:
  old: {endpoints: [127.0.0.1:3001]}
  new: {endpoints: []}
";

fn ask(url: &str, listener: Option<&str>, source: &str) -> Result<String, String> {
    ask_with(url, listener, source, &[])
}

fn ask_with(
    url: &str,
    listener: Option<&str>,
    source: &str,
    headers: &[(&str, &str)],
) -> Result<String, String> {
    let config = compile(&Source::new("table.yaml", TABLE), &|_| None).unwrap().into_config();
    let question = Question {
        method: None,
        url: url.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        listener: listener.map(str::to_owned),
        source: source.parse().ok(),
    };
    let snapshot = Arc::new(Snapshot::next(None, config, &SeriesBook::new(1)));
    explain(&snapshot, Pressure::Low, &question).map(|said| said.to_string())
}

/// The first lines, up to the first empty one.
fn outcome(said: &str) -> &str {
    said.split_once("\n\n").map_or(said, |(outcome, _)| outcome)
}

#[test]
fn a_connection_is_told_from_its_source_to_its_endpoint() {
    let said = ask("tcp://127.0.0.1:5432", None, "10.1.2.5").unwrap();
    let wanted = "a connection from 10.1.2.5 on listener db\n  is ";
    assert!(said.starts_with(wanted), "{said}");
    for piece in [
        "by route inside (line 7)",
        "→ inside  matched (line 9)",
        "× closed  listener: wanted cache, found db",
        "split by source ip = \"10.1.2.5\", cohort inside",
        "share 50.0000%",
        "tunnel_idle_timeout         5m (line 12)",
        "limits.connect_attempts     3 (default)",
        "limits.connections  7 (line 2)",
    ] {
        assert!(said.contains(piece), "no {piece:?} in\n{said}");
    }
    assert!(!said.contains("all "), "routes of requests are not spoken of: {said}");
    assert!(!said.contains("gets"), "nobody looks for a head: {said}");
}

#[test]
fn why_a_connection_is_closed() {
    for (url, listener, source, wanted) in [
        ("tcp://127.0.0.1:5432", None, "192.0.2.1", "on listener db\n  is closed: no-source"),
        ("tcp://h", Some("cache"), "10.0.0.1", "on listener cache\n  is closed: maintenance by route closed"),
    ] {
        let said = ask(url, listener, source).unwrap();
        assert!(outcome(&said).contains(wanted), "{said}");
    }
}

#[test]
fn requests_and_connections_are_not_mixed_up() {
    assert!(
        ask("http://127.0.0.1:5432/", None, "").unwrap().contains("on listener web"),
        "another one speaks HTTP"
    );
    let fault = ask("/", Some("db"), "").unwrap_err();
    assert_eq!(
        fault,
        "the listener `db` takes connections, and no requests: ask about `tcp://127.0.0.1:5432`"
    );
    assert_eq!(ask("tcp://h:1", Some("web"), "").unwrap_err(), "the listener `web` does not speak TCP");
    assert_eq!(
        ask_with("tcp://h:1", None, "", &[("x-user", "7")]).unwrap_err(),
        "a connection has no headers: leave them out"
    );
}
