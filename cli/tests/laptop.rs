//! A proxy without a file: what its flags amount to, and that it does that.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use support::{Proxy, Upstream, get};

fn towpath(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.args(arguments).env_remove("TOWPATH_CONFIG").output().expect("the binary starts")
}

#[test]
fn flags_make_a_proxy_and_a_table() {
    let (app, next, api) = (Upstream::saying("app"), Upstream::saying("next"), Upstream::saying("api"));
    let port = |upstream: &Upstream| format!("localhost:{}", upstream.address().port());
    let (split, route) = (format!("{}=100", port(&next)), format!("/api/*={}", port(&api)));
    let flags = ["--listen=0", "--admin=0", "--to", &port(&app), "--split", &split, "--route", &route];
    let proxy = Proxy::by_flags(&flags);
    let web = proxy.address("web");
    assert_eq!(get(web, "/").unwrap().text(), "next");
    assert_eq!(get(web, "/api/users").unwrap().text(), "api");

    let printed = towpath(&[&["proxy", "--print"][..], &flags].concat());
    assert_eq!(printed.status.code(), Some(0));
    let table = String::from_utf8(printed.stdout).unwrap();
    for line in table.lines() {
        proxy.line("the table", |logged| (logged == line).then_some(()));
    }
    // the same as a file
    let by_file = Proxy::start(&table);
    assert_eq!(get(by_file.address("web"), "/api/users").unwrap().text(), "api");
}

#[test]
fn requests_can_be_watched() {
    let app = Upstream::saying("app");
    let address = app.address().to_string();
    let proxy = Proxy::by_flags(&["--listen=0", "--admin=0", "--watch", "--to", &address]);
    get(proxy.address("web"), "/a/b?secret=1").unwrap();
    proxy.line("the request", |line| {
        let (begin, end) = line.split_once("s GET /a/b  ")?;
        // no colours: nobody looks at a pipe
        (begin.contains("Z 200 ") && end == format!("app → {address}")).then_some(())
    });
}

#[test]
fn a_host_is_asked_for_again_and_again() {
    let proxy = Proxy::by_flags(&["--listen=0", "--admin=0", "--to=towpath-test.invalid:80"]);
    proxy
        .line("the table", |line| line.contains("dns: {name: towpath-test.invalid, port: 80}").then_some(()));
    // nobody answers for it, which is no reason not to start
    let answer = get(proxy.address("web"), "/").unwrap();
    let reason = answer.value("x-towpath-reason").unwrap_or_default();
    assert!(answer.status == 503 && reason.starts_with("dns-"), "{answer:?}");
}

#[test]
fn without_a_file_there_is_nothing_to_reload() {
    let app = Upstream::saying("app");
    let proxy = Proxy::by_flags(&["--listen=0", "--admin=0", "--to", &app.address().to_string()]);
    let mut client = support::Client::connect(proxy.admin());
    client.send("POST /reload HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    let answer = client.response().unwrap();
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("no file"), "{}", answer.text());
    assert_eq!(get(proxy.address("web"), "/").unwrap().text(), "app");
    let source = get(proxy.admin(), "/config").unwrap().text();
    assert!(source.contains("\"source\": \"flags\""), "{source}");
}

#[test]
fn without_a_file_a_hangup_is_the_end() {
    let mut proxy = Proxy::by_flags(&["--listen=0", "--admin=0", "--to=localhost:1"]);
    proxy.line("it serves", |line| line.contains(": serving").then_some(()));
    proxy.signal("HUP");
    assert_eq!(proxy.wait().signal(), Some(1), "as of every program at a terminal");
}

#[test]
fn a_file_and_flags_are_one_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.yaml");
    fs::write(&file, "").unwrap();
    let output = towpath(&["proxy", "-c", file.to_str().unwrap(), "--to=localhost:1"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--config") && said.contains("--to"), "{said}");
}

#[test]
fn a_taken_port_and_a_bad_path_are_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (flags, code, part) in [
        (&["--listen", &address, "--admin=0"][..], 1, address.as_str()),
        (&["--listen=0", "--admin", &address], 1, &address),
        (&["--listen=0", "--route=/a*b=localhost:1"], 2, "--route"),
    ] {
        let output = towpath(&[&["proxy", "--to=localhost:1"], flags].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(part), "{part} is not in {said}");
    }
}
