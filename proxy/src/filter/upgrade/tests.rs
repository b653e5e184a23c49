use super::*;
use crate::codec::fields::Fields;
use crate::codec::h1::{HeadLimits, read_request, read_response};

const LIMITS: HeadLimits = HeadLimits { bytes: 4096, fields: 16, uri: 64 };

fn asking(version: Version, fields: &str) -> RequestHead {
    let mut head = RequestHead::default();
    let text = format!("GET /chat HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    read_request(text.as_bytes(), &LIMITS, &mut head).unwrap();
    head.version = version;
    head
}

/// What is added to a request, and how its answer is read.
fn asked(head: &RequestHead, endpoints: ClusterProtocol) -> (Asked, String) {
    let mut out = Outgoing::default();
    let asked = request(head, || endpoints, &mut fastrand::Rng::with_seed(1), &mut out);
    let mut text = Vec::new();
    out.write(&Fields::default(), &mut text);
    (asked, String::from_utf8(text).unwrap())
}

#[test]
fn a_wish_is_said_anew_where_there_is_one() {
    let websocket = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n";
    let table = [
        ("", Asked::Other, ""),
        ("Upgrade: websocket\r\n", Asked::Other, ""),
        ("Connection: upgrade\r\nUpgrade: h2c\r\n", Asked::Other, ""),
        ("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", Asked::Other, ""),
        (websocket, Asked::Upgrade, "upgrade: websocket\r\n"),
        ("Connection: upgrade\r\nUpgrade: irc/6.9, x\r\n", Asked::Upgrade, "upgrade: irc/6.9, x\r\n"),
    ];
    for (fields, how, added) in table {
        let said = asked(&asking(Version::Http11, fields), ClusterProtocol::Http1);
        assert_eq!(said, (how, added.to_owned()), "{fields:?}");
    }
    let old = asking(Version::Http10, websocket);
    assert_eq!(asked(&old, ClusterProtocol::Http1), (Asked::Other, String::new()));
}

#[test]
fn endpoints_of_http2_are_asked_for_websocket_only() {
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let wish = "Connection: upgrade\r\nUpgrade: websocket\r\n";
    let table = [
        (format!("{wish}{key}"), true),
        (format!("{wish}{key}{key}"), false),
        (format!("{wish}Sec-WebSocket-Key: x\r\n"), false),
        (wish.to_owned(), false),
        (format!("Connection: upgrade\r\nUpgrade: websocket, chat\r\n{key}"), false),
    ];
    for (fields, taken) in table {
        let (how, added) = asked(&asking(Version::Http11, &fields), ClusterProtocol::Http2);
        let accept = websocket::accept(b"dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(how, if taken { Asked::WebSocket(accept) } else { Asked::Other }, "{fields:?}");
        assert_eq!(added, if taken { "upgrade: websocket\r\n" } else { "" });
    }
}

#[test]
fn who_has_no_key_gets_one_and_its_answer_is_judged() {
    let head = asking(Version::Http2, "Connection: upgrade\r\nUpgrade: websocket\r\n");
    let (how, added) = asked(&head, ClusterProtocol::Http1);
    let Asked::WebSocket(accept) = how else { panic!("{how:?}") };
    let key = added.strip_prefix("sec-websocket-key: ").unwrap();
    let key = key.strip_suffix("\r\nupgrade: websocket\r\n").unwrap();
    assert_eq!(websocket::accept(key.as_bytes()), accept);
    let accept = std::str::from_utf8(&accept).unwrap();
    let good = format!("Upgrade: WebSocket\r\nSec-WebSocket-Accept: {accept}\r\n");
    let table = [
        (101, good.clone(), true),
        (101, format!("{good}Sec-WebSocket-Accept: {accept}\r\n"), false),
        (101, format!("Upgrade: websocket\r\nSec-WebSocket-Accept: {}\r\n", accept.to_lowercase()), false),
        (101, "Upgrade: websocket\r\n".to_owned(), false),
        (101, format!("Upgrade: chat\r\nSec-WebSocket-Accept: {accept}\r\n"), false),
        (200, "Content-Length: 0\r\n".to_owned(), false),
        (204, String::new(), false),
        (301, "Content-Length: 0\r\n".to_owned(), true),
        (403, "Content-Length: 0\r\n".to_owned(), true),
    ];
    for (status, fields, fine) in table {
        let mut answer = ResponseHead::default();
        let text = format!("HTTP/1.1 {status} X\r\nConnection: upgrade\r\n{fields}\r\n");
        assert_eq!(read_response(text.as_bytes(), how, &mut answer).is_ok(), fine, "{text:?}");
    }
}

#[test]
fn each_caller_hears_of_the_change_as_its_version_says_it() {
    let told = |caller, status| {
        let mut head = ResponseHead::default();
        let text =
            format!("HTTP/1.1 {status} X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nX: y\r\n\r\n");
        read_response(text.as_bytes(), Asked::Upgrade, &mut head).unwrap();
        let mut out = Outgoing::default();
        out.remove_known(&head.fields, Known::Upgrade);
        response(caller, &head, &mut out);
        let mut text = Vec::new();
        out.write(&head.fields, &mut text);
        String::from_utf8(text).unwrap()
    };
    let accepted = "Sec-WebSocket-Accept: x\r\nX: y\r\n";
    assert_eq!(told(Version::Http11, 101), format!("{accepted}upgrade: websocket\r\n"));
    assert_eq!(told(Version::Http2, 101), "X: y\r\n");
    assert_eq!(told(Version::Http11, 426), accepted);
}
