//! What belongs to one connection only (RFC 9110 §7.6.1), expectations, and callers of HTTP/1.0.

use super::{post, with_lines};
use crate::support::expect::{bad, body, head, refused};
use crate::support::{Case, Expect, rows};

const LINE: &str = "GET /fields HTTP/1.1";

/// All cases.
pub fn cases() -> Vec<Case> {
    [dropped(), nominated(), expectations(), old()].concat()
}

fn keeps(lines: &str, kept: &[(&str, &str)]) -> Case {
    let fields = [&[("Host", "shop.test")], kept].concat();
    Case {
        name: format!("hop by hop: {lines:?}"),
        bytes: with_lines(lines.as_bytes()),
        expect: head(LINE, &fields),
    }
}

fn dropped() -> Vec<Case> {
    vec![
        keeps("Connection: keep-alive\r\nX: y", &[("X", "y")]),
        keeps("Connection: close", &[]),
        keeps("Connection: x-drop\r\nX-Drop: 1\r\nX-Keep: 2", &[("X-Keep", "2")]),
        keeps("X-Drop: 1\r\nconnection: X-DROP", &[]),
        keeps("Connection: x-a, x-b\r\nX-A: 1\r\nX-B: 2\r\nX-C: 3", &[("X-C", "3")]),
        keeps("Connection: x-a\r\nX-A: 1\r\nConnection: x-b\r\nX-B: 2", &[]),
        keeps("Connection: x-a\r\nX-A: 1\r\nX-A: 2\r\nx-a: 3", &[]),
        keeps("Connection: ,x-a,,\r\nX-A: 1", &[]),
        keeps("Connection: keep-alive, x-a\r\nX-A: 1\r\nY: 2", &[("Y", "2")]),
        keeps("Connection: absent", &[]),
        keeps("Keep-Alive: timeout=5, max=100", &[]),
        keeps("Proxy-Connection: keep-alive", &[]),
        keeps("Connection: TE\r\nTE: trailers", &[]),
        keeps("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__", &[]),
        keeps("Upgrade: h2c", &[]),
        keeps("Connection: upgrade\r\nUpgrade: websocket, H2C", &[]),
        keeps("Connection: upgrade\r\nUpgrade: x,h2c-16", &[]),
        keeps("Upgrade: websocket\r\nX: y", &[("X", "y")]),
        keeps("Connection:", &[]),
        keeps("Connection: close, x-a\r\nX-A: 1", &[]),
    ]
}

fn nominated() -> Vec<Case> {
    let items: &[&[u8]] = &[
        b"Connection: content-length\r\nContent-Length: 5",
        b"Connection: Content-Length",
        b"Connection: host",
        b"Connection: close, Host",
        b"Connection: transfer-encoding\r\nTransfer-Encoding: chunked",
        b"Connection: TRANSFER-ENCODING",
        b"Connection: keep-alive\r\nConnection: content-length",
        b"Connection: keep-alive, content-length, close",
        b"Connection: trailer",
    ];
    rows("nominated", |lines| post(lines, b"hello"), bad, items)
}

fn expectations() -> Vec<Case> {
    let with = |value: &[u8]| post(&[b"Content-Length: 5\r\nExpect:".as_slice(), value].concat(), b"hello");
    [
        rows(
            "expectation",
            with,
            || body(b"hello"),
            &[b" 100-continue".as_slice(), b" 100-Continue", b"\t100-continue "],
        ),
        rows(
            "unknown expectation",
            with,
            || refused(&[417]),
            &[b" 200-ok".as_slice(), b" 100-continue, x", b" 100", b" \"100-continue\"", b" x=y"],
        ),
    ]
    .concat()
}

fn old() -> Vec<Case> {
    let case = |name: &str, bytes: &[u8], expect: Expect| Case {
        name: name.to_owned(),
        bytes: bytes.to_vec(),
        expect,
    };
    let host = [("Host", "shop.test")];
    vec![
        case("HTTP/1.0", b"GET /old HTTP/1.0\r\nHost: shop.test\r\n\r\n", head("GET /old HTTP/1.1", &host)),
        case(
            "HTTP/1.0 that stays",
            b"GET /old HTTP/1.0\r\nHost: shop.test\r\nConnection: keep-alive\r\n\r\n",
            head("GET /old HTTP/1.1", &host),
        ),
        case("several hosts in HTTP/1.0", b"GET /old HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", bad()),
        case(
            "odd length in HTTP/1.0",
            b"POST /old HTTP/1.0\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
            bad(),
        ),
    ]
}
