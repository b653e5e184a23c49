//! Every limit holds against who tries to pass it, and what it did is counted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::Write;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use support::{Client, Next, Proxy, Response, Upstream, get, wait};

const CONNECT: &str = "CONNECT db.test:5432 HTTP/1.1\r\nHost: db.test:5432\r\n\r\n";

/// Status and reason.
fn told(response: &Response) -> (u16, Option<&str>) {
    (response.status, response.value("x-towpath-reason"))
}

#[test]
fn an_upstream_may_say_so_much_before_it_comes_to_the_point() {
    let upstream = Upstream::start(|call| {
        call.body();
        let count = call.path().trim_start_matches('/').parse().unwrap();
        call.send("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(count));
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        Next::Keep
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", ", limits: {interim_responses: 3}");
    assert_eq!(get(proxy.address("web"), "/3").unwrap().status, 200);
    assert_eq!(told(&get(proxy.address("web"), "/4").unwrap()), (502, Some("bad-response")));
    assert_eq!(proxy.metric("towpath_local_replies_total{reason=\"bad-response\"}"), Some(1.0));
}

#[test]
fn the_head_of_an_answer_has_its_size() {
    let upstream = Upstream::start(|call| {
        call.body();
        let fields = match call.path().as_str() {
            "/many" => "A: b\r\n".repeat(4),
            "/large" => format!("A: {}\r\n", "b".repeat(2048)),
            _ => "A: b\r\n".repeat(3),
        };
        call.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{fields}\r\n"));
        Next::Keep
    });
    let limits = ", limits: {header_bytes: 1KiB, header_count: 4}";
    let proxy = Proxy::in_front_of(upstream.address(), "", limits);
    assert_eq!(get(proxy.address("web"), "/fits").unwrap().status, 200);
    for path in ["/many", "/large"] {
        let response = get(proxy.address("web"), path).unwrap();
        assert_eq!(told(&response), (502, Some("response-head-too-large")), "{path}");
    }
}

#[test]
fn who_waits_for_a_connection_does_not_wait_for_ever() {
    let (tell, held) = channel();
    let held = Mutex::new(held);
    let upstream = Upstream::start(move |call| {
        call.body();
        wait(&held);
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
        Next::Keep
    });
    let cluster = ", limits: {connections: 1}, pending_timeout: 50ms";
    let proxy = Proxy::in_front_of(upstream.address(), "", cluster);
    let mut first = Client::connect(proxy.address("web"));
    first.send("GET /held HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    upstream.wait(1);
    assert_eq!(told(&get(proxy.address("web"), "/a").unwrap()), (503, Some("pending-timeout")));
    tell.send(()).unwrap();
    assert_eq!(first.response().unwrap().text(), "fine", "who was first is not disturbed");
    assert_eq!(proxy.metric("towpath_cluster_pending{cluster=\"app\"}"), Some(0.0));
}

#[test]
fn an_idle_connection_of_another_worker_makes_room() {
    let upstream = Upstream::echo();
    let cluster = ", limits: {connections: 1}, pending_timeout: none";
    let proxy = Proxy::in_front_of(upstream.address(), "", cluster);
    let mut clients = [0, 1].map(|_| Client::connect(proxy.address("web")));
    for _ in 0..10 {
        for client in &mut clients {
            client.send("GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n");
            assert_eq!(client.response().unwrap().status, 200);
        }
    }
    assert_eq!(upstream.connections(), 20, "two workers took turns with the only connection");
}

#[test]
fn a_body_is_sent_again_only_when_all_of_it_was_kept() {
    let upstream = Upstream::start(|call| {
        if call.path() == "/first" || call.number == 0 {
            return call.answer();
        }
        call.body();
        Next::Close
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", ", limits: {replay_bytes: 1000B}");
    for (length, status) in [(1000, 200), (1001, 502)] {
        let mut client = Client::connect(proxy.address("web"));
        client.send("GET /first HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        assert_eq!(client.response().unwrap().status, 200);
        upstream.drain();
        let body = "b".repeat(length);
        client.send(format!("PUT /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {length}\r\n\r\n{body}"));
        assert_eq!(client.response().unwrap().status, status, "{length} octets");
        let seen = upstream.drain();
        assert_eq!(seen.len(), if status == 200 { 2 } else { 1 }, "{length} octets");
        assert!(seen.iter().all(|request| request.body == body.as_bytes()));
    }
    assert_eq!(proxy.metric("towpath_upstream_repeats_total{cluster=\"app\"}"), Some(1.0));
    assert_eq!(proxy.metric("towpath_upstream_not_replayed_total{cluster=\"app\"}"), Some(1.0));
}

#[test]
fn a_tunnel_that_stands_still_ends() {
    let upstream = Upstream::start(|call| {
        call.send("HTTP/1.1 200 OK\r\n\r\n");
        let rest = call.wire().take_rest();
        assert_eq!(rest.unwrap(), b"", "the proxy ended this side too");
        Next::Close
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", ", tunnel_idle_timeout: 50ms");
    let mut client = Client::connect(proxy.address("web"));
    assert_eq!(client.send(CONNECT).response_to("CONNECT").unwrap().status, 200);
    assert_eq!(client.rest().unwrap(), b"", "the proxy ended it");
    proxy.await_metric("towpath_tunnels_timed_out_total", 1.0);
    proxy.await_metric("towpath_tunnels_open", 0.0);
}

#[test]
fn a_half_of_a_tunnel_ends_sooner() {
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |call| {
        call.send("HTTP/1.1 200 OK\r\n\r\n");
        // its own side stays open for as long as the test lasts
        wait(&told);
        Next::Close
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", ", tunnel_half_closed_timeout: 50ms");
    let mut client = Client::connect(proxy.address("web"));
    assert_eq!(client.send(CONNECT).response_to("CONNECT").unwrap().status, 200);
    assert_eq!(proxy.metric("towpath_tunnels_open"), Some(1.0), "the whole of it has its hour");
    client.wire().finish();
    assert_eq!(client.rest().unwrap(), b"", "the proxy ended it");
    proxy.await_metric("towpath_tunnels_timed_out_total", 1.0);
    proxy.await_metric("towpath_tunnels_open", 0.0);
    tell.send(()).unwrap();
}

#[test]
fn the_last_answer_is_waited_for_so_long() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), ", linger_timeout: 50ms", "");
    let mut client = Client::connect(proxy.address("web"));
    assert_eq!(client.send("nonsense\r\n\r\n").response().unwrap().status, 400);
    // the client never ends
    proxy.await_metric("towpath_downstream_lingers_cut_total{listener=\"web\"}", 1.0);
    proxy.await_metric("towpath_downstream_connections_open{listener=\"web\"}", 0.0);
}

#[test]
fn after_the_last_answer_so_much_is_read() {
    let upstream = Upstream::echo();
    let listener = ", linger_timeout: 1h, limits: {linger_bytes: 1KiB}";
    let proxy = Proxy::in_front_of(upstream.address(), listener, "");
    let mut client = Client::connect(proxy.address("web"));
    assert_eq!(client.send("nonsense\r\n\r\n").response().unwrap().status, 400);
    let mut stream = client.wire().stream().try_clone().unwrap();
    while stream.write_all(&[b'x'; 512]).is_ok() {}
    proxy.await_metric("towpath_downstream_lingers_cut_total{listener=\"web\"}", 1.0);
    proxy.await_metric("towpath_downstream_connections_open{listener=\"web\"}", 0.0);
}

#[test]
fn the_least_important_requests_are_turned_away_first() {
    let (tell, held) = channel();
    let held = Mutex::new(held);
    let upstream = Upstream::start(move |call| {
        call.body();
        if call.path() == "/high/held" {
            wait(&held);
        }
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
        Next::Keep
    });
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\nlisteners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{high: {{match: {{path: /high/*}}, importance: high, to: app}}, normal: {{match: {{path: /normal}}, to: app}}, \
         low: {{match: {{path: /low}}, importance: low, to: app}}}}\n\
         clusters: {{app: {{endpoints: [\"{}\"], limits: {{requests: 4, requests_normal: 75%, requests_low: 25%}}}}}}\n",
        upstream.address()
    ));
    let ask = |path: &str| get(proxy.address("web"), path).unwrap().status;
    let asked = |paths: [&str; 3]| paths.map(ask);
    let mut open = Vec::new();
    for expected in [[200, 200, 200], [503, 200, 200], [503, 200, 200], [503, 503, 200], [503, 503, 503]] {
        let settle = || proxy.await_metric("towpath_cluster_requests{cluster=\"app\"}", open.len() as f64);
        settle();
        assert_eq!(asked(["/low", "/normal", "/high/now"]), expected, "{} are under way", open.len());
        settle();
        if open.len() < 4 {
            let mut client = Client::connect(proxy.address("web"));
            client.send("GET /high/held HTTP/1.1\r\nHost: shop.test\r\n\r\n");
            upstream.wait(expected.iter().filter(|status| **status == 200).count() + 1);
            open.push(client);
        }
    }
    assert_eq!(told(&get(proxy.address("web"), "/low").unwrap()), (503, Some("request-limit")));
    for client in &mut open {
        tell.send(()).unwrap();
        assert_eq!(client.response().unwrap().status, 200, "who was let in is not disturbed");
    }
    proxy.await_metric("towpath_cluster_requests{cluster=\"app\"}", 0.0);
    assert_eq!(asked(["/low", "/normal", "/high/now"]), [200; 3]);
    let shed = |importance: &str| {
        let labels = format!("cluster=\"app\",importance=\"{importance}\",cause=\"requests\"");
        proxy.metric(&format!("towpath_cluster_shed_total{{{labels}}}"))
    };
    assert_eq!(["low", "normal", "high"].map(shed), [Some(5.0), Some(2.0), Some(1.0)]);
}
