//! The end of the process: what is open is finished, nothing new is begun, and there is a deadline.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use support::{Client, Next, PATIENCE, Proxy, Upstream, eventually, get};

/// Nobody has to hear of the end, and what is open may take its time.
const PATIENT: &str = "delay: none, spread: 200ms, timeout: 30s";

const HELD: &str = "GET /held HTTP/1.1\r\nHost: shop.test\r\n\r\n";

fn start(upstream: &Upstream, drain: &str) -> Proxy {
    Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2, drain: {{{drain}}}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{all: {{to: app}}}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    ))
}

fn is_ready(proxy: &Proxy) -> bool {
    get(proxy.admin(), "/ready").is_ok_and(|response| response.status == 200)
}

#[test]
fn what_is_open_is_finished() {
    let (upstream, tell) = Upstream::holding();
    let mut proxy = start(&upstream, PATIENT);
    let address = proxy.address("web");
    assert!(is_ready(&proxy));
    let mut held = Client::connect(address);
    held.send(HELD);
    let head = held.head().unwrap();
    let mut idle = Client::connect(address);
    assert_eq!(idle.send("GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n").response().unwrap().status, 200);

    proxy.signal("TERM");
    eventually("readiness fails", || (!is_ready(&proxy)).then_some(()));
    assert_eq!(get(proxy.admin(), "/live").unwrap().status, 200, "it still lives");
    // an idle connection may end at once, or say with its next answer that it ends
    idle.send("GET /b HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    if let Ok(last) = idle.response() {
        assert_eq!((last.status, last.closes()), (200, true));
    }
    assert!(idle.rest().unwrap_or_default().is_empty());

    tell.send(()).unwrap();
    let response = held.body("GET", head).unwrap();
    assert_eq!((response.text().as_str(), response.broken), ("halfhalf", None));
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
}

#[test]
fn answers_during_the_drain_close() {
    let (upstream, _tell) = Upstream::holding();
    let proxy = start(&upstream, PATIENT);
    let mut held = Client::connect(proxy.address("web"));
    held.send(HELD).head().unwrap();
    // its request has begun, so it is answered, and the answer says that it was the last
    let mut begun = Client::connect(proxy.address("web"));
    begun.send_settled(b"GET /a HTTP/1.1\r\n");
    proxy.signal("TERM");
    eventually("readiness fails", || (!is_ready(&proxy)).then_some(()));
    let response = begun.send("Host: shop.test\r\n\r\n").response().unwrap();
    assert_eq!((response.status, response.closes()), (200, true));
    assert_eq!(begun.rest().unwrap(), b"");
}

#[test]
fn nothing_new_is_taken_once_it_ends() {
    let (upstream, _tell) = Upstream::holding();
    let mut proxy = start(&upstream, PATIENT);
    let address = proxy.address("web");
    proxy.signal("TERM");
    assert_eq!(proxy.wait().code(), Some(0), "nothing was open");
    assert!(TcpStream::connect(address).is_err());
}

/// The stage of the drain, as the metrics have it.
fn stage(proxy: &Proxy) -> Option<String> {
    let text = get(proxy.admin(), "/metrics").ok()?.text();
    Some(text.lines().find_map(|line| line.strip_prefix("towpath_drain_stage "))?.to_owned())
}

#[test]
fn whoever_comes_while_others_hear_of_the_end_is_served() {
    let (upstream, tell) = Upstream::holding();
    let mut proxy = start(&upstream, "delay: 1s, spread: 200ms, timeout: 30s");
    let address = proxy.address("web");
    let mut held = Client::connect(address);
    held.send(HELD);
    let head = held.head().unwrap();
    assert_eq!(stage(&proxy).as_deref(), Some("0"));

    let begin = Instant::now();
    proxy.signal("TERM");
    let told =
        eventually("readiness fails", || get(proxy.admin(), "/ready").ok().filter(|now| now.status == 503));
    let early = get(address, "/early");
    // on a machine that is very slow there was no time left to see the first stage
    if begin.elapsed() < Duration::from_millis(900) {
        assert!(told.text().starts_with("draining: connections are taken for another "), "{}", told.text());
        let early = early.unwrap();
        assert_eq!((early.status, early.closes()), (200, true));
    }
    eventually("nothing new is taken", || TcpStream::connect(address).is_err().then_some(()));
    assert!(begin.elapsed() >= Duration::from_millis(950), "it waited: {:?}", begin.elapsed());
    assert_eq!(stage(&proxy).as_deref(), Some("2"));
    tell.send(()).unwrap();
    assert_eq!(held.body("GET", head).unwrap().text(), "halfhalf");
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
}

#[test]
fn the_deadline_ends_what_does_not_end() {
    let (upstream, _tell) = Upstream::holding();
    let mut proxy = start(&upstream, "delay: none, timeout: 300ms");
    let mut held = Client::connect(proxy.address("web"));
    held.send(HELD);
    let head = held.head().unwrap();
    let begin = Instant::now();
    proxy.signal("TERM");
    let status = proxy.wait();
    let elapsed = begin.elapsed();
    assert_eq!(status.code(), Some(0), "{}", proxy.log());
    assert!(elapsed >= Duration::from_millis(250), "it waited: {elapsed:?}");
    assert!(elapsed < PATIENCE / 4, "it did not wait for ever: {elapsed:?}");
    assert!(held.body("GET", head).unwrap().broken.is_some(), "a cut answer is seen to be cut");
}

#[test]
fn what_ends_with_its_connection_is_seen_to_be_cut_too() {
    let (tell, told) = channel::<()>();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |call| {
        call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
        let _ = told.lock().unwrap().recv_timeout(PATIENCE);
        Next::Close
    });
    let mut proxy = start(&upstream, "delay: none, timeout: 300ms");
    let mut held = Client::connect(proxy.address("web"));
    held.send("GET /held HTTP/1.0\r\nHost: shop.test\r\n\r\n").head().unwrap();
    proxy.signal("TERM");
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
    let ended = held.wire().stream().read_to_end(&mut Vec::new());
    let fault = ended.expect_err("an end in order would pass for the end of the answer");
    assert_eq!(fault.kind(), ErrorKind::ConnectionReset);
    drop(tell);
}

#[test]
fn interrupt_and_the_admin_port_drain_too() {
    let (upstream, _tell) = Upstream::holding();
    let mut interrupted = start(&upstream, PATIENT);
    interrupted.address("web");
    interrupted.signal("INT");
    assert_eq!(interrupted.wait().code(), Some(0), "{}", interrupted.log());
    let mut asked = start(&upstream, PATIENT);
    asked.address("web");
    let mut admin = Client::connect(asked.admin());
    admin.send("POST /drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(admin.response().unwrap().status, 202);
    eventually("it drains", || (!is_ready(&asked)).then_some(()));
    asked.signal("TERM");
    assert_eq!(asked.wait().code(), Some(0), "{}", asked.log());
}
