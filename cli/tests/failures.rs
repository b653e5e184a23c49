//! What the proxy answers by itself when an exchange fails, and what becomes of the other side.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use support::{Client, Next, PATIENCE, Proxy, Upstream, before, get, refusing, wait};

#[test]
fn failures_have_statuses_and_reasons() {
    let silent = Upstream::start(|call| {
        call.body();
        // holds the request until the proxy gives up
        let _ = call.wire().has_more();
        Next::Close
    });
    let table = format!(
        "proxy: {{admin: \"127.0.0.1:0\"}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes:\n  \
           refused: {{match: {{path: /refused}}, to: refused}}\n  \
           empty: {{match: {{path: /empty}}, to: empty/none}}\n  \
           late: {{match: {{path: /late}}, to: silent, timeout: 150ms}}\n  \
           idle: {{match: {{path: /idle}}, to: silent, response_idle_timeout: 150ms}}\n\
         clusters:\n  \
           refused: {{endpoints: [\"{}\"]}}\n  \
           silent: {{endpoints: [\"{silent}\"]}}\n  \
           empty: {{endpoints: [\"{silent}\"], subsets: {{none: {{labels: {{version: none}}}}}}}}\n",
        refusing(),
        silent = silent.address()
    );
    let proxy = Proxy::start(&table);
    let rows = [
        ("/refused", 502, "connect-failure"),
        ("/empty", 503, "no-endpoint"),
        ("/late", 504, "timeout"),
        ("/idle", 504, "response-timeout"),
        ("/nowhere", 404, "no-path"),
    ];
    for (path, status, reason) in rows {
        let mut client = Client::connect(proxy.address("web"));
        let response =
            client.send(format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\n\r\n")).response().unwrap();
        assert_eq!((response.status, response.value("x-towpath-reason")), (status, Some(reason)), "{path}");
        let again = client.send("GET /nowhere HTTP/1.1\r\nHost: shop.test\r\n\r\n").response().unwrap();
        assert_eq!(again.status, 404, "{path} leaves the client's connection in order");
    }
}

/// A listener that nobody accepts from and that has no room for another connection, which are all kept here.
fn full() -> (TcpListener, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    // the kernel says nothing to whom it has no room for
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(250)) {
        waiting.push(stream);
    }
    (listener, waiting)
}

#[test]
fn a_connection_that_does_not_come_about_is_waited_for_so_long() {
    let (listener, _waiting) = full();
    let cluster = ", connect_timeout: 100ms, timeout: 1h";
    let proxy = Proxy::in_front_of(listener.local_addr().unwrap(), "", cluster);
    let response = get(proxy.address("web"), "/a").unwrap();
    assert_eq!((response.status, response.value("x-towpath-reason")), (504, Some("connect-timeout")));
    assert_eq!(proxy.metric("towpath_local_replies_total{reason=\"connect-timeout\"}"), Some(1.0));
    assert_eq!(proxy.metric("towpath_cluster_connections{cluster=\"app\"}"), Some(0.0));
}

#[test]
fn pending_requests_are_limited() {
    let (tell, told) = channel::<()>();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |call| {
        let held = call.path() == "/held";
        call.body();
        if held {
            wait(&told);
        }
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
        Next::Keep
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", ", limits: {connections: 1, pending: 1}");
    let address = proxy.address("web");
    let (answered, answers) = channel();
    let ask = |path: &'static str| {
        let answered = answered.clone();
        thread::spawn(move || answered.send(get(address, path)).is_ok());
    };
    ask("/held");
    upstream.wait(1);
    (0..8).for_each(|_| ask("/a"));
    let next = || answers.recv_timeout(PATIENCE).expect("an answer").expect("a whole one");
    // one of the eight waits for the only connection, the others are shed at once
    for _ in 0..7 {
        let shed = next();
        assert_eq!((shed.status, shed.value("x-towpath-reason")), (503, Some("pending-limit")));
    }
    tell.send(()).unwrap();
    assert_eq!([next().status, next().status], [200, 200]);
}

