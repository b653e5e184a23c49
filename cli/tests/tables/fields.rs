//! Field lines (RFC 9110 §5, RFC 9112 §5), and the ends of lines.

use super::with_lines;
use crate::support::expect::{bad, same};
use crate::support::{Case, rows};

/// All cases.
pub fn cases() -> Vec<Case> {
    [good(), names(), values(), lines(), controls(), twins()].concat()
}

fn good() -> Vec<Case> {
    let items: &[&[u8]] = &[
        b"X-Plain: value",
        b"X-Plain:value",
        b"X-Plain:\tvalue",
        b"X-Plain:   value \t ",
        b"X-Empty:",
        b"X-Empty: ",
        b"X-Colon: a:b:c",
        b"X-Inner: a  b\tc",
        b"X-Obs: caf\xe9",
        b"X-Obs: \x80\xff",
        b"X-Utf8: \xe2\x82\xac",
        b"x: 1",
        b"X!#$%&'*+-.^`|~: token",
        b"X-Case: One\r\nx-CASE: two\r\nX-cAsE: three",
        b"B: 1\r\nA: 2\r\nC: 3\r\nA: 4",
        b"X-Quote: \"a, b\"",
        b"X-Chars: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        b"Cookie: a=b; c=d",
        b"Cookie: a=b\r\nCookie: c=d",
        b"Accept: text/html, */*;q=0.1",
        b"Authorization: Basic YTpi",
        b"0: digit",
        b"-: dash",
        b"X-Json: {\"a\": [1, 2]}",
        b"X-Comma: ,",
        b"Range: bytes=0-4",
        b"If-None-Match: \"x\"",
        b"X-Long-Name-That-Goes-On-And-On-And-On: 1",
        b"my_header: v",
        b"_: v",
        b"my_header: v\r\nother_header: v",
        b"Sec-Fetch-Mode: cors",
        b"Priority: u=1",
        b"Date: Tue, 15 Nov 1994 08:12:31 GMT",
    ];
    let long = [b"X-Long: ".as_slice(), &[b'v'; 50_000]].concat();
    let many: Vec<u8> =
        (0..120).map(|number| format!("X-Number-{number}: {number}")).collect::<Vec<_>>().join("\r\n").into();
    [
        rows("field", with_lines, same, items),
        rows("large but legal", with_lines, same, &[&long]),
        rows("many but legal", with_lines, same, &[&many]),
    ]
    .concat()
}

fn names() -> Vec<Case> {
    let mut items: Vec<Vec<u8>> = [
        b"X-Space : v".as_slice(),
        b"X-Tab\t: v",
        b": v",
        b" : v",
        b"X Y: v",
        b"\x80: v",
        b"X\xe9: v",
        b"X-None",
    ]
    .map(<[u8]>::to_vec)
    .into();
    items.extend(b"\"(),/;<=>?@[\\]{}".iter().map(|byte| [b"X".as_slice(), &[*byte], b"Y: v"].concat()));
    let items: Vec<&[u8]> = items.iter().map(Vec::as_slice).collect();
    rows("name", with_lines, bad, &items)
}

fn values() -> Vec<Case> {
    let items: &[&[u8]] = &[
        b"X: a\rb",
        b"X: a\r",
        b"X: \r",
        b"X: a\r\r",
        b"X: a\nY: b",
        b"X: a\n",
        b"X: a\n\nGET /smuggled HTTP/1.1",
        b"X: a\r\n b",
        b"X: a\r\n\tb",
        b"X: a\r\n ",
        b"X:\r\n b",
        b"X: a\n b",
        b"X: a\r\n  \r\nY: b",
    ];
    rows("value", with_lines, bad, items)
}

fn lines() -> Vec<Case> {
    let items: &[&[u8]] = &[
        b"GET / HTTP/1.1\nHost: shop.test\n\n",
        b"GET / HTTP/1.1\r\nHost: shop.test\n\r\n",
        b"GET / HTTP/1.1\nHost: shop.test\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: shop.test\r\n\n",
        b"GET / HTTP/1.1\rHost: shop.test\r\r\n\r\n",
        b"GET / HTTP/1.1\r\r\nHost: shop.test\r\n\r\n",
        b"GET / HTTP/1.1\r\n Host: shop.test\r\n\r\n",
        b"GET / HTTP/1.1\r\n\tHost: shop.test\r\n\r\n",
        b"GET / HTTP/1.1\r\n X: y\r\nHost: shop.test\r\n\r\n",
        b"GET / HTTP/1.1\r\n\x00Host: shop.test\r\n\r\n",
        b"\nGET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"\rGET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"\r\n\nGET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b" GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"\tGET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"\x00GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"\xef\xbb\xbfGET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"\r\n \r\nGET / HTTP/1.1\r\nHost: shop.test\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: shop.test\r\n\rX: y\r\n\r\n",
    ];
    let empty: &[&[u8]] = &[b"\r\n", b"\r\n\r\n", b"\r\n\r\n\r\n"];
    let after = |start: &[u8]| [start, b"GET /fields HTTP/1.1\r\nHost: shop.test\r\n\r\n"].concat();
    [rows("lines", <[u8]>::to_vec, bad, items), rows("empty lines before", after, same, empty)].concat()
}

/// Every control byte, in every part of a head. CR and LF have their own rows.
fn controls() -> Vec<Case> {
    let bytes: Vec<u8> = (0..0x20).chain([0x7f]).filter(|byte| !b"\t\r\n".contains(byte)).collect();
    let items: Vec<&[u8]> = bytes.chunks(1).collect();
    let inside =
        |before: &'static [u8], after: &'static [u8]| move |byte: &[u8]| [before, byte, after].concat();
    [
        rows(
            "control in a value",
            inside(b"GET / HTTP/1.1\r\nHost: shop.test\r\nX: a", b"b\r\n\r\n"),
            bad,
            &items,
        ),
        rows(
            "control before a value",
            inside(b"GET / HTTP/1.1\r\nHost: shop.test\r\nX:", b"b\r\n\r\n"),
            bad,
            &items,
        ),
        rows(
            "control in a name",
            inside(b"GET / HTTP/1.1\r\nHost: shop.test\r\nX", b"Y: b\r\n\r\n"),
            bad,
            &items,
        ),
        rows("control in the method", inside(b"GE", b"T / HTTP/1.1\r\nHost: shop.test\r\n\r\n"), bad, &items),
        rows(
            "control in the target",
            inside(b"GET /a", b"b HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
            bad,
            &items,
        ),
        rows("control in Host", inside(b"GET / HTTP/1.1\r\nHost: shop", b".test\r\n\r\n"), bad, &items),
    ]
    .concat()
}

/// Names that a gateway behind us, which makes variables of them, could take for one another.
fn twins() -> Vec<Case> {
    let items: &[&[u8]] = &[
        b"X_Same: 1\r\nX-Same: 2",
        b"X-Same: 2\r\nX_Same: 1",
        b"x_same: 1\r\nX-SAME: 2",
        b"X_Same-Too: 1\r\nX-Same_Too: 2",
        b"Host_: a\r\nHost-: b",
        b"Transfer_Encoding: x",
        b"Content_Length: 5",
        b"Keep_Alive: 5",
        b"Proxy_Connection: close",
        b"X_Forwarded_For: 1.2.3.4",
        b"Content_Type: a/b",
    ];
    rows("twin", with_lines, bad, items)
}
