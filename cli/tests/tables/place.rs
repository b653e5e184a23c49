//! Where a request is to go: `Host`, and targets that name a host (RFC 9112 §3.2).

use crate::support::expect::{bad, head, same};
use crate::support::{Case, Expect, rows};

/// All cases.
pub fn cases() -> Vec<Case> {
    [hosts(), several(), absolute(), forms()].concat()
}

fn with_host(value: &[u8]) -> Vec<u8> {
    [b"GET /host HTTP/1.1\r\nHost:".as_slice(), value, b"\r\n\r\n"].concat()
}

fn hosts() -> Vec<Case> {
    let plain: &[&[u8]] = &[
        b" shop.test",
        b"shop.test",
        b" SHOP.Test",
        b" shop.test:80",
        b" shop.test:8080",
        b" 127.0.0.1",
        b" 127.0.0.1:80",
        b" [::1]",
        b" [::1]:8080",
        b" [2001:db8::1]",
        b" xn--bcher-kva.test",
        b" a_b.test",
        b" a",
        b" a.b.c.d.e.f.test",
        b" 1.test",
        b" shop.test:65535",
        b"\tshop.test",
        b" shop.test ",
        b" a-b.test",
    ];
    let odd: &[&[u8]] = &[
        b" a b",
        b" a,b",
        b" a, b",
        b" a/b",
        b" /a",
        b" http://a/",
        b" u@a",
        b" u:p@a",
        b" a?b",
        b" a#b",
        b" a\\b",
        b" a\tb",
        b" [::1",
        b" ::1",
        b" [::1]x",
        b" [::1]:x",
        b" []",
        b" [x]",
        b" [::1",
        b" a:b",
        b" a:8x",
        b" a:-1",
        b" a:+1",
        b" a:65536",
        b" a:99999",
        b" a:80:80",
        b" a: 80",
        b" a :80",
        b" :80",
        b" \x80",
        b" caf\xe9",
        b" a\x00b",
        b" a\x7fb",
        b" \"a\"",
        b" <a>",
        b" {a}",
        b" a|b",
        b" a^b",
        b" a`b",
        b" a:99999999999999999999",
    ];
    [rows("host", with_host, same, plain), rows("odd host", with_host, bad, odd)].concat()
}

fn several() -> Vec<Case> {
    let lines = |lines: &[u8]| [b"GET /host HTTP/1.1\r\n".as_slice(), lines, b"\r\n"].concat();
    let items: &[&[u8]] = &[
        b"",
        b"X-No: host\r\n",
        b"Host: a\r\nHost: a\r\n",
        b"Host: a\r\nHost: b\r\n",
        b"Host: a\r\nhost: a\r\n",
        b"Host: a\r\nX: y\r\nHOST: b\r\n",
        b"Host:\r\nHost: a\r\n",
        b"Host : a\r\n",
        b" Host: a\r\n",
        b"Host\t: a\r\n",
        b"Host: a\r\n b\r\n",
        b"Host\r\n",
        b"Host a\r\n",
        b"Host: a\nHost: b\r\n",
        b"Host: a\rHost: b\r\n",
        b"X: y\r\n Host: a\r\n",
        b"Host\x00: a\r\n",
        b"Host;: a\r\n",
    ];
    rows("hosts", lines, bad, items)
}

