//! Upgrades and `CONNECT`: after the answer, bytes flow both ways and each side ends by itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::mpsc::channel;

use support::{Client, Next, PATIENCE, before, latin, parrot};

const GET: &str = "GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n";

#[test]
fn upgrades_become_tunnels() {
    let (upstream, _proxy, mut client) = before(|call| {
        call.body();
        assert_eq!(call.head.value("upgrade"), Some("websocket"));
        assert!(call.head.value("connection").is_some_and(|value| value.eq_ignore_ascii_case("upgrade")));
        call.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: 1\r\n\r\nhail");
        parrot(call)
    });
    let lines = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x";
    let response =
        client.send(format!("GET /a HTTP/1.1\r\nHost: shop.test\r\n{lines}\r\n\r\nping")).response().unwrap();
    assert_eq!((response.status, response.value("x-key")), (101, Some("1")));
    assert_eq!(response.value("upgrade"), Some("websocket"));
    assert!(response.value("connection").is_some_and(|value| value.eq_ignore_ascii_case("upgrade")));
    assert_eq!(
        latin(&client.wire().take(8).unwrap()),
        "hailping",
        "what follows the head belongs to the tunnel"
    );
    client.send("GET / HTTP/1.1\r\n\r\n..");
    assert_eq!(latin(&client.wire().take(20).unwrap()), "GET / HTTP/1.1\r\n\r\n..");
    client.wire().finish();
    assert_eq!(latin(&client.rest().unwrap()), "bye", "one side may end before the other");
    assert_eq!(upstream.drain().len(), 1);
}

#[test]
fn an_upgrade_that_is_refused_stays_http() {
    let (_upstream, _proxy, mut client) = before(|call| call.answer());
    let upgrade = "GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert_eq!(client.send(upgrade).response().unwrap().text(), "answer");
    assert_eq!(client.send(GET).response().unwrap().value("x-seen"), Some("GET /a HTTP/1.1"));
}

#[test]
fn connect_becomes_a_tunnel() {
    let (_upstream, _proxy, mut client) = before(|call| {
        assert_eq!(call.head.line, "CONNECT db.test:5432 HTTP/1.1");
        call.send("HTTP/1.1 200 Connection established\r\n\r\n");
        parrot(call)
    });
    let response = client
        .send("CONNECT db.test:5432 HTTP/1.1\r\nHost: db.test:5432\r\n\r\n")
        .response_to("CONNECT")
        .unwrap();
    assert_eq!(
        (
            response.status,
            response.values("content-length").len(),
            response.values("transfer-encoding").len()
        ),
        (200, 0, 0)
    );
    client.send("ping\u{0}\r\n!");
    assert_eq!(latin(&client.wire().take(8).unwrap()), "ping\u{0}\r\n!");
    client.wire().finish();
    assert_eq!(latin(&client.rest().unwrap()), "bye");
}

#[test]
fn a_tunnel_ends_from_the_upstreams_side_too() {
    let (upstream, _proxy, mut client) = before(|call| {
        call.send("HTTP/1.1 200 OK\r\n\r\n");
        let stream = call.wire().stream().try_clone().unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let rest = call.wire().take_rest().unwrap_or_default();
        assert_eq!(latin(&rest), "last words");
        call.body();
        Next::Close
    });
    let asked =
        client.send("CONNECT db.test:5432 HTTP/1.1\r\nHost: db.test:5432\r\n\r\n").response_to("CONNECT");
    assert_eq!(asked.unwrap().status, 200);
    assert_eq!(client.rest().unwrap(), b"", "its end comes through");
    client.send("last words").wire().finish();
    assert_eq!(upstream.wait(1).len(), 1, "what we still said came through");
}

#[test]
fn connect_that_is_refused_ends_the_connection() {
    let (upstream, _proxy, mut client) = before(|call| {
        call.body();
        call.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        Next::Keep
    });
    // a client that was too sure of itself sent what was meant for the other end
    client.send(format!("CONNECT db.test:5432 HTTP/1.1\r\nHost: db.test:5432\r\n\r\n{GET}"));
    let response = client.response_to("CONNECT").unwrap();
    assert_eq!((response.status, response.text().as_str()), (403, "no"));
    assert!(response.closes());
    assert_eq!(client.rest().unwrap(), b"");
    assert_eq!(upstream.drain().len(), 1, "it is no request");
}

/// Whether a connection ends with a reset, and not in order.
fn is_reset(mut stream: &TcpStream) -> bool {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).is_err_and(|fault| fault.kind() == ErrorKind::ConnectionReset)
}

#[test]
fn a_reset_comes_through_on_either_side() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let (_upstream, proxy, mut client) = before(move |call| {
        let resets = call.head.line.contains("resets");
        call.send("HTTP/1.1 200 OK\r\n\r\n");
        // whoever closes with something unread resets
        if resets {
            call.wire().stream().peek(&mut [0]).unwrap();
        } else {
            tell.lock().unwrap().send(is_reset(call.wire().stream())).unwrap();
        }
        Next::Close
    });
    client.send("CONNECT resets.test:1 HTTP/1.1\r\nHost: resets.test:1\r\n\r\n").head().unwrap();
    client.send("unread");
    assert!(is_reset(client.wire().stream()), "the client sees the upstream's reset");

    let mut client = Client::connect(proxy.address("web"));
    client.send("CONNECT patient.test:1 HTTP/1.1\r\nHost: patient.test:1\r\n\r\n");
    client.wire().stream().peek(&mut [0]).unwrap();
    drop(client);
    assert!(told.recv_timeout(PATIENCE).unwrap(), "the upstream sees the client's reset");
}
