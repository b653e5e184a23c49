//! Ejection: endpoints that fail more than others get no requests for a while.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::net::SocketAddr;

use serde_json::Value;
use support::{Next, Proxy, Response, Upstream, eventually, get, refusing};

fn table(endpoints: &[SocketAddr], keys: &str) -> String {
    let endpoints: Vec<_> = endpoints.iter().map(|address| format!("\"{address}\"")).collect();
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{all: {{to: app}}}}\n\
         clusters: {{app: {{endpoints: [{}], balance: round-robin, {keys}}}}}\n",
        endpoints.join(", ")
    )
}

/// An upstream that answers 503 to everything but `/fine`.
fn sick() -> Upstream {
    Upstream::start(|call| {
        if call.path() == "/fine" {
            return call.answer();
        }
        call.body();
        call.send("HTTP/1.1 503 Down\r\nContent-Length: 4\r\n\r\ndown");
        Next::Keep
    })
}

fn ask(proxy: &Proxy, path: &str) -> Response {
    get(proxy.address("web"), path).expect("an answer")
}

/// What `/clusters` says of the endpoints.
fn shown(proxy: &Proxy) -> Vec<Value> {
    let page = get(proxy.admin(), "/clusters").expect("the page");
    let clusters: Value = serde_json::from_slice(&page.body).expect("JSON");
    clusters["app"]["endpoints"].as_array().expect("a list").clone()
}

fn count(proxy: &Proxy, name: &str) -> Option<f64> {
    proxy.metric(&format!("towpath_{name}{{cluster=\"app\"}}"))
}

#[test]
fn who_fails_in_a_row_is_ejected_but_no_more_than_half() {
    let (broken, gone, well) = (sick(), refusing(), [Upstream::echo(), Upstream::echo()]);
    let addresses = [broken.address(), gone, well[0].address(), well[1].address()];
    let keys = "ejection: {consecutive_5xx: none, consecutive_gateway: 3, consecutive_local: 2, base: 1h}";
    let proxy = Proxy::start(&table(&addresses, keys));
    let failed: Vec<_> = (0..60).map(|_| ask(&proxy, "/a").status).filter(|status| *status != 200).collect();
    assert_eq!(failed.iter().filter(|status| **status == 503).count(), 3, "{failed:?}");
    assert_eq!(failed.iter().filter(|status| **status == 502).count(), 2, "{failed:?}");
    assert_eq!(count(&proxy, "cluster_ejected"), Some(2.0));
    assert_eq!(count(&proxy, "ejections_consecutive_gateway_total"), Some(1.0));
    assert_eq!(count(&proxy, "ejections_consecutive_local_total"), Some(1.0));
    let shown = shown(&proxy);
    assert_eq!(shown[0]["ejected"]["times"], 1);
    assert!(shown[0]["ejected"]["for"].as_str().is_some_and(|left| left.starts_with("59m")), "{shown:?}");
    assert_eq!(shown[2]["ejected"], Value::Null);
    proxy.line("the log says so", |line| {
        (line.contains("ejected") && line.contains("by=\"consecutive_gateway\"")).then_some(())
    });
}

#[test]
fn who_was_ejected_comes_back_by_itself() {
    let (broken, well) = (sick(), Upstream::echo());
    let keys = "ejection: {consecutive_5xx: 1, base: 100ms}";
    let proxy = Proxy::start(&table(&[broken.address(), well.address()], keys));
    eventually("it is ejected", || {
        ask(&proxy, "/a");
        count(&proxy, "ejections_consecutive_5xx_total").filter(|times| *times >= 1.0)
    });
    broken.drain();
    eventually("it is asked again", || {
        assert_eq!(ask(&proxy, "/fine").status, 200);
        broken.drain().pop()
    });
    assert_eq!(count(&proxy, "cluster_ejected"), Some(0.0));
}

#[test]
fn where_too_many_fail_they_are_asked_all_the_same() {
    let broken = [sick(), sick(), sick()];
    let addresses = broken.each_ref().map(Upstream::address);
    let keys = "ejection: {consecutive_5xx: 1, base: 1h, max: 100%}";
    let proxy = Proxy::start(&table(&addresses, keys));
    for _ in 0..30 {
        let answer = ask(&proxy, "/a");
        assert_eq!((answer.status, answer.value("x-towpath-reason")), (503, None), "an endpoint's answer");
    }
    assert_eq!(count(&proxy, "cluster_ejected"), Some(2.0), "the last one stays");
    assert!(count(&proxy, "ejections_withheld_total") >= Some(1.0));
    assert!(count(&proxy, "panic_picks_total") >= Some(10.0));
    assert!(
        broken.iter().all(|upstream| upstream.drain().len() >= 5),
        "one of three is too few to carry it all"
    );
}

#[test]
fn a_large_share_of_failures_is_seen_once_in_an_interval() {
    let (broken, well) = (sick(), Upstream::echo());
    let keys = "ejection: {consecutive_5xx: none, failure_percentage: {threshold: 50%, volume: 4, endpoints: 2}, \
                interval: 50ms, base: 1h}";
    let proxy = Proxy::start(&table(&[broken.address(), well.address()], keys));
    eventually("it is ejected", || {
        ask(&proxy, "/a");
        count(&proxy, "ejections_failure_percentage_total").filter(|times| *times == 1.0)
    });
    broken.drain();
    assert!((0..10).all(|_| ask(&proxy, "/a").status == 200));
    assert!(broken.drain().is_empty());
}
