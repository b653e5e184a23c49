//! Every example runs in the real proxy and does what it is an example of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use support::{Client, Next, Proxy, Response, Upstream};

/// What each example must show.
const SHOWN: &[(&str, fn(&Example))] = &[("minimal.yaml", minimal)];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/examples")
}

#[test]
fn every_example_is_shown_and_every_row_has_its_example() {
    let files: BTreeSet<String> = fs::read_dir(folder())
        .expect("the examples stand beside the crate that reads them")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml"))
        .collect();
    let shown: BTreeSet<String> = SHOWN.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, shown);
}

#[test]
fn every_example_does_what_it_says() {
    for (name, show) in SHOWN {
        show(&Example::start(name));
    }
}

/// An example in a running proxy, with an upstream for each endpoint that it names.
struct Example {
    proxy: Proxy,
    upstreams: BTreeMap<u16, Upstream>,
}

/// The ports that an example writes for endpoints; all others are for listeners.
const ENDPOINTS: std::ops::Range<u16> = 3000..4000;

impl Example {
    /// Starts it with ports that the system picks.
    fn start(name: &str) -> Self {
        let mut table = fs::read_to_string(folder().join(name)).expect("an example is text");
        let mut upstreams = BTreeMap::new();
        for (address, port) in addresses(&table) {
            let picked = if ENDPOINTS.contains(&port) {
                let upstream = upstreams.entry(port).or_insert_with(|| telling(port));
                upstream.address().to_string()
            } else {
                "127.0.0.1:0".to_owned()
            };
            table = table.replace(&address, &picked);
        }
        if !table.contains("admin:") {
            let admin = "admin: \"127.0.0.1:0\"";
            let block = table.lines().find(|line| line.starts_with("proxy:")).map(str::to_owned);
            table = match block.as_deref() {
                None => format!("{table}\nproxy: {{{admin}}}\n"),
                Some("proxy:") => table.replacen("proxy:\n", &format!("proxy:\n  {admin}\n"), 1),
                Some(_) => table.replacen("proxy: {", &format!("proxy: {{{admin}, "), 1),
            };
        }
        Self { proxy: Proxy::start(&table), upstreams }
    }

    /// What a request without a body gets from the first listener of these names that is open.
    fn ask(&self, line: &str, host: &str, fields: &[&str]) -> Response {
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        let mut client = Client::connect(self.proxy.address("web"));
        client.send(format!("{line} HTTP/1.1\r\nHost: {host}\r\n{fields}Connection: close\r\n\r\n"));
        client.response_to(line.split(' ').next().unwrap_or_default()).expect("an answer")
    }

    /// The port, as the example writes it, of the endpoint that answers; the request must be forwarded.
    fn who(&self, line: &str, host: &str, fields: &[&str]) -> u16 {
        let response = self.ask(line, host, fields);
        assert_eq!(response.status, 200, "{line} {host} {fields:?}: {response:?}");
        response.value("x-port").expect("an upstream's answer").parse().unwrap()
    }
}

/// An upstream that tells which one it is, and what it was asked for.
fn telling(port: u16) -> Upstream {
    Upstream::start(move |call| {
        if call.body().is_none() {
            return Next::Close;
        }
        let body = String::from_utf8_lossy(&call.head.raw).into_owned();
        let length = body.len();
        call.send(format!("HTTP/1.1 200 OK\r\nX-Port: {port}\r\nContent-Length: {length}\r\n\r\n{body}"));
        Next::Keep
    })
}

/// Every address with a port in the text, longest first so that none is replaced inside another.
fn addresses(table: &str) -> Vec<(String, u16)> {
    let address = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == ':';
    let mut found: BTreeSet<(String, u16)> = BTreeSet::new();
    for word in table.split(|letter| !address(letter)) {
        if let Ok(parsed) = word.parse::<std::net::SocketAddrV4>() {
            found.insert((word.to_owned(), parsed.port()));
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    found
}

fn minimal(example: &Example) {
    assert_eq!(example.who("GET /any/path", "any.test", &[]), 3000);
    assert_eq!(example.upstreams[&3000].drain().len(), 1);
}
