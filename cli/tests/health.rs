//! Endpoints are asked whether they are well: by HTTP of both versions, by gRPC, by a connection; and who is not gets no
//! requests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::collections::BTreeSet;
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use serde_json::Value;

use support::{Call, Client, Next, Proxy, Upstream, eventually, get, library, refusing};

/// The shortest that leaves a busy machine time to answer.
const QUICK: &str = "interval: 400ms, timeout: 390ms, jitter: none";

/// An endpoint that says by this status how it is, and its name to whoever asks for anything else.
struct Patient {
    upstream: Upstream,
    status: Arc<AtomicU16>,
}

impl Patient {
    fn named(name: &'static str) -> Self {
        let status = Arc::new(AtomicU16::new(200));
        let said = Arc::clone(&status);
        let upstream = Upstream::start(move |call: &mut Call<'_>| {
            if call.path() == "/healthz" {
                call.body();
                let status = said.load(Ordering::SeqCst);
                call.send(format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n"));
            } else {
                call.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len()));
            }
            Next::Keep
        });
        Self { upstream, status }
    }

    fn says(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn address(&self) -> SocketAddr {
        self.upstream.address()
    }
}

/// A table whose cluster has these endpoints, and these other keys.
fn table(endpoints: &[SocketAddr], keys: &str) -> String {
    let endpoints: Vec<_> = endpoints.iter().map(|endpoint| format!("\"{endpoint}\"")).collect();
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1, drain: {{delay: none}}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\nroutes: {{all: {{to: app}}}}\n\
         clusters: {{app: {{endpoints: [{}]{keys}}}}}\n",
        endpoints.join(", ")
    )
}

fn start(endpoints: &[SocketAddr], keys: &str) -> Proxy {
    Proxy::start(&table(endpoints, keys))
}

/// What `/clusters` says of the health of an endpoint.
fn health(proxy: &Proxy, endpoint: SocketAddr) -> Value {
    let page: Value = serde_json::from_str(&get(proxy.admin(), "/clusters").unwrap().text()).unwrap();
    let rows = page["app"]["endpoints"].as_array().unwrap();
    let row = rows.iter().find(|row| row["address"] == endpoint.to_string().as_str());
    row.map_or(Value::Null, |row| row["health"].clone())
}

/// Waits until the endpoint stands so, and gives what the last check came to.
fn wait_for(proxy: &Proxy, endpoint: SocketAddr, state: &str) -> String {
    eventually(&format!("{endpoint} is {state}"), || {
        let health = health(proxy, endpoint);
        (health["state"] == state).then(|| health["last"].as_str().unwrap_or_default().to_owned())
    })
}

/// Who answers, of several requests.
fn answerers(proxy: &Proxy) -> BTreeSet<String> {
    (0..30).map(|_| get(proxy.address("web"), "/").expect("an answer").text()).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn who_is_unhealthy_gets_no_requests_until_it_is_well_again() {
    let (one, two) = (Patient::named("one"), Patient::named("two"));
    let check = format!(", health: {{http: /healthz, host: app.test, unhealthy: 2, healthy: 1, {QUICK}}}");
    let proxy = start(&[one.address(), two.address()], &check);
    assert_eq!(wait_for(&proxy, one.address(), "healthy"), "passed");
    wait_for(&proxy, two.address(), "healthy");
    assert_eq!(answerers(&proxy), names(&["one", "two"]));
    let asked = one.upstream.wait(1).remove(0).head;
    assert_eq!(asked.line, "GET /healthz HTTP/1.1");
    let raw = String::from_utf8(asked.raw).unwrap().to_ascii_lowercase();
    assert!(raw.contains("\r\nhost: app.test\r\n") && raw.contains("\r\nuser-agent: towpath/"), "{raw}");

    one.says(500);
    assert_eq!(wait_for(&proxy, one.address(), "unhealthy"), "status");
    assert_eq!(answerers(&proxy), names(&["two"]));
    two.says(500);
    wait_for(&proxy, two.address(), "unhealthy");
    let answer = get(proxy.address("web"), "/").unwrap();
    assert_eq!((answer.status, answer.value("x-towpath-reason")), (503, Some("no-healthy-endpoint")));
    let mut admin = Client::connect(proxy.admin());
    admin.send("POST /explain HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nContent-Length: 12\r\n\r\n{\"url\": \"/\"}");
    let said = admin.response().unwrap().text();
    assert!(said.contains("no endpoint can be chosen: no-healthy-endpoint"), "{said}");
    assert!(said.contains("0 active, unhealthy") && said.contains("http /healthz, every 400ms"), "{said}");

    one.says(200);
    wait_for(&proxy, one.address(), "healthy");
    assert_eq!(answerers(&proxy), names(&["one"]));
    proxy.await_metric("towpath_health_changes_total{cluster=\"app\",to=\"unhealthy\"}", 2.0);
    proxy.await_metric("towpath_health_endpoints{cluster=\"app\",health=\"unhealthy\"}", 1.0);
    let lines = |wanted: &str| proxy.log().lines().filter(|line| line.contains(wanted)).count();
    assert_eq!(lines("an endpoint is unhealthy"), 2, "a line for each change, not for each check");
    assert_eq!(lines("an endpoint is healthy again"), 1);
}

#[test]
fn one_answer_is_enough_where_the_table_says_so() {
    let (one, two) = (Patient::named("one"), Patient::named("two"));
    let check = format!(", health: {{http: /healthz, unhealthy: 1000, at_once: 503, {QUICK}}}");
    let proxy = start(&[one.address(), two.address()], &check);
    wait_for(&proxy, one.address(), "healthy");
    two.says(500);
    one.says(503);
    wait_for(&proxy, one.address(), "unhealthy");
    proxy.line("the status", |line| (line.contains("unhealthy") && line.contains("503")).then_some(()));
    assert_ne!(health(&proxy, two.address())["state"], "unhealthy");
}

#[test]
fn a_connection_may_be_all_that_is_asked_for() {
    let (one, gone) = (Patient::named("one"), refusing());
    let proxy = start(&[one.address(), gone], &format!(", health: {{tcp: true, unhealthy: 1, {QUICK}}}"));
    wait_for(&proxy, one.address(), "healthy");
    assert_eq!(wait_for(&proxy, gone, "unhealthy"), "connect-failure");
    assert_eq!(answerers(&proxy), names(&["one"]));
}

#[test]
fn who_does_not_answer_in_time_is_unhealthy() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let proxy = start(&[address], &format!(", health: {{http: /healthz, unhealthy: 1, {QUICK}}}"));
    assert_eq!(wait_for(&proxy, address, "unhealthy"), "timeout");
}

