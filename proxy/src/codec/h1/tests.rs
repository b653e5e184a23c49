use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Poll};

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;
use crate::codec::body::{BodyFault, Framing, Pump};
use crate::codec::buffer::BufferPool;
use crate::codec::message::{RequestHead, ResponseHead};
use crate::outcome::Reason;
use crate::sys::transport::{Duplex, Transport};

impl Duplex for DuplexStream {
    fn break_on_close(&self) {}
}

impl Transport for DuplexStream {
    fn poll_readable(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn poll_ended(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        None
    }

    fn is_hung_up(&self) -> bool {
        false
    }

    fn has_news(&self) -> bool {
        true
    }
}

const LIMITS: HeadLimits = HeadLimits { bytes: 4096, fields: 8, uri: 64 };

fn request(text: &str) -> Result<RequestHead, Reason> {
    let mut head = RequestHead::default();
    read_request(text.as_bytes(), &LIMITS, &mut head).map(|()| head)
}

fn framing_of(fields: &str) -> Result<Framing, Reason> {
    request(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")).map(|head| head.framing)
}

#[test]
fn framing_is_read_in_one_way_or_refused() {
    let bad = Err(Reason::BadRequest);
    let table = [
        ("", Ok(Framing::None)),
        ("Content-Length: 0\r\n", Ok(Framing::Length(0))),
        ("content-length:\t12 \r\n", Ok(Framing::Length(12))),
        ("Transfer-Encoding: chunked\r\n", Ok(Framing::Chunked)),
        ("transfer-encoding: CHUNKED\r\n", Ok(Framing::Chunked)),
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", bad),
        ("Content-Length: 1\r\nContent-Length: 1\r\n", bad),
        ("Content-Length: 1, 1\r\n", bad),
        ("Content-Length: +1\r\n", bad),
        ("Content-Length: -1\r\n", bad),
        ("Content-Length: 0x1\r\n", bad),
        ("Content-Length: 01\r\n", bad),
        ("Content-Length: \r\n", bad),
        ("Content-Length: 9999999999999999999\r\n", bad),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", bad),
        ("Transfer-Encoding: chunked, chunked\r\n", bad),
        ("Transfer-Encoding: identity\r\n", bad),
        ("Transfer-Encoding: chunked, gzip\r\n", bad),
        ("Transfer-Encoding: xchunked\r\n", bad),
        ("Transfer-Encoding: \"chunked\"\r\n", bad),
        ("Transfer-Encoding:\r\n", bad),
        ("Transfer-Encoding: gzip, chunked\r\n", Err(Reason::UnknownCoding)),
        ("Content_Length: 1\r\n", bad),
        ("Transfer_Encoding: chunked\r\n", bad),
        ("X-Id: 1\r\nX_Id: 2\r\n", bad),
        ("My_Header: 1\r\n", Ok(Framing::None)),
        ("Connection: content-length\r\nContent-Length: 1\r\n", bad),
    ];
    for (fields, expected) in table {
        assert_eq!(framing_of(fields), expected, "{fields:?}");
    }
}

#[test]
fn targets_and_hosts_agree_or_are_refused() {
    let table = [
        ("GET / HTTP/1.1\r\nHost: A.example:80\r\n\r\n", Some(("/", None, "a.example"))),
        ("GET /a?b=c?d HTTP/1.1\r\nHost: a\r\n\r\n", Some(("/a", Some("b=c?d"), "a"))),
        ("GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", Some(("/x", None, "a"))),
        ("GET http://a?q HTTP/1.1\r\nHost: a\r\n\r\n", Some(("", Some("q"), "a"))),
        ("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", Some(("/", None, "[::1]"))),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", Some(("*", None, "a"))),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", Some(("a:443", None, "a"))),
        ("GET / HTTP/1.0\r\n\r\n", Some(("/", None, ""))),
        ("GET http://a/x HTTP/1.1\r\nHost: b\r\n\r\n", None),
        ("GET / HTTP/1.1\r\n\r\n", None),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", None),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", None),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", None),
        ("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", None),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", None),
        ("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", None),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", None),
        ("GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", None),
        ("CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n", None),
        ("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", None),
    ];
    for (text, expected) in table {
        let head = request(text).ok();
        let got = head.as_ref().map(|head| (head.path(), head.query(), head.host()));
        assert_eq!(got, expected, "{text:?}");
    }
}

