//! Chunked bodies and their trailers (RFC 9112 §7.1).

use crate::support::expect::{body, broken, trailers};
use crate::support::{Case, Expect, rows};

/// All cases.
pub fn cases() -> Vec<Case> {
    [sizes(), extensions(), ends(), good_trailers(), bad_trailers()].concat()
}

fn chunked(path: &str, chunks: &[u8]) -> Vec<u8> {
    let head = format!("POST {path} HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n");
    [head.as_bytes(), chunks].concat()
}

fn good(chunks: &[u8]) -> Vec<u8> {
    chunked("/chunks", chunks)
}

fn breaking(chunks: &[u8]) -> Vec<u8> {
    chunked("/breaking", chunks)
}

fn sizes() -> Vec<Case> {
    let plain: &[&[u8]] = &[
        b"5\r\nhello\r\n0\r\n\r\n",
        b"05\r\nhello\r\n0\r\n\r\n",
        b"0005\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n00\r\n\r\n",
        b"5\r\nhello\r\n0000\r\n\r\n",
        b"1\r\nh\r\n4\r\nello\r\n0\r\n\r\n",
        b"1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n",
    ];
    let size = |line: &[u8]| breaking(&[line, b"\r\nhello\r\n0\r\n\r\n"].concat());
    let odd: &[&[u8]] = &[
        b"",
        b" ",
        b"0x5",
        b"0X5",
        b"+5",
        b"-5",
        b"-1",
        b" 5",
        b"\t5",
        b"5 ",
        b"5\t",
        b"5\x00",
        b"\x005",
        b"5\x0b",
        b"\x0b5",
        b"5g",
        b"g",
        b"h5",
        b"5.0",
        b"5,",
        b"5_",
        b"\"5\"",
        b"5 5",
        b"5\n",
        b"5\r",
        b"\r\n5",
        b"\n5",
        b"fffffffffffffffff",
        b"00000000000000005",
        b"10000000000000005",
        b"ffffffffffffffff",
        b"8000000000000005",
        b"5:",
        b"5=",
        b"\xef\xbc\x95",
        b"5\x80",
        b"5\x7f",
    ];
    [
        rows("size", good, || body(b"hello"), plain),
        rows(
            "hex size",
            good,
            || body(b"0123456789"),
            &[b"a\r\n0123456789\r\n0\r\n\r\n".as_slice(), b"A\r\n0123456789\r\n0\r\n\r\n"],
        ),
        rows("empty", good, || body(b""), &[b"0\r\n\r\n"]),
        rows("bytes that look like an end", good, || body(b"0\r\n\r\n"), &[b"5\r\n0\r\n\r\n\r\n0\r\n\r\n"]),
        rows("odd size", size, broken, odd),
    ]
    .concat()
}

fn extensions() -> Vec<Case> {
    let line = |frame: fn(&[u8]) -> Vec<u8>| {
        move |extension: &[u8]| frame(&[b"5".as_slice(), extension, b"\r\nhello\r\n0\r\n\r\n"].concat())
    };
    let plain: &[&[u8]] = &[
        b";a",
        b";a=b",
        b";a=\"b\"",
        b";a=\"b;c\"",
        b";a=\"b\\\"c\"",
        b";a=b;c=d",
        b";a;b;c",
        b";a=\"\"",
        b";a=\"\t\"",
    ];
    let odd: &[&[u8]] = &[
        b";",
        b";;",
        b";=",
        b";a=",
        b";a=\"",
        b";a=\"b",
        b";a=\"b\"c",
        b";a\x00",
        b";a=\x00",
        b";a=\"\x00\"",
        b";a\n",
        b";a=b\n",
        b";a\r",
        b";\n",
        b";a=\"\n\"",
        b";a=\"\r\"",
        b";a=\"b\\",
        b";a\x7f",
        b";a=(b)",
        b";a=\"\x01\"",
        b";a b",
        b";a\nXX",
    ];
    let long = [b";a=".as_slice(), &[b'x'; 20_000]].concat();
    [
        rows("extension", line(good), || body(b"hello"), plain),
        rows("odd extension", line(breaking), broken, odd),
        rows("extension", line(breaking), broken, &[&long]),
        rows("extension of the last chunk", good, || body(b"hello"), &[b"5\r\nhello\r\n0;a=b\r\n\r\n"]),
        rows(
            "odd extension of the last chunk",
            breaking,
            broken,
            &[b"5\r\nhello\r\n0;\r\n\r\n".as_slice(), b"5\r\nhello\r\n0;a\n\r\n"],
        ),
    ]
    .concat()
}

