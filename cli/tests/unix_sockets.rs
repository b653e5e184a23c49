//! Unix sockets on both sides: who gets in, what is said of whom, and what becomes of the files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Call, Client, Next, Proxy, Response, Upstream, eventually, get};
use tempfile::TempDir;

/// A folder for sockets that outlives the proxies of a test.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for sockets"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// A table with the listener `web` at `web.sock` and the cluster `app` at `app.sock`.
    fn table(&self, listener: &str, route: &str) -> String {
        let (web, app) = (self.text("web.sock"), self.text("app.sock"));
        format!(
            "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
             listeners: {{web: {{address: \"unix:{web}\"{listener}}}}}\n\
             routes: {{all: {{to: app{route}}}}}\n\
             clusters: {{app: {{endpoints: [\"unix:{app}\"]}}}}\n"
        )
    }

    /// Starts a proxy with this table and waits until it listens.
    fn start(&self, table: &str) -> Proxy {
        let proxy = Proxy::start(table);
        proxy.line("listener web", |line| {
            (line.contains("listening") && line.contains(&self.text("web.sock"))).then_some(())
        });
        proxy
    }

    fn ask(&self, fields: &str) -> Response {
        let mut client = Client::connect_to(&self.path("web.sock"));
        client.send(format!("GET /a HTTP/1.1\r\nHost: shop.test\r\n{fields}\r\n"));
        client.response().expect("an answer")
    }
}

/// Answers with the head that came.
fn tell(call: &mut Call<'_>) -> Next {
    let head = String::from_utf8_lossy(&call.head.raw).to_lowercase();
    call.body();
    call.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", head.len()));
    Next::Keep
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a socket has its file").permissions().mode() & 0o777
}

#[test]
fn curl_comes_in_by_a_socket_and_goes_out_by_another() {
    let place = Place::new();
    let upstream = Upstream::start_at(&place.path("app.sock"), tell);
    let proxy = place.start(&place.table("", ""));
    let output = Command::new("curl")
        .args(["-sS", "--max-time", "20", "--unix-socket", &place.text("web.sock")])
        .args(["-d", "some text", "http://shop.test/a?b", "http://shop.test/a?b"])
        .output()
        .expect("curl is installed by ./dev test");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for part in
        ["post /a?b http/1.1", "\nhost: shop.test\r", "x-forwarded-for: unknown\r", "for=unknown;host="]
    {
        assert_eq!(said.matches(part).count(), 2, "{part} in {said}");
    }
    assert_eq!(upstream.connections(), 1, "the pool keeps connections to sockets too");
    assert_eq!(upstream.drain().iter().filter(|request| request.body == b"some text").count(), 2);

    let endpoint = format!("unix:{}", place.text("app.sock"));
    let clusters = get(proxy.admin(), "/clusters").unwrap().text();
    assert!(clusters.contains(&format!("\"address\": \"{endpoint}\"")), "{clusters}");
    let metrics = get(proxy.admin(), "/metrics").unwrap().text();
    let idle = format!("towpath_endpoint_idle{{cluster=\"app\",endpoint=\"{endpoint}\"}} 1");
    assert!(metrics.contains(&idle), "{metrics}");
}

#[test]
fn a_client_without_an_address_is_in_no_network() {
    let place = Place::new();
    let upstream = Upstream::start_at(&place.path("app.sock"), tell);
    let proxy = place.start(&place.table(
        ", trusted_hops: 1",
        ", match: {source: [\"0.0.0.0/0\", \"::/0\"]}, headers: {request: {set: {x-client: \"%{client}\"}}}",
    ));
    for fields in ["", "X-Forwarded-For: unknown\r\n"] {
        let refused = place.ask(fields);
        assert_eq!((refused.status, refused.value("x-towpath-reason")), (404, Some("no-source")), "{fields}");
    }
    // the hop in front knows the client
    let answer = place.ask("X-Forwarded-For: 203.0.113.9\r\n");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.text().contains("x-client: 203.0.113.9\r\n"), "{}", answer.text());
    assert!(answer.text().contains("x-forwarded-for: 203.0.113.9, unknown\r\n"), "{}", answer.text());
    assert_eq!(upstream.drain().len(), 1);

    let explain = |source: &str| {
        let mut client = Client::connect(proxy.admin());
        let body = format!("{{\"url\": \"/a\"{source}}}");
        let length = body.len();
        client.send(format!(
            "POST /explain HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nContent-Length: {length}\r\n\r\n{body}"
        ));
        client.response_to("POST").unwrap().text()
    };
    let said = explain("");
    assert!(said.contains("GET localhost /a from unknown") && said.contains("404 no-source"), "{said}");
    let said = explain(", \"source\": \"10.0.0.1\"");
    assert!(said.contains("from 10.0.0.1") && said.contains("is forwarded"), "{said}");
    assert!(said.contains(&format!("endpoint unix:{}", place.text("app.sock"))), "{said}");
}

#[test]
fn the_file_lives_and_ends_with_its_listener() {
    let place = Place::new();
    let _upstream = Upstream::start_at(&place.path("app.sock"), tell);
    let web = place.path("web.sock");
    let mut first = place.start(&place.table("", ""));
    assert_eq!(mode(&web), 0o600, "whoever is not named does not get in");

    // who is killed leaves its file behind, and the next one takes its place
    first.signal("KILL");
    first.wait();
    assert!(web.exists());
    let mut second = place.start(&place.table(", mode: 0660", ""));
    assert_eq!((mode(&web), place.ask("").status), (0o660, 200));

    let mut third = Proxy::start(&place.table("", ""));
    assert_eq!(third.wait().code(), Some(1));
    let said = third.log();
    assert!(said.contains("listener `web`") && said.contains("somebody listens there"), "{said}");
    assert_eq!(place.ask("").status, 200, "nobody was pushed aside");

    second.rewrite(&place.table(", mode: \"0666\"", ""));
    eventually("the new permissions", || (mode(&web) == 0o666).then_some(()));
    let moved = place.table("", "").replace("web.sock", "moved.sock");
    second.rewrite(&moved);
    eventually("the old file goes", || (!web.exists()).then_some(()));
    let mut client = Client::connect_to(&place.path("moved.sock"));
    client.send("GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    assert_eq!(client.response().unwrap().status, 200);
    drop(client);

    second.signal("TERM");
    assert_eq!(second.wait().code(), Some(0));
    assert!(!place.path("moved.sock").exists(), "nothing stays behind");
}

#[test]
fn an_endpoint_that_is_not_there_yet_is_a_connect_failure() {
    let place = Place::new();
    let _proxy = place.start(&place.table("", ""));
    let app = place.path("app.sock");
    let failed = |why: &str| {
        let answer = place.ask("");
        assert_eq!(
            (answer.status, answer.value("x-towpath-reason")),
            (502, Some("connect-failure")),
            "{why}"
        );
    };
    failed("there is no such file");
    fs::write(&app, "").unwrap();
    failed("the file is no socket");
    fs::remove_file(&app).unwrap();
    drop(std::os::unix::net::UnixListener::bind(&app).unwrap());
    failed("nobody listens there");
    fs::remove_file(&app).unwrap();
    let _upstream = Upstream::start_at(&app, tell);
    assert_eq!(place.ask("").status, 200);
}

#[test]
fn a_name_without_a_file_serves_both_sides() {
    let upstream = Upstream::echo();
    let name = format!("unix:@towpath-{}", std::process::id());
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\"}}\n\
         listeners: {{inner: {{address: \"{name}\"}}, outer: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{in: {{listeners: [outer], to: inner}}, out: {{listeners: [inner], to: app}}}}\n\
         clusters: {{inner: {{endpoints: [\"{name}-not\", \"{name}\"]}}, app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    ));
    let answers: Vec<u16> = (0..40).map(|_| get(proxy.address("outer"), "/a").unwrap().status).collect();
    assert!(answers.contains(&200) && answers.contains(&502), "{answers:?}");
    let seen = upstream.drain();
    let forwarded = seen[0].head.value("x-forwarded-for");
    assert_eq!(forwarded, Some("unknown"), "what nobody is trusted to say is not passed on");
}

#[test]
fn who_closes_its_socket_ends_an_answer_that_stands_still() {
    let place = Place::new();
    let _upstream = Upstream::start_at(&place.path("app.sock"), |call| {
        call.body();
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
        // ends when the proxy ends the connection
        let _ = call.wire().has_more();
        Next::Close
    });
    let proxy = place.start(&place.table("", ", response_idle_timeout: none"));
    let mut client = Client::connect_to(&place.path("web.sock"));
    client.send("GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    client.wire().take_until(b"half").unwrap();
    proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 1.0);
    drop(client);
    proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 0.0);
}
