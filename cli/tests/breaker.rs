//! Breakers: an endpoint that keeps failing is left alone, and tried again by one request.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use support::{Client, Next, Proxy, Response, Upstream, eventually, get, refusing, wait};

fn table(endpoints: &[SocketAddr], breaker: &str) -> String {
    let endpoints: Vec<_> = endpoints.iter().map(|address| format!("\"{address}\"")).collect();
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}, raw: {{address: \"127.0.0.1:0\", protocol: tcp}}}}\n\
         routes: {{all: {{to: app}}, raw: {{listeners: raw, to: app}}}}\n\
         clusters: {{app: {{endpoints: [{}], balance: round-robin, breaker: {{{breaker}}}}}}}\n",
        endpoints.join(", ")
    )
}

/// An upstream that answers 503 while it is sick.
fn sick() -> (Upstream, Arc<AtomicBool>) {
    let sick = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&sick);
    let upstream = Upstream::start(move |call| {
        if !seen.load(Ordering::Acquire) {
            return call.answer();
        }
        call.body();
        call.send("HTTP/1.1 503 Down\r\nContent-Length: 4\r\n\r\ndown");
        Next::Keep
    });
    (upstream, sick)
}

fn ask(proxy: &Proxy) -> Response {
    get(proxy.address("web"), "/a").expect("an answer")
}

/// What `/clusters` says of the first endpoint.
fn shown(proxy: &Proxy) -> Value {
    let page = get(proxy.admin(), "/clusters").expect("the page");
    let clusters: Value = serde_json::from_slice(&page.body).expect("JSON");
    clusters["app"]["endpoints"][0].clone()
}

fn state(upstream: SocketAddr) -> String {
    format!("towpath_endpoint_breaker{{cluster=\"app\",endpoint=\"{upstream}\"}}")
}

const OPENED: &str = "towpath_breaker_opened_total{cluster=\"app\"}";
const REFUSED: &str = "towpath_breaker_refused_total{cluster=\"app\"}";

#[test]
fn so_many_requests_fail_and_the_others_go_elsewhere() {
    let ((broken, _), well) = (sick(), Upstream::echo());
    let proxy = Proxy::start(&table(
        &[broken.address(), well.address()],
        "failure_threshold: 3, recovery_timeout: 1h",
    ));
    let failed = (0..40).filter(|_| ask(&proxy).status == 503).count();
    assert_eq!((failed, broken.drain().len()), (3, 3));
    assert_eq!(proxy.metric(&state(broken.address())), Some(2.0));
    assert_eq!(proxy.metric(&state(well.address())), Some(0.0));
    assert_eq!((proxy.metric(OPENED), proxy.metric(REFUSED)), (Some(1.0), Some(0.0)));
    let shown = shown(&proxy);
    assert_eq!((&shown["breaker"]["state"], &shown["failing"]), (&"open".into(), &3.into()));
    assert!(shown["breaker"]["tried_in"].as_str().is_some_and(|left| left.starts_with("59m")), "{shown}");
    proxy.line("the log says so", |line| {
        (line.contains("breaker open") && line.contains("cluster=app")).then_some(())
    });
}

#[test]
fn an_endpoint_that_is_well_again_is_found_out() {
    let ((upstream, sick), well) = (sick(), Upstream::echo());
    let proxy = Proxy::start(&table(
        &[upstream.address(), well.address()],
        "failure_threshold: 2, recovery_timeout: 50ms",
    ));
    eventually("it opens", || {
        ask(&proxy);
        proxy.metric(OPENED).filter(|count| *count >= 1.0)
    });
    sick.store(false, Ordering::Release);
    eventually("it closes", || {
        ask(&proxy);
        proxy.metric("towpath_breaker_closed_total{cluster=\"app\"}").filter(|count| *count == 1.0)
    });
    assert_eq!(proxy.metric(&state(upstream.address())), Some(0.0));
    assert_eq!(shown(&proxy)["breaker"]["state"], "closed");
    assert!((0..10).all(|_| ask(&proxy).status == 200));
}

#[test]
fn one_request_tries_and_whoever_leaves_makes_room_for_the_next() {
    let (tell, told) = channel::<()>();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |call| match call.path().as_str() {
        "/sick" => {
            call.body();
            call.send("HTTP/1.1 500 Sick\r\nContent-Length: 0\r\n\r\n");
            Next::Keep
        }
        "/held" => {
            call.body();
            wait(&told);
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nheld");
            Next::Keep
        }
        _ => call.answer(),
    });
    let proxy = Proxy::start(&table(&[upstream.address()], "failure_threshold: 1, recovery_timeout: 1ms"));
    let address = proxy.address("web");
    assert_eq!(get(address, "/sick").unwrap().status, 500);
    let first = eventually("a request tries", || {
        let refused = proxy.metric(REFUSED);
        let mut client = Client::connect(address);
        client.send("GET /held HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        let tries = eventually("it is there, or refused", || {
            let there = upstream.drain().iter().any(|one| one.head.line.starts_with("GET /held"));
            (there || proxy.metric(REFUSED) > refused).then_some(there)
        });
        tries.then_some(client)
    });
    assert_eq!(proxy.metric(&state(upstream.address())), Some(1.0));
    for _ in 0..3 {
        let other = get(address, "/a").unwrap();
        assert_eq!((other.status, other.value("x-towpath-reason")), (503, Some("breaker-open")));
    }
    drop(first);
    tell.send(()).unwrap();
    eventually("the next one tries, and it closes", || {
        (get(address, "/a").unwrap().status == 200).then_some(())
    });
    proxy.await_metric(&state(upstream.address()), 0.0);
}

#[test]
fn who_cannot_be_reached_is_not_tried_for_each_request() {
    let gone = refusing();
    let proxy = Proxy::start(&table(&[gone], "failure_threshold: 2, recovery_timeout: 1h"));
    let reasons: Vec<_> = (0..4).map(|_| ask(&proxy).value("x-towpath-reason").unwrap().to_owned()).collect();
    assert_eq!(reasons, ["connect-failure", "connect-failure", "breaker-open", "breaker-open"]);
    assert_eq!(proxy.metric(REFUSED), Some(2.0));
    let mut raw = Client::connect(proxy.address("raw"));
    assert!(raw.rest().unwrap().is_empty(), "a connection finds it open too");
    proxy.await_metric(REFUSED, 3.0);
    assert_eq!(proxy.metric("towpath_upstream_connect_failures_total{cluster=\"app\"}"), Some(2.0));
}

#[test]
fn a_reload_keeps_what_is_known() {
    let (broken, _) = sick();
    let rules = "failure_threshold: 1, recovery_timeout: 1h";
    let proxy = Proxy::start(&table(&[broken.address()], rules));
    assert_eq!(ask(&proxy).status, 503);
    proxy.rewrite(&table(&[broken.address()], &format!("{rules}, recovery_max: 2h")));
    proxy.await_metric("towpath_config_generation", 2.0);
    assert_eq!(ask(&proxy).value("x-towpath-reason"), Some("breaker-open"));
    let without = table(&[broken.address()], rules).replace(&format!("{{{rules}}}"), "none");
    proxy.rewrite(&without);
    proxy.await_metric("towpath_config_generation", 3.0);
    assert_eq!(ask(&proxy).value("x-towpath-reason"), None, "without a breaker it is asked again");
}