#[test]
fn endpoints_that_want_to_hear_whose_connection_it_is_are_told_that_it_is_ours() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = thread::spawn(move || {
        let mut head = [0; 16];
        listener.accept().unwrap().0.read_exact(&mut head).unwrap();
        head
    });
    let _proxy = start(&[address], &format!(", proxy_protocol: v2, health: {{tcp: true, {QUICK}}}"));
    // version 2, LOCAL, no addresses (PROXY protocol §2.2)
    assert_eq!(heard.join().unwrap(), *b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0");
}

/// An endpoint of HTTP/2 that answers checks of a service of gRPC by this status of serving, and all else by 200.
fn serving(status: Arc<AtomicU16>) -> SocketAddr {
    library(move |mut request, mut respond| {
        let status = Arc::clone(&status);
        async move {
            let mut message = Vec::new();
            while let Some(Ok(piece)) = request.body_mut().data().await {
                message.extend_from_slice(&piece);
            }
            if request.uri().path() != "/grpc.health.v1.Health/Check" {
                respond.send_response(Response::new(()), true).unwrap();
                return;
            }
            let fields = request.headers();
            let known = message == b"\0\0\0\0\x05\x0a\x03a.B"
                && fields.get("content-type").is_some_and(|kind| kind == "application/grpc")
                && fields.get("te").is_some_and(|te| te == "trailers");
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            let status = status.load(Ordering::SeqCst) as u8;
            stream.send_data(Bytes::copy_from_slice(&[0, 0, 0, 0, 2, 8, status]), false).unwrap();
            let code = HeaderValue::from_static(if known { "0" } else { "5" });
            stream
                .send_trailers(HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), code)]))
                .unwrap();
        }
    })
}

#[test]
fn services_of_grpc_say_whether_they_serve() {
    let status = Arc::new(AtomicU16::new(1));
    let address = serving(Arc::clone(&status));
    let keys = |service: &str| format!(", protocol: h2, health: {{grpc: {service}, unhealthy: 1, {QUICK}}}");
    let proxy = start(&[address], &keys("a.B"));
    assert_eq!(wait_for(&proxy, address, "healthy"), "passed");
    assert_eq!(get(proxy.address("web"), "/").unwrap().status, 200);
    status.store(2, Ordering::SeqCst);
    assert_eq!(wait_for(&proxy, address, "unhealthy"), "not-serving");
    let other = start(&[address], &keys("a.C"));
    assert_eq!(wait_for(&other, address, "unhealthy"), "status");
}

#[test]
fn endpoints_of_http2_are_asked_in_it() {
    let address = serving(Arc::default());
    let proxy = start(&[address], &format!(", protocol: h2, health: {{http: /healthz, {QUICK}}}"));
    assert_eq!(wait_for(&proxy, address, "healthy"), "passed");
    let wrong = Patient::named("one");
    let proxy = start(
        &[wrong.address()],
        &format!(", protocol: h2, health: {{http: /healthz, unhealthy: 1, {QUICK}}}"),
    );
    assert_eq!(wait_for(&proxy, wrong.address(), "unhealthy"), "broken");
}

#[test]
fn a_reload_keeps_what_is_known_and_follows_what_changes() {
    let (one, two, three) = (Patient::named("one"), Patient::named("two"), Patient::named("three"));
    let check = format!(", health: {{http: /healthz, unhealthy: 1, {QUICK}}}");
    let proxy = start(&[one.address(), two.address()], &check);
    one.says(500);
    wait_for(&proxy, one.address(), "unhealthy");
    wait_for(&proxy, two.address(), "healthy");
    let since = health(&proxy, one.address())["since"].clone();

    // the same check, and one endpoint more
    proxy.rewrite(&table(&[one.address(), two.address(), three.address()], &check));
    wait_for(&proxy, three.address(), "healthy");
    assert_eq!(health(&proxy, one.address())["since"], since, "it was unhealthy all the time");
    assert_eq!(answerers(&proxy), names(&["two", "three"]));

    // another check does not forget who was unhealthy
    let other = check.replace("unhealthy: 1", "unhealthy: 2");
    proxy.rewrite(&table(&[one.address(), two.address()], &other));
    eventually("the endpoint is gone", || health(&proxy, three.address()).is_null().then_some(()));
    assert_eq!(health(&proxy, one.address())["since"], since);
    assert_eq!(answerers(&proxy), names(&["two"]));

    // and without one nobody is
    proxy.rewrite(&table(&[one.address(), two.address()], ""));
    eventually("nobody is checked", || health(&proxy, one.address()).is_null().then_some(()));
    eventually("both get requests", || (answerers(&proxy) == names(&["one", "two"])).then_some(()));
}
