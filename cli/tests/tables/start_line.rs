//! Request lines (RFC 9112 §3): methods, targets, versions.

use crate::support::expect::{bad, line, refused, same};
use crate::support::{Case, rows};

/// All cases.
pub fn cases() -> Vec<Case> {
    [methods(), targets(), normal(), versions(), shapes()].concat()
}

const HOST: &[u8] = b"\r\nHost: shop.test\r\n\r\n";

fn with_method(method: &[u8]) -> Vec<u8> {
    [method, b" /method HTTP/1.1", HOST].concat()
}

fn with_target(target: &[u8]) -> Vec<u8> {
    [b"GET ".as_slice(), target, b" HTTP/1.1", HOST].concat()
}

fn methods() -> Vec<Case> {
    let plain: &[&[u8]] = &[
        b"GET",
        b"HEAD",
        b"POST",
        b"PUT",
        b"DELETE",
        b"OPTIONS",
        b"PATCH",
        b"TRACE",
        b"PROPFIND",
        b"M-SEARCH",
        b"QUERY",
        b"get",
        b"Get",
        b"PURGE",
        b"X",
        b"0",
        b"!#$%&'*+-.^_`|~",
        b"VERSION-CONTROL",
        b"BASELINE-CONTROL",
        b"connect",
    ];
    let mut odd: Vec<Vec<u8>> =
        [b"".as_slice(), b"G T", b"GET\xe9", b"\x80", b"GET\t", b"GET\r", b"GET\n", b"GET\r\n", b"GET:"]
            .map(<[u8]>::to_vec)
            .into();
    odd.extend(b"\"(),/:;<=>?@[\\]{}".iter().map(|byte| [b"G".as_slice(), &[*byte], b"T"].concat()));
    let odd: Vec<&[u8]> = odd.iter().map(Vec::as_slice).collect();
    [rows("method", with_method, same, plain), rows("odd method", with_method, bad, &odd)].concat()
}

fn targets() -> Vec<Case> {
    let plain: &[&[u8]] = &[
        b"/",
        b"/a",
        b"/a/",
        b"/a/b?c=d",
        b"/?",
        b"/?a",
        b"/a?b?c",
        b"/a?b=/../c",
        b"/a?b=c&d=e",
        b"/a?%20",
        b"/%20",
        b"/%E2%82%AC",
        b"/a%2Fb",
        b"/a%2fb",
        b"/a;b=c;d",
        b"/a,b",
        b"/a:b",
        b"/a@b",
        b"/a=b",
        b"/a+b",
        b"/a!$&'()*b",
        b"/~user",
        b"/a-b_c.d",
        b"/.../a",
        b"/.a",
        b"/a.",
        b"/a..b",
        b"//a",
        b"/a//b",
        b"/a?x=[1]&y={2}",
        b"/a?x=%00y",
        b"/a?\"<>\\^`{|}",
        b"/http://other.test/",
        b"/a?http://other.test/",
        b"/%C3%A9",
        b"/a%3Fb",
        b"/a%23b",
        b"/a%25b",
    ];
    let odd: &[&[u8]] = &[
        b"",
        b"a",
        b"a/b",
        b"?a",
        b"#",
        b"/#",
        b"/a#b",
        b"/a?b#c",
        b"/a b",
        b"/a  b",
        b"/a\tb",
        b"/a\x0bb",
        b"/a\xe9",
        b"/\x80\xff",
        b"/%",
        b"/%2",
        b"/%zz",
        b"/%2g",
        b"/%u0041",
        b"/a%",
        b"/%00",
        b"/a%00b",
        b"/%0a",
        b"/%0d%0aX:y",
        b"/%1f",
        b"/%7f",
        b"*",
        b"/a\rb",
        b"/a\nb",
        b"/a\x00b",
        b"*/a",
        b"\\a",
        b"shop.test:80",
        b"shop.test",
        b".",
        b"..",
        b"./a",
    ];
    [rows("target", with_target, same, plain), rows("odd target", with_target, bad, odd)].concat()
}

/// The upstream gets what was matched (`normalize_path: base`).
fn normal() -> Vec<Case> {
    const ROWS: &[(&str, &str)] = &[
        ("/a/../b", "/b"),
        ("/a/./b", "/a/b"),
        ("/a/b/..", "/a/"),
        ("/a/b/.", "/a/b/"),
        ("/../a", "/a"),
        ("/../../a", "/a"),
        ("/a/%2e%2e/b", "/b"),
        ("/a/%2E./b", "/b"),
        ("/a/.%2e/b", "/b"),
        ("/a/%2e/b", "/a/b"),
        ("/%61%62", "/ab"),
        ("/%7Euser", "/~user"),
        ("/a\\b", "/a/b"),
        ("/a/..\\b", "/b"),
        ("/a/../b?c=/../d", "/b?c=/../d"),
        ("/a/..", "/"),
        ("/..", "/"),
        ("/.", "/"),
    ];
    ROWS.iter()
        .map(|(sent, seen)| Case {
            name: format!("normal form of {sent}"),
            bytes: with_target(sent.as_bytes()),
            expect: line(&format!("GET {seen} HTTP/1.1")),
        })
        .collect()
}

fn versions() -> Vec<Case> {
    let with_version = |version: &[u8]| [b"GET / ".as_slice(), version, HOST].concat();
    let items: &[&[u8]] = &[
        b"HTTP/2.0",
        b"HTTP/1.2",
        b"HTTP/1.9",
        b"HTTP/0.9",
        b"HTTP/3.0",
        b"HTTP/9.9",
        b"HTTP/1.10",
        b"HTTP/1.11",
        b"HTTP/01.1",
        b"HTTP/1.01",
        b"HTTP/11",
        b"HTTP/1",
        b"HTTP/1.",
        b"HTTP/.1",
        b"HTTP/",
        b"HTTP",
        b"http/1.1",
        b"Http/1.1",
        b"HTTPS/1.1",
        b"HTP/1.1",
        b"HTTP /1.1",
        b"HTTP/ 1.1",
        b"HTTP/1,1",
        b"HTTP/1.1x",
        b"HTTP/1.1 ",
        b" HTTP/1.1",
        b"HTTP/1.1\t",
        b"HTTP/-1.1",
        b"HTTP/+1.1",
        b"HTTP/1.1\x00",
        b"HTTP/1.1;",
        b"ICY/1.1",
        b"SIP/2.0",
        b"HTTP/2",
        b"HTTP-1.1",
        b"HTTP/1.\xef\xbc\x91",
        b"HTTP/1.1 HTTP/1.1",
    ];
    rows("version", with_version, || refused(&[400, 505]), items)
}

fn shapes() -> Vec<Case> {
    let items: &[&[u8]] = &[
        b"GET /\r\nHost: shop.test\r\n\r\n",
        b"GET\r\nHost: shop.test\r\n\r\n",
        b"GET  / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET\t/ HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET /\tHTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET /  HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET/ HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET /HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET\x0b/ HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET\xa0/ HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"/ HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nHost: shop.test\r\n\r\n",
        b"GET / HTTP/1.1 \r\nHost: shop.test\r\n\r\n",
        b"GET /\rHTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET / /a HTTP/1.1\r\nHost: shop.test\r\n\r\n",
    ];
    // with a field in it, it is not the preface of HTTP/2
    let preface: &[&[u8]] = &[b"PRI * HTTP/2.0\r\nHost: shop.test\r\n\r\nSM\r\n\r\n"];
    [
        rows("request line", <[u8]>::to_vec, || refused(&[400, 505]), items),
        rows("preface", <[u8]>::to_vec, || refused(&[400, 505]), preface),
    ]
    .concat()
}
