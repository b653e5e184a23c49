//! How long a body is said to be (RFC 9112 §6): whatever two parsers could read differently.

use super::post;
use crate::support::expect::{bad, body, refused};
use crate::support::{Case, rows};

const CHUNKED: &[u8] = b"5\r\nhello\r\n0\r\n\r\n";

/// All cases.
pub fn cases() -> Vec<Case> {
    [lengths(), codings(), both(), smuggled()].concat()
}

fn with_length(value: &[u8]) -> Vec<u8> {
    post(&[b"Content-Length:".as_slice(), value].concat(), b"hello")
}

fn lengths() -> Vec<Case> {
    let good: &[&[u8]] = &[b" 5", b"5", b"\t5", b" 5 ", b" 5\t", b"   5 \t "];
    let odd: &[&[u8]] = &[
        b" +5",
        b" -5",
        b" 5, 5",
        b" 5,5",
        b" 5,",
        b" ,5",
        b" 5, 6",
        b" 0x5",
        b" 5 5",
        b" 5.0",
        b" 5e0",
        b" 05",
        b" 005",
        b" 00",
        b"",
        b" ",
        b" five",
        b" 5;",
        b" \"5\"",
        b" '5'",
        b" 5\x0b",
        b" \x0c5",
        b" 5\x00",
        b" 5\xa0",
        b" \xef\xbc\x95",
        b" 18446744073709551616",
        b" 18446744073709551621",
        b" 99999999999999999999",
        b" 4294967301\x00",
        b" 5_0",
        b" 5\r\n 5",
        b" 5\r\n\t",
        b"\r\n 5",
        b" 5\r",
        b" infinity",
        b" 0b101",
        b" 0o5",
        b" 5a",
        b" a5",
        b" -0",
        b" +0",
        b" --5",
    ];
    let several: &[&[u8]] = &[
        b"Content-Length: 5\r\nContent-Length: 5",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5\r\ncontent-length: 5",
        b"Content-Length: 5\r\nX-Between: 1\r\nCONTENT-LENGTH: 5",
        b"Content-Length: 0\r\nContent-Length: 5",
        b"Content-Length:\r\nContent-Length: 5",
        b"Content-Length: 5\r\nContent-Length:",
    ];
    let names: &[&[u8]] = &[
        b"Content-Length : 5",
        b"Content-Length\t: 5",
        b" Content-Length: 5",
        b"\tContent-Length: 5",
        b"Content-Length\x00: 5",
        b"Content-Length\x0b: 5",
        b"Content-Length\xa0: 5",
        b"Content-Length\r: 5",
        b"Content_Length: 5",
        b"content_length: 5",
        b"CONTENT_LENGTH: 5",
        b"Content_Length: 5\r\nContent-Length: 5",
        b"Content Length: 5",
        b"\"Content-Length\": 5",
        b"Content-Length;: 5",
        b"Content-Length=: 5",
        b"(Content-Length: 5",
    ];
    [
        rows("length", with_length, || body(b"hello"), good),
        rows("odd length", with_length, bad, odd),
        rows("several lengths", |lines| post(lines, b"hello"), bad, several),
        rows("name of the length", |lines| post(lines, b"hello"), bad, names),
        rows(
            "no body",
            |lines| post(lines, b""),
            || body(b""),
            &[b"Content-Length: 0".as_slice(), b"X-None: 1"],
        ),
        // larger than any body that is allowed by default
        rows(
            "huge",
            with_length,
            || refused(&[400, 413]),
            &[b" 999999999999999".as_slice(), b" 9223372036854775807"],
        ),
    ]
    .concat()
}

fn with_coding(value: &[u8]) -> Vec<u8> {
    post(&[b"Transfer-Encoding:".as_slice(), value].concat(), CHUNKED)
}

