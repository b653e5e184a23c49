use http::{HeaderName, HeaderValue, Request};

use super::*;
use crate::codec::fields::Known;

type Pairs<'a> = &'a [(&'a str, &'a str)];

const LIMITS: HeadLimits = HeadLimits { bytes: 2048, fields: 8, uri: 256 };

fn parts(method: &str, uri: &str, fields: &[(&str, &str)]) -> Parts {
    let builder = Request::builder().method(method).uri(uri);
    let builder = fields.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(()).expect("what the crate lets through").into_parts().0
}

fn read_one(parts: &Parts, ended: bool) -> Result<RequestHead, Reason> {
    let mut head = RequestHead::default();
    read(parts, ended, &LIMITS, &mut head).map(|()| head)
}

#[test]
fn heads_mean_what_they_mean_over_http1() {
    let parts =
        parts("GET", "http://Shop.test:80/a%20b?q=1", &[("x-a", "1"), ("accept", "*/*"), ("x-a", "2")]);
    let head = read_one(&parts, true).unwrap();
    assert_eq!((head.method(), head.path(), head.query()), ("GET", "/a%20b", Some("q=1")));
    assert_eq!((head.authority(), head.host()), ("Shop.test:80", "shop.test"));
    assert_eq!((head.version, head.framing), (Version::Http2, Framing::None));
    assert_eq!(head.fields.first(Known::Host), Some(b"Shop.test:80".as_slice()));
    assert_eq!(head.fields.values("x-a").collect::<Vec<_>>(), [b"1", b"2"]);
}

#[test]
fn the_body_is_as_long_as_it_says_or_ends_with_the_stream() {
    let framed = |fields: &[(&str, &str)], ended| {
        read_one(&parts("POST", "http://a/", fields), ended).map(|head| head.framing)
    };
    assert_eq!(framed(&[], true), Ok(Framing::Length(0)));
    assert_eq!(framed(&[], false), Ok(Framing::Chunked));
    assert_eq!(framed(&[("content-length", "5")], false), Ok(Framing::Length(5)));
    assert_eq!(framed(&[("content-length", "0")], true), Ok(Framing::Length(0)));
    assert_eq!(framed(&[("content-length", "5")], true), Err(Reason::BadRequest));
    assert_eq!(framed(&[("content-length", "+5")], false), Err(Reason::BadRequest));
}

#[test]
fn crumbs_become_a_cookie() {
    let parts = parts("GET", "http://a/", &[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2; c=3")]);
    let head = read_one(&parts, true).unwrap();
    assert_eq!(
        head.fields.of(Known::Cookie).map(|field| field.value).collect::<Vec<_>>(),
        [b"a=1; b=2; c=3"]
    );
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let many: Vec<(String, String)> = (0..9).map(|number| (format!("x-{number}"), String::new())).collect();
    let many: Vec<_> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let long = format!("http://a/{}", "x".repeat(300));
    let large = "x".repeat(2048);
    let table: [(&str, &str, Pairs<'_>, Reason); 10] = [
        ("GET", "http://a/", &[("host", "b")], Reason::BadRequest),
        ("GET", "/", &[], Reason::BadRequest),
        ("GET", "/", &[("host", "a"), ("host", "a")], Reason::BadRequest),
        ("GET", "http://user@a/", &[], Reason::BadRequest),
        ("GET", "http://a/", &[("content_length", "1")], Reason::BadRequest),
        ("GET", "http://a/", &[("expect", "miracles")], Reason::BadExpectation),
        ("GET", "http://a/", &[("x", &large)], Reason::HeadTooLarge),
        ("GET", "http://a/", &many, Reason::HeadTooLarge),
        ("GET", &long, &[], Reason::UriTooLong),
        ("CONNECT", "a", &[], Reason::BadRequest),
    ];
    for (method, uri, fields, reason) in table {
        let read = read_one(&parts(method, uri, fields), true);
        assert_eq!(read.err(), Some(reason), "{method} {uri} {fields:?}");
    }
    let other = read_one(&websocket("/chat", "chat"), false);
    assert_eq!(other.err(), Some(Reason::NoTunnel), "a protocol that is not spoken");
    let mut padded = parts("GET", "http://a/", &[]);
    padded.headers.insert(HeaderName::from_static("x"), HeaderValue::from_static(" a"));
    assert_eq!(read_one(&padded, true).err(), Some(Reason::BadRequest));
}

/// An extended `CONNECT`.
fn websocket(path: &str, protocol: &str) -> Parts {
    let mut parts = parts("CONNECT", &format!("http://a{path}"), &[("sec-websocket-version", "13")]);
    parts.extensions.insert(Protocol::from(protocol));
    parts
}

#[test]
fn tunnels_are_asked_for_as_over_http1() {
    let head = read_one(&parts("CONNECT", "db.test:5432", &[]), false).unwrap();
    assert_eq!((head.method(), head.path(), head.host()), ("CONNECT", "db.test:5432", "db.test"));
    assert_eq!((head.framing, head.is_connect(), head.upgrade()), (Framing::None, true, None));
    for protocol in ["websocket", "WebSocket"] {
        let head = read_one(&websocket("/chat?a=b", protocol), false).unwrap();
        assert_eq!((head.method(), head.path(), head.query()), ("GET", "/chat", Some("a=b")));
        assert_eq!((head.framing, head.is_connect(), head.host()), (Framing::None, false, "a"));
        assert_eq!(head.upgrade(), Some(b"websocket".as_slice()));
    }
    let mut long = websocket("/", "websocket");
    long.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("5"));
    assert_eq!(read_one(&long, false).err(), Some(Reason::BadRequest));
    let mut memory = read_one(&websocket("/", "websocket"), false).unwrap();
    read(&parts("GET", "http://a/", &[]), true, &LIMITS, &mut memory).unwrap();
    assert_eq!(memory.upgrade(), None, "the next request has a head of its own");
}

#[test]
fn the_host_may_stand_for_the_authority() {
    let head = read_one(&parts("GET", "/", &[("host", "Shop.test")]), true).unwrap();
    assert_eq!((head.authority(), head.host()), ("Shop.test", "shop.test"));
    let both = read_one(&parts("GET", "http://shop.test/", &[("host", "Shop.test")]), true).unwrap();
    assert_eq!(both.fields.of(Known::Host).count(), 1);
}
