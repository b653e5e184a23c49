use towpath_config::model::{Action, Config};
use towpath_config::{Source, compile};

use super::*;
use crate::codec::h1::{HeadLimits, read_request};

fn config() -> Config {
    let text = "listeners: {web: {address: 127.0.0.1:0}}\nroutes: {r: {to: c, compression: {}}}\nclusters: {c: {endpoints: [127.0.0.1:1]}}\n";
    let compiled = compile(&Source::new("test.yaml", text), &|_| None);
    compiled.unwrap_or_else(|faults| panic!("{faults}")).into_config()
}

/// A request, the answer's status, framing and fields, and the outcome.
type Row<'a> = (&'a str, u16, Framing, &'a [(&'a str, &'a str)], &'a str);

/// The outcome, as its name.
fn judged(
    config: &Config,
    request: &str,
    status: u16,
    framing: Framing,
    lines: &[(&str, &str)],
) -> &'static str {
    let Action::Forward(forward) = config.routes()[0].action() else { panic!("a forward") };
    let rules = forward.split().destinations()[0].policy().compression();
    let mut head = RequestHead::default();
    let limits = HeadLimits { bytes: 1 << 16, fields: 64, uri: 1 << 10 };
    let bytes = format!("{request}\r\nhost: a\r\n\r\n");
    read_request(bytes.as_bytes(), &limits, &mut head).expect("a request");
    let mut fields = Fields::default();
    lines.iter().for_each(|(name, value)| {
        fields.push(name.as_bytes(), |text| text.extend_from_slice(value.as_bytes()));
    });
    let seen = Seen::of(fields.iter());
    judge(rules.as_ref().expect("rules"), &head, (status, framing), &seen)
        .map_or_else(Skip::code, Algorithm::token)
}

#[test]
fn an_answer_is_compressed_when_nothing_speaks_against_it() {
    const GET: &str = "GET / HTTP/1.1\r\naccept-encoding: gzip";
    const JSON: (&str, &str) = ("Content-Type", "application/json; charset=utf-8");
    let config = config();
    let table: [Row<'_>; 34] = [
        (GET, 200, Framing::Chunked, &[JSON], "gzip"),
        (GET, 200, Framing::UntilClose, &[JSON], "gzip"),
        (GET, 404, Framing::Length(1024), &[JSON], "gzip"),
        (GET, 200, Framing::Length(1023), &[JSON], "size"),
        (GET, 200, Framing::Length(0), &[JSON], "size"),
        (GET, 500, Framing::Chunked, &[("content-type", "TEXT/HTML")], "gzip"),
        (GET, 200, Framing::Chunked, &[("content-type", "image/svg+xml")], "gzip"),
        (GET, 200, Framing::Chunked, &[("content-type", "application/problem+json ; a=b")], "gzip"),
        (GET, 200, Framing::Chunked, &[("content-type", "image/png")], "type"),
        (GET, 200, Framing::Chunked, &[("content-type", "text/event-stream")], "type"),
        (GET, 200, Framing::Chunked, &[("content-type", "application/grpc+json")], "type"),
        (GET, 200, Framing::Chunked, &[("content-type", "application/json2")], "type"),
        (GET, 200, Framing::Chunked, &[("content-type", "")], "type"),
        (GET, 200, Framing::Chunked, &[], "type"),
        (GET, 200, Framing::None, &[JSON], "no-body"),
        (GET, 101, Framing::None, &[JSON], "no-body"),
        (GET, 204, Framing::None, &[JSON], "no-body"),
        (GET, 205, Framing::Chunked, &[JSON], "no-body"),
        (GET, 206, Framing::Chunked, &[JSON], "no-body"),
        (GET, 304, Framing::None, &[JSON], "no-body"),
        (GET, 200, Framing::Chunked, &[JSON, ("Content-Encoding", "br")], "encoded"),
        (GET, 200, Framing::Chunked, &[JSON, ("content-encoding", "Identity")], "gzip"),
        (GET, 200, Framing::Chunked, &[JSON, ("cache-control", "no-store, No-Transform")], "no-transform"),
        (
            GET,
            200,
            Framing::Chunked,
            &[JSON, ("cache-control", "max-age=1"), ("cache-control", "no-transform")],
            "no-transform",
        ),
        (GET, 200, Framing::Chunked, &[JSON, ("cache-control", "no-transforms")], "gzip"),
        (
            "GET / HTTP/1.1\r\naccept-encoding: gzip\r\ncache-control: no-transform",
            200,
            Framing::Chunked,
            &[JSON],
            "no-transform",
        ),
        ("GET / HTTP/1.1", 200, Framing::Chunked, &[JSON], "not-accepted"),
        ("GET / HTTP/1.1\r\naccept-encoding: deflate", 200, Framing::Chunked, &[JSON], "not-accepted"),
        ("POST / HTTP/1.1\r\naccept-encoding: br\r\ncontent-length: 0", 200, Framing::Chunked, &[JSON], "br"),
        // the head of an answer to HEAD is that of the body which it has not
        (
            "HEAD / HTTP/1.1\r\naccept-encoding: gzip",
            200,
            Framing::None,
            &[JSON, ("content-length", "5000")],
            "gzip",
        ),
        (
            "HEAD / HTTP/1.1\r\naccept-encoding: gzip",
            200,
            Framing::None,
            &[JSON, ("content-length", "50")],
            "size",
        ),
        ("HEAD / HTTP/1.1\r\naccept-encoding: gzip", 200, Framing::None, &[JSON], "gzip"),
        ("HEAD / HTTP/1.1\r\naccept-encoding: gzip", 304, Framing::None, &[JSON], "no-body"),
        ("HEAD / HTTP/1.1", 200, Framing::None, &[JSON], "not-accepted"),
    ];
    for (request, status, framing, lines, expected) in table {
        let found = judged(&config, request, status, framing, lines);
        assert_eq!(found, expected, "{request:?} {status} {framing:?} {lines:?}");
    }
}