#[test]
fn a_head_that_is_used_again_knows_the_host_of_its_own_request() {
    let mut head = RequestHead::default();
    let table = [
        ("A.example:80", Ok(("A.example:80", "a.example"))),
        ("A.example:80", Ok(("A.example:80", "a.example"))),
        ("a.example:8", Ok(("a.example:8", "a.example"))),
        ("a b", Err(Reason::BadRequest)),
        ("a b", Err(Reason::BadRequest)),
        ("", Err(Reason::BadRequest)),
        ("a.example:8", Ok(("a.example:8", "a.example"))),
        ("B", Ok(("B", "b"))),
    ];
    for (host, expected) in table {
        let text = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let read = read_request(text.as_bytes(), &LIMITS, &mut head);
        assert_eq!(read.map(|()| (head.authority(), head.host())), expected, "{host:?}");
    }
    let read = read_request(b"GET / HTTP/1.0\r\n\r\n", &LIMITS, &mut head);
    assert_eq!(read.map(|()| (head.authority(), head.host())), Ok(("", "")));
}

#[test]
fn limits_have_their_own_answers() {
    let many = "X: 1\r\n".repeat(8);
    let long = "x".repeat(64);
    assert_eq!(
        request(&format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n")).err(),
        Some(Reason::HeadTooLarge)
    );
    assert_eq!(request(&format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n")).err(), Some(Reason::UriTooLong));
    assert_eq!(request("GET / HTTP/2.0\r\nHost: a\r\n\r\n").err(), Some(Reason::BadVersion));
    assert_eq!(request("GET / http/1.1\r\nHost: a\r\n\r\n").err(), Some(Reason::BadRequest));
    let expectation = request("GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n");
    assert_eq!(expectation.err(), Some(Reason::BadExpectation));
}

#[test]
fn the_end_of_a_head_needs_whole_line_ends() {
    let table = [
        (&b"GET / HTTP/1.1\r\nA: b\r\n\r\nrest"[..], Ok(Some(24))),
        (b"GET / HTTP/1.1\r\nA: b\r\n", Ok(None)),
        (b"", Ok(None)),
        (b"GET / HTTP/1.1\nA: b\r\n\r\n", Err(Reason::BadRequest)),
        (b"GET / HTTP/1.1\r\nA: b\n\r\n", Err(Reason::BadRequest)),
        (b"\x16\x03\x01", Err(Reason::BadRequest)),
    ];
    for (bytes, expected) in table {
        assert_eq!(Scan::default().end(bytes), expected, "{:?}", String::from_utf8_lossy(bytes));
    }
    for at in 2..100 {
        let mut head = [b'x'; 100];
        head[at] = b'\n';
        assert_eq!(Scan::default().end(&head), Err(Reason::BadRequest), "{at}");
        head[at - 1] = b'\r';
        assert_eq!(Scan::default().end(&head), Ok(None), "{at}");
    }
    for (bytes, expected) in [(&b"\r\nGET"[..], Ok(2)), (b"\r\n\r\nG", Ok(4)), (b"G", Ok(0)), (b"\r", Ok(0))]
    {
        assert_eq!(Scan::leading(bytes), expected);
    }
    for bytes in [&b"\nGET"[..], b"\r\rG", b"\r\n\nG", b"\r\n\r\n\r\n\r\n\r\nG"] {
        assert_eq!(Scan::leading(bytes), Err(Reason::BadRequest));
    }
}

#[test]
fn chunked_bodies_are_strict() {
    let whole = |text: &[u8]| fuzz::decode(Framing::Chunked, text, usize::MAX);
    let good: [(&[u8], &[u8]); 7] = [
        (b"0\r\n\r\n", b""),
        (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
        (b"05;a=b;c=\"d;\\\"e\"\r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
        (b"1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n", b"x"),
        (b"1\r\nx\r\n0;last\r\n\r\n", b"x"),
    ];
    for (text, payload) in good {
        assert_eq!(whole(text), (payload.to_vec(), Ok(true)), "{:?}", String::from_utf8_lossy(text));
    }
    let bad: [&[u8]; 20] = [
        b"\r\n",
        b"0x5\r\nhello\r\n",
        b"+5\r\nhello\r\n",
        b" 5\r\nhello\r\n",
        b"5 \r\nhello\r\n",
        b"5 ;a\r\nhello\r\n",
        b"5;\r\nhello\r\n",
        b"5;a b\r\nhello\r\n",
        b"5;a=\"b\r\nhello\r\n",
        b"5\nhello\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
        b"10000000000000000\r\nx",
        b"-1\r\nx",
        b"0\r\nContent-Length: 5\r\n\r\n",
        b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"0\r\nHost: b\r\n\r\n",
        b"0\r\nX : y\r\n\r\n",
        b"0\r\nX: y\n\r\n",
    ];
    for text in bad {
        assert_eq!(whole(text).1, Err(BodyFault::Malformed), "{:?}", String::from_utf8_lossy(text));
    }
}

#[test]
fn answers_are_framed_by_what_was_asked() {
    let table = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", Asked::Other, Some(Framing::Length(3))),
        ("HTTP/1.1 200\r\n\r\n", Asked::Other, Some(Framing::UntilClose)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", Asked::Head, Some(Framing::None)),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", Asked::Other, Some(Framing::None)),
        ("HTTP/1.1 204 No Content\r\n\r\n", Asked::Other, Some(Framing::None)),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", Asked::Upgrade, Some(Framing::UntilClose)),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", Asked::Other, None),
        ("HTTP/1.1 200 OK\r\n\r\n", Asked::Connect, Some(Framing::UntilClose)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", Asked::Other, None),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", Asked::Other, None),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Asked::Other, None),
        ("HTTP/1.1 099 Odd\r\n\r\n", Asked::Other, None),
        ("ICY 200 OK\r\n\r\n", Asked::Other, None),
    ];
    for (text, asked, expected) in table {
        let mut head = ResponseHead::default();
        let read = read_response(text.as_bytes(), asked, &mut head).ok().map(|()| head.framing);
        assert_eq!(read, expected, "{text:?} {asked:?}");
    }
}

/// Pumps a body of `framing_in` from one connection into another as `framing_out`, over small pipes.
async fn relay(text: &[u8], framing_in: Framing, framing_out: Framing) -> Vec<u8> {
    let pool = Rc::new(BufferPool::default());
    let (mut sender, inner) = duplex(7);
    let (outer, mut receiver) = duplex(5);
    let mut source = Http1::new(inner, pool.lend());
    let mut sink = Http1::new(outer, pool.lend());
    source.receive(framing_in, None);
    sink.send(framing_out);
    let mut pump = Pump::default();
    let work = async {
        let outcome = poll_fn(|cx| pump.poll(cx, &mut Plain(&mut source), &mut Plain(&mut sink))).await;
        assert_eq!(outcome, Ok(()));
        drop((source, sink));
    };
    let feed = async {
        sender.write_all(text).await.expect("the pipe takes it");
        drop(sender);
    };
    let mut received = Vec::new();
    let (_, _, read) = tokio::join!(work, feed, receiver.read_to_end(&mut received));
    read.expect("the pipe gives it");
    received
}

struct Plain<'a>(&'a mut Http1<DuplexStream>);

impl Wired for Plain<'_> {
    type Io = DuplexStream;

    fn wire(&self) -> &Http1<DuplexStream> {
        self.0
    }

    fn wire_mut(&mut self) -> &mut Http1<DuplexStream> {
        self.0
    }
}