fn absolute() -> Vec<Case> {
    let case = |line: &str, host: &str, expect: Expect| Case {
        name: format!("{line} for {host}"),
        bytes: format!("{line}\r\nHost: {host}\r\n\r\n").into_bytes(),
        expect,
    };
    let agree = [
        ("http://shop.test/x", "/x"),
        ("http://shop.test/x?y=z", "/x?y=z"),
        ("http://shop.test", "/"),
        ("http://shop.test/", "/"),
        ("http://shop.test?x=1", "/?x=1"),
        ("HTTP://shop.test/x", "/x"),
        ("https://shop.test/x", "/x"),
        ("http://shop.test/a/../b", "/b"),
    ];
    let agree = agree.into_iter().map(|(target, seen)| {
        let line = format!("GET {seen} HTTP/1.1");
        case(&format!("GET {target} HTTP/1.1"), "shop.test", head(&line, &[("Host", "shop.test")]))
    });
    let differ = [
        ("http://other.test/", "shop.test"),
        ("http://shop.test:81/", "shop.test:82"),
        ("http://shop.test/", "shop.test.evil"),
        ("http://shop.test.evil/", "shop.test"),
        ("http://u@shop.test/", "shop.test"),
        ("http://u:p@shop.test/", "u:p@shop.test"),
        ("http://shop.test@other.test/", "other.test"),
        ("http://shop.test,other.test/", "shop.test"),
        ("http://shop.test:x/", "shop.test:x"),
        ("http://shop.test:99999/", "shop.test:99999"),
        ("http:///x", "shop.test"),
        ("http://?x", "shop.test"),
        ("http:/x", "shop.test"),
        ("http:x", "shop.test"),
        ("http://shop.test#f", "shop.test"),
        ("http://shop.test/#f", "shop.test"),
        ("ftp://shop.test/", "shop.test"),
        ("file:///etc/passwd", "shop.test"),
        ("javascript://shop.test/", "shop.test"),
        ("://shop.test/", "shop.test"),
        ("http://[::1/", "[::1"),
        ("http://shop.test\\other.test/", "shop.test"),
        ("http//shop.test/", "shop.test"),
        (" http://shop.test/", "shop.test"),
    ];
    let differ =
        differ.into_iter().map(|(target, host)| case(&format!("GET {target} HTTP/1.1"), host, bad()));
    let hostless = Case {
        name: "absolute form without Host".to_owned(),
        bytes: b"GET http://shop.test/ HTTP/1.1\r\n\r\n".to_vec(),
        expect: bad(),
    };
    agree.chain(differ).chain([hostless]).collect()
}

/// Authority form is for `CONNECT` alone, `*` for `OPTIONS` alone.
fn forms() -> Vec<Case> {
    let odd: &[&[u8]] = &[
        b"CONNECT / HTTP/1.1\r\nHost: shop.test",
        b"CONNECT shop.test HTTP/1.1\r\nHost: shop.test",
        b"CONNECT shop.test: HTTP/1.1\r\nHost: shop.test",
        b"CONNECT shop.test:x HTTP/1.1\r\nHost: shop.test:x",
        b"CONNECT shop.test:443 HTTP/1.1\r\nHost: other.test:443",
        b"CONNECT * HTTP/1.1\r\nHost: shop.test",
        b"CONNECT http://shop.test:443/ HTTP/1.1\r\nHost: shop.test:443",
        b"CONNECT u@shop.test:443 HTTP/1.1\r\nHost: shop.test:443",
        b"CONNECT :443 HTTP/1.1\r\nHost: shop.test",
        b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\nContent-Length: 5",
        b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\nTransfer-Encoding: chunked",
        b"CONNECT shop.test:443 HTTP/1.1",
        b"GET shop.test:443 HTTP/1.1\r\nHost: shop.test:443",
        b"GET * HTTP/1.1\r\nHost: shop.test",
        b"POST * HTTP/1.1\r\nHost: shop.test",
        b"HEAD * HTTP/1.1\r\nHost: shop.test",
        b"OPTIONS ** HTTP/1.1\r\nHost: shop.test",
        b"OPTIONS *a HTTP/1.1\r\nHost: shop.test",
        b"OPTIONS shop.test:443 HTTP/1.1\r\nHost: shop.test:443",
    ];
    let whole = |bytes: &[u8]| [bytes, b"\r\n\r\n"].concat();
    [
        rows("form", whole, bad, odd),
        rows(
            "form",
            whole,
            same,
            &[b"OPTIONS * HTTP/1.1\r\nHost: shop.test".as_slice(), b"OPTIONS /a HTTP/1.1\r\nHost: shop.test"],
        ),
    ]
    .concat()
}
