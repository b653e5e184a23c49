//! `towpath top` on a running proxy: piped, and at a terminal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use support::{Client, Next, Proxy, Upstream, get};

fn top(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.arg("top").args(arguments).stdin(Stdio::null()).output().expect("the binary starts")
}

fn proxy(upstream: &Upstream) -> Proxy {
    Proxy::start(&format!(
        "proxy: {{id: top-test, admin: \"127.0.0.1:0\", workers: 1}}
listeners: {{web: {{address: \"127.0.0.1:0\"}}}}
routes:
  shop: {{match: {{path: /shop/*}}, to: app/now}}
  bad: {{match: {{path: /bad}}, to: app}}
clusters:
  app:
    endpoints: [{{address: \"{}\", labels: {{v: a}}}}]
    subsets: {{now: {{labels: {{v: a}}}}}}
",
        upstream.address()
    ))
}

fn upstream() -> Upstream {
    Upstream::start(|call| {
        let status = if call.path() == "/bad" { "500 Internal Server Error" } else { "200 OK" };
        call.body();
        call.send(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n"));
        Next::Keep
    })
}

/// The cells of the line that begins so.
fn cells(table: &str, begin: &str) -> Vec<String> {
    let line = table.lines().find(|line| line.starts_with(begin));
    line.unwrap_or_else(|| panic!("no {begin} in:\n{table}")).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn one_table_tells_routes_and_destinations() {
    let upstream = upstream();
    let proxy = proxy(&upstream);
    let (web, admin) = (proxy.address("web"), proxy.admin().to_string());
    let ended = AtomicBool::new(false);
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = Client::connect(web);
            while !ended.load(Ordering::Relaxed) {
                for path in ["/shop/1", "/bad", "/nowhere"] {
                    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
                    client.response().expect("an answer");
                }
            }
        });
        // the first reading must know the series
        proxy.line("traffic", |line| line.contains("local reply").then_some(()));
        let output = top(&["--admin", &admin, "--once", "--interval=300ms", "--sort=errors"]);
        ended.store(true, Ordering::Relaxed);
        output
    });
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{table}");
    assert!(!table.contains('\x1b') && table.starts_with("top-test "), "{table}");
    for (begin, destination, errors) in [
        ("shop", "app/now", "0.00%"),
        ("bad", "app", "100.00%"),
        ("(no route)", "(the proxy itself)", "0.00%"),
    ] {
        let cells = cells(&table, begin);
        assert!(table.contains(destination), "{table}");
        let [.., rate, found, p50, p90, p99] = cells.as_slice() else { panic!("{table}") };
        assert_eq!(found, errors, "{table}");
        assert_ne!(rate, "0.0/s", "{table}");
        for quantile in [p50, p90, p99] {
            assert!(quantile.ends_with('s'), "{table}");
        }
    }
    let first = table.lines().nth(4).unwrap();
    assert!(first.starts_with("bad"), "{table}");
}

#[test]
fn at_a_terminal_it_draws_until_q() {
    let upstream = upstream();
    let proxy = proxy(&upstream);
    get(proxy.address("web"), "/shop/1").unwrap();
    let line =
        format!("stty rows 10 cols 60; {} top --admin {}", env!("CARGO_BIN_EXE_towpath"), proxy.admin());
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").env_remove("NO_COLOR");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script(1)");
    let (mut keys, mut out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    // the key is pressed when the first picture is there
    while !String::from_utf8_lossy(&seen).contains("q quit") {
        let read = out.read(&mut piece).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&piece[..read]);
    }
    keys.write_all(b"q").unwrap();
    out.read_to_end(&mut seen).unwrap();
    assert!(child.wait().unwrap().success());
    let seen = String::from_utf8_lossy(&seen);
    let order = ["\x1b[?1049h", "top-test", "route", "shop", "\x1b[?25h", "\x1b[?1049l"];
    let mut rest = &*seen;
    for part in order {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} in {rest:?} of {seen:?}"));
        rest = &rest[at..];
    }
    // as wide as the terminal
    let picture = seen.split("\x1b[H").nth(1).unwrap().split("\x1b[K").next().unwrap();
    let plain = picture.trim_start_matches("\x1b[1m").trim_end_matches("\x1b[0m");
    assert_eq!(plain.chars().count(), 60, "{plain:?}");
}

#[test]
fn who_is_no_proxy_or_nobody_is_told() {
    let upstream = upstream();
    let output = top(&["--admin", &upstream.address().to_string(), "--once"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("not as the admin port"), "{said}");
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let output = top(&["--admin", &gone]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&gone), "{said}");
    for wrong in [["--interval", "0s"], ["--interval", "soon"], ["--sort", "size"], ["--admin", "nowhere"]] {
        let output = top(&wrong);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(wrong[0]), "{said}");
    }
}