#[tokio::test]
async fn bodies_change_their_framing_on_the_way() {
    let chunked = b"3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n";
    assert_eq!(relay(chunked, Framing::Chunked, Framing::UntilClose).await, b"abcde");
    assert_eq!(relay(b"abcde", Framing::Length(5), Framing::Length(5)).await, b"abcde");
    let again = relay(b"abcde", Framing::UntilClose, Framing::Chunked).await;
    assert_eq!(fuzz::decode(Framing::Chunked, &again, 1), (b"abcde".to_vec(), Ok(true)));
    let trailers = relay(chunked, Framing::Chunked, Framing::Chunked).await;
    assert!(trailers.ends_with(b"0\r\nX-Sum: 5\r\n\r\n"), "{:?}", String::from_utf8_lossy(&trailers));
}

#[tokio::test]
async fn large_bodies_pass_through_small_pipes() {
    let body: Vec<u8> = (0..200_000_u32).map(|byte| byte as u8).collect();
    let length = Framing::Length(body.len() as u64);
    assert!(relay(&body, length, length).await == body);
    let chunked = relay(&body, length, Framing::Chunked).await;
    assert!(fuzz::decode(Framing::Chunked, &chunked, usize::MAX) == (body, Ok(true)));
}

/// Pieces that heads and bodies are made of, so that random text comes near to what matters.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "GET",
        "POST",
        " ",
        "/",
        "HTTP/1.1",
        "\r\n",
        "\n",
        "\r",
        "Host: a",
        "Content-Length",
        ":",
        "5",
        "0",
        "Transfer-Encoding",
        "chunked",
        ",",
        "\t",
        "\0",
        "a",
        ";",
        "=",
        "\"",
        "hello",
        "HTTP/1.1 200 OK",
        "\r\n\r\n",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        "Connection: close",
        "X_Y: z",
    ]);
    let piece = prop_oneof![
        8 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_bytes_confuse_the_head_reader(bytes in pieces()) {
        fuzz::request(&bytes);
        fuzz::response(&bytes);
        let mut request = b"POST / HTTP/1.1\r\nHost: a\r\n".to_vec();
        request.extend_from_slice(&bytes);
        request.extend_from_slice(b"\r\n\r\n");
        fuzz::request(&request);
    }

    #[test]
    fn no_bytes_confuse_the_body_reader(bytes in pieces(), piece in 1_usize..9) {
        fuzz::chunked(&bytes, piece);
    }

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400), piece in 1_usize..50) {
        fuzz::request(&bytes);
        fuzz::response(&bytes);
        fuzz::chunked(&bytes, piece);
    }
}