#[test]
fn a_request_that_may_not_be_repeated_is_not() {
    let (upstream, _proxy, mut client) = before(|call| {
        if call.path() == "/fine" {
            return call.answer();
        }
        call.body();
        Next::Close
    });
    client.send("POST /fine HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1\r\n\r\na");
    assert_eq!(client.response().unwrap().status, 200);
    client.send("POST /lost HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1\r\n\r\na");
    let response = client.response().unwrap();
    assert_eq!((response.status, response.value("x-towpath-reason")), (502, Some("reset")));
    assert_eq!(upstream.drain().len(), 2, "it was sent once");
}

#[test]
fn clients_that_leave_end_their_requests() {
    let (upstream, proxy, mut client) = before(|call| {
        let gone = call.path() == "/gone";
        call.body();
        if !gone {
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
            return Next::Keep;
        }
        call.send("HTTP/1.1 103 Early Hints\r\n\r\n");
        // ends when the proxy ends the connection
        let more = call.wire().has_more().unwrap_or(true);
        assert!(!more, "the proxy lets go of the upstream");
        call.body();
        Next::Close
    });
    client.send("GET /gone HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    upstream.wait(1);
    // to leave with something unread is a reset; an end alone could be that of the client's side only
    client.wire().stream().peek(&mut [0]).unwrap();
    drop(client);
    upstream.wait(1);
    assert_eq!(get(proxy.address("web"), "/after").unwrap().text(), "fine");
}

#[test]
fn clients_that_leave_a_standing_answer_end_it() {
    let upstream = Upstream::start(|call| {
        if call.path() != "/half" {
            return call.answer();
        }
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
        // ends when the proxy ends the connection
        let _ = call.wire().take_rest();
        Next::Close
    });
    let proxy = Proxy::in_front_of(upstream.address(), ", body_timeout: 1h", ", response_idle_timeout: none");
    for body in ["Content-Length: 0\r\n\r\n", "Content-Length: 8\r\n\r\nhalf"] {
        let mut client = Client::connect(proxy.address("web"));
        client.send(format!("POST /half HTTP/1.1\r\nHost: shop.test\r\n{body}"));
        // to leave with something unread is a reset
        client.wire().stream().peek(&mut [0]).unwrap();
        proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 1.0);
        drop(client);
        proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 0.0);
        proxy.await_metric("towpath_downstream_connections_open{listener=\"web\"}", 0.0);
    }
    assert_eq!(get(proxy.address("web"), "/after").unwrap().text(), "answer");
}

#[test]
fn who_has_only_ended_its_own_side_gets_the_rest() {
    let (upstream, tell) = Upstream::holding();
    let proxy = Proxy::in_front_of(upstream.address(), "", ", response_idle_timeout: none");
    let mut client = Client::connect(proxy.address("web"));
    let head = client.send("GET /held HTTP/1.1\r\nHost: shop.test\r\n\r\n").head().unwrap();
    client.wire().finish();
    // each of the two workers answers somebody else meanwhile, and so has seen that end
    for mut other in [0, 1].map(|_| Client::connect(proxy.address("web"))) {
        other.send("GET /other HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        assert_eq!(other.response().unwrap().status, 200);
    }
    tell.send(()).unwrap();
    assert_eq!(client.body("GET", head).unwrap().text(), "halfhalf");
}

#[test]
fn answers_of_the_proxy_name_the_route_that_asked_for_them() {
    let proxy = Proxy::start(
        "proxy: {admin: \"127.0.0.1:0\"}\n\
         listeners: {web: {address: \"127.0.0.1:0\"}}\n\
         defaults: {headers: {response: {set: {x-by: \"%{route}/%{cluster}\"}}}}\n\
         routes:\n  \
           moved: {match: {path: /moved}, redirect: {path: /new}}\n  \
           direct: {match: {path: /direct}, direct_response: 200}\n",
    );
    for name in ["moved", "direct"] {
        let response = get(proxy.address("web"), &format!("/{name}")).unwrap();
        assert_eq!(response.value("x-by"), Some(format!("{name}/").as_str()));
    }
}