fn ends() -> Vec<Case> {
    let items: &[&[u8]] = &[
        b"5\nhello\r\n0\r\n\r\n",
        b"5\rhello\r\n0\r\n\r\n",
        b"5\r\rhello\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello\r0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
        b"6\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n\r\n0\r\n\r\n",
        b"5\r\nhello\r\n 0\r\n\r\n",
        b"5\r\nhello\r\n0\n\r\n",
        b"5\r\nhello\r\n0\r\n\n",
        b"5\r\nhello\r\n0\n\n",
        b"5\r\nhello\r\n0\r\r\n",
        b"5\r\nhello\r\n0\r\n\r\r",
        b"5\r\nhello\r\n0\rX\r\n\r\n",
        b"5\r\nhello\n\r0\r\n\r\n",
        b"5\r\n\r\nhello0\r\n\r\n",
    ];
    rows("ends of chunks", breaking, broken, items)
}

fn with_trailers(frame: fn(&[u8]) -> Vec<u8>) -> impl Fn(&[u8]) -> Vec<u8> {
    move |lines| frame(&[b"5\r\nhello\r\n0\r\n".as_slice(), lines, b"\r\n\r\n"].concat())
}

fn good_trailers() -> Vec<Case> {
    let one = || trailers(b"hello", &[("X-Sum", "abc")]);
    let two = || trailers(b"hello", &[("X-Sum", "abc"), ("x-other", "1, 2")]);
    [
        rows(
            "trailer",
            with_trailers(good),
            one,
            &[b"X-Sum: abc".as_slice(), b"X-Sum:abc", b"X-Sum:  abc  "],
        ),
        rows("trailers", with_trailers(good), two, &[b"X-Sum: abc\r\nx-other: 1, 2"]),
    ]
    .concat()
}

fn bad_trailers() -> Vec<Case> {
    let items: &[&[u8]] = &[
        b"Content-Length: 5",
        b"content-length: 0",
        b"Transfer-Encoding: chunked",
        b"Host: other.test",
        b"Connection: close",
        b"Trailer: x",
        b"Content_Length: 5",
        b"Transfer_Encoding: chunked",
        b"X-Sum : abc",
        b" X-Sum: abc",
        b"\tX-Sum: abc",
        b"X-Sum: a\r\n b",
        b"X-Sum: a\nX: b",
        b"X-Sum: a\rX: b",
        b"X-Sum: a\x00",
        b"X-Sum\x00: a",
        b"X-Sum",
        b": a",
        b"X(Sum: a",
        b"X-Sum: a\n",
        b"GET /smuggled HTTP/1.1\r\nHost: shop.test",
        b"X-Sum: a\r\r",
        b"X-Sum: \x7f",
        b"X-Sum: a\x01",
        b"X Sum: a",
    ];
    let many: Vec<u8> =
        (0..2000).map(|number| format!("X-{number}: v")).collect::<Vec<_>>().join("\r\n").into();
    let long = [b"X-Long: ".as_slice(), &[b'x'; 200_000]].concat();
    let heavy = || Expect::Broken(&[400, 413, 431]);
    [
        rows("odd trailer", with_trailers(breaking), broken, items),
        rows("trailer", with_trailers(breaking), heavy, &[&long]),
        rows("trailers", with_trailers(breaking), heavy, &[&many]),
    ]
    .concat()
}