fn codings() -> Vec<Case> {
    let good: &[&[u8]] = &[
        b" chunked",
        b"chunked",
        b"\tchunked",
        b" Chunked",
        b" CHUNKED",
        b" cHuNkEd",
        b" chunked ",
        b" chunked\t",
    ];
    let odd: &[&[u8]] = &[
        b"",
        b" ",
        b" identity",
        b" gzip",
        b" xchunked",
        b" chunkedx",
        b" chunked, chunked",
        b" chunked,chunked",
        b" chunked, identity",
        b" identity, chunked, identity",
        b" chunked, gzip",
        b" \"chunked\"",
        b" 'chunked'",
        b" chunked;q=1",
        b" chunked; q=1",
        b" chunked;",
        b" chunked,",
        b" ,chunked",
        b" , chunked",
        b" ,",
        b" chunked chunked",
        b" chunked\x0b",
        b" \x0bchunked",
        b" \x0cchunked",
        b" chunked\x0c",
        b" chunked\x00",
        b" \x00chunked",
        b" chunked\x7f",
        b" chunked\x80",
        b" \xa0chunked",
        b" chunked\r\n ",
        b"\r\n chunked",
        b"\r\n\tchunked",
        b" chunk\r\n ed",
        b" chunked\r",
        b" chun ked",
        b" =chunked",
        b" chunked=",
        b" trailers",
        b" (chunked)",
        b" chunked(comment)",
        b" c\xe2\x84\xaaunked",
        b" chun\xc5\xbfed",
        b" 5",
        b" null",
        b" false",
    ];
    let several: &[&[u8]] = &[
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\ntransfer-encoding: identity",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding:\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nX-Between: 1\r\nTRANSFER-ENCODING: x",
    ];
    let names: &[&[u8]] = &[
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding\t: chunked",
        b" Transfer-Encoding: chunked",
        b"\tTransfer-Encoding: chunked",
        b"Transfer-Encoding\x00: chunked",
        b"Transfer-Encoding\x0b: chunked",
        b"Transfer-Encoding\xa0: chunked",
        b"Transfer-Encoding\r: chunked",
        b"Transfer_Encoding: chunked",
        b"transfer_encoding: chunked",
        b"Transfer Encoding: chunked",
        b"Transfer-Encoding;: chunked",
        b"X: y\nTransfer-Encoding: chunked",
        b"X: y\rTransfer-Encoding: chunked",
        b"X: y\r\r\nTransfer-Encoding: chunked",
        b"X: y\r\n\rTransfer-Encoding: chunked",
        b"Transfer-Encoding",
        b"Transfer-Encoding chunked",
    ];
    let old = |value: &[u8]| {
        [
            b"POST /old HTTP/1.0\r\nHost: shop.test\r\nTransfer-Encoding:".as_slice(),
            value,
            b"\r\n\r\n",
            CHUNKED,
        ]
        .concat()
    };
    [
        rows("coding", with_coding, || body(b"hello"), good),
        rows("odd coding", with_coding, bad, odd),
        rows(
            "unknown coding before chunked",
            with_coding,
            || refused(&[501]),
            &[b" gzip, chunked".as_slice(), b" gzip,chunked", b" deflate, gzip, chunked"],
        ),
        rows("several codings", |lines| post(lines, CHUNKED), bad, several),
        rows("name of the coding", |lines| post(lines, CHUNKED), bad, names),
        rows("coding in HTTP/1.0", old, bad, &[b" chunked".as_slice(), b" Chunked", b" identity"]),
    ]
    .concat()
}

/// `Content-Length` beside `Transfer-Encoding` (RFC 9112 §6.1): never repaired, always refused.
fn both() -> Vec<Case> {
    let items: &[&[u8]] = &[
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"content-length: 15\r\ntransfer-encoding: chunked",
        b"Content-Length: 0\r\nTransfer-Encoding: chunked",
        b"Content-Length: 5\r\nTransfer-Encoding: identity",
        b"Content-Length: 5\r\nTransfer-Encoding: xchunked",
        b"Content-Length: 5\r\nTransfer-Encoding:",
        b"Content-Length: 5\r\nTransfer-Encoding : chunked",
        b"Content-Length: 5\r\nTransfer-Encoding\t: chunked",
        b"Content-Length: 5\r\n Transfer-Encoding: chunked",
        b"Content-Length: 5\r\nTransfer-Encoding:\x0bchunked",
        b"Content-Length: 5\r\nTransfer-Encoding:\tchunked",
        b"Content-Length: 5\r\nTransfer-Encoding: \"chunked\"",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked, identity",
        b"Content-Length: 5\r\nX: y\nTransfer-Encoding: chunked",
        b"Content-Length: 5\r\nX: y\rTransfer-Encoding: chunked",
        b"Content-Length: 5\r\nTransfer_Encoding: chunked",
        b"Content-Length: 5\r\ntransfer-encoding_: x\r\nTransfer-Encoding: chunked",
        b"Content_Length: 5\r\nTransfer-Encoding: chunked",
        b"Content-Length: 5\r\nTRANSFER-ENCODING: CHUNKED",
        b"Content-Length:\r\nTransfer-Encoding: chunked",
        b"Content-Length: x\r\nTransfer-Encoding: chunked",
    ];
    rows("length and coding", |lines| post(lines, CHUNKED), bad, items)
}

/// Bodies that look like requests stay bodies.
fn smuggled() -> Vec<Case> {
    let inner: &[u8] = b"GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n";
    let chunked = [b"2b\r\n".as_slice(), inner, b"\r\n0\r\n\r\n"].concat();
    let by = |method: &str| {
        [method.as_bytes(), b" /outer HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 43\r\n\r\n", inner]
            .concat()
    };
    let mut cases: Vec<Case> = ["GET", "POST", "DELETE", "OPTIONS", "PROPFIND", "PUT", "PATCH"]
        .into_iter()
        .map(|method| Case {
            name: format!("a request as the body of {method}"),
            bytes: by(method),
            expect: body(inner),
        })
        .collect();
    let bytes = post(b"Transfer-Encoding: chunked", &chunked);
    cases.push(Case { name: "a request as a chunk".to_owned(), bytes, expect: body(inner) });
    cases
}