#[test]
fn only_bytes_of_a_token_stand_in_a_method_or_a_name() {
    let is_read = |before: &[u8], byte, behind: &[u8]| {
        let text = [before, &[byte], behind].concat();
        read_request(&text, &LIMITS, &mut RequestHead::default()).is_ok()
    };
    for byte in 0..=u8::MAX {
        let is_token = crate::codec::h1::head::is_token(byte);
        let in_method = is_read(b"x", byte, b"y / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(in_method, is_token, "{byte:#x}");
        let in_name = is_read(b"GET / HTTP/1.1\r\nHost: a\r\nx", byte, b"y: 1\r\n\r\n");
        assert_eq!(in_name, byte == b':' || is_token, "{byte:#x}");
    }
}

/// The parser looks at words and at 32 bytes at once: at each place of each of them.
#[test]
fn a_control_byte_stands_nowhere_in_a_head() {
    let (path, value) = ("/path".repeat(12), "value \u{fc}".repeat(20));
    let fields = format!("Host: a\r\nX-A: 1\r\nX-B: {value}\r\n\r\n");
    let request = format!("POST {path} HTTP/1.1\r\n{fields}").into_bytes();
    let answer = format!("HTTP/1.1 200 {value}\r\n{fields}").into_bytes();
    let read = |bytes: &[u8]| read_request(bytes, &LIMITS, &mut RequestHead::default());
    let read_answer = |bytes: &[u8]| read_response(bytes, Asked::Other, &mut ResponseHead::default());
    assert!(read(&request).is_ok() && read_answer(&answer).is_ok());
    let with = |head: &[u8], at: usize, byte| {
        head.iter().enumerate().map(|(place, old)| if place == at { byte } else { *old }).collect::<Vec<u8>>()
    };
    for byte in (0..b' ').chain([0x7f]).filter(|byte| !b"\t\r\n".contains(byte)) {
        for at in 0..request.len() {
            assert!(read(&with(&request, at, byte)).is_err(), "{byte:#x} at {at}");
        }
        for at in 0..answer.len() {
            assert!(read_answer(&with(&answer, at, byte)).is_err(), "{byte:#x} at {at} of an answer");
        }
    }
}
