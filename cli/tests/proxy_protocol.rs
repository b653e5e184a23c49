//! The PROXY protocol: whose connections a proxy in front passes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use support::{Call, Client, Next, PATIENCE, Plain, Proxy, Upstream};

/// Answers with the head that came.
fn tell(call: &mut Call<'_>) -> Next {
    let head = String::from_utf8_lossy(&call.head.raw).to_lowercase();
    call.body();
    call.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", head.len()));
    Next::Keep
}

/// A header of version 2 for a client at 192.0.2.7.
const BINARY: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x9c\x40\0\x50";
const LINE: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 80\r\n";
const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n";

/// A proxy before this upstream that wants headers of whoever comes from this machine.
fn wanting(upstream: &Upstream) -> Proxy {
    Proxy::in_front_of(upstream.address(), ", proxy_protocol: {from: 127.0.0.0/8, timeout: 300ms}", "")
}

#[test]
fn the_client_is_whom_the_header_names() {
    let upstream = Upstream::start(tell);
    let proxy = wanting(&upstream);
    for header in [LINE, BINARY] {
        let mut client = Client::connect(proxy.address("web"));
        client.send([header, GET].concat());
        for _ in 0..3 {
            let told = client.response().unwrap().text();
            assert!(told.contains("x-forwarded-for: 192.0.2.7\r\n"), "{told}");
            assert!(told.contains("forwarded: for=192.0.2.7;"), "{told}");
            client.send(GET);
        }
    }
    proxy.await_metric("towpath_downstream_proxy_headers_total{listener=\"web\"}", 2.0);
    let bytes = LINE.len() + BINARY.len() + 6 * GET.len();
    let received = "towpath_downstream_received_bytes_total{listener=\"web\"}";
    support::eventually("all bytes are counted", || (proxy.metric(received)? >= bytes as f64).then_some(()));
}

#[test]
fn a_sender_without_a_header_is_closed_and_counted() {
    let upstream = Upstream::start(tell);
    let proxy = wanting(&upstream);
    for said in [GET, b"PROXY TCP4 somebody\r\n".as_slice(), b"".as_slice(), b"PROXY TCP4 1".as_slice()] {
        let mut stream = TcpStream::connect(proxy.address("web")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(said).unwrap();
        let end = stream.read(&mut [0; 64]);
        assert!(
            end.as_ref().is_err_and(|fault| fault.kind() == ErrorKind::ConnectionReset),
            "{}: {end:?}",
            String::from_utf8_lossy(said)
        );
    }
    proxy.await_metric("towpath_downstream_proxy_headers_refused_total{listener=\"web\"}", 4.0);
    assert!(upstream.drain().is_empty(), "nothing of it went on");
    proxy.line("the reason", |line| {
        (line.contains("no header of the PROXY protocol") && line.contains("reason=\"missing\""))
            .then_some(())
    });
}

#[test]
fn of_others_a_header_is_not_read() {
    let upstream = Upstream::start(tell);
    let proxy = Proxy::in_front_of(upstream.address(), ", proxy_protocol: {from: 192.0.2.0/24}", "");
    let mut client = Client::connect(proxy.address("web"));
    let told = client.send(GET).response().unwrap().text();
    assert!(told.contains("x-forwarded-for: 127.0.0.1\r\n"), "{told}");
    let mut liar = Client::connect(proxy.address("web"));
    assert_eq!(liar.send([LINE, GET].concat()).response().unwrap().status, 400, "it is no request");
    proxy.await_metric("towpath_downstream_proxy_headers_total{listener=\"web\"}", 0.0);
}

#[test]
fn connections_are_routed_by_the_address_that_the_header_names() {
    let (inside, outside) = (Plain::echo(), Plain::saying("outside"));
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
         listeners: {{db: {{address: \"127.0.0.1:0\", protocol: tcp, proxy_protocol: {{from: 127.0.0.1}}}}}}\n\
         routes:\n  inside: {{listeners: db, match: {{source: 192.0.2.0/24}}, to: inside}}\n  \
         outside: {{listeners: db, to: outside}}\n\
         clusters: {{inside: {{endpoints: [\"{}\"]}}, outside: {{endpoints: [\"{}\"]}}}}\n",
        inside.address(),
        outside.address()
    ));
    let connect = |said: &[u8]| {
        let mut stream = TcpStream::connect(proxy.address("db")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(said).unwrap();
        stream
    };
    let mut word = [0; 7];
    for said in [b"PROXY TCP4 192.0.3.1 198.51.100.1 1 2\r\n".as_slice(), b"PROXY UNKNOWN\r\n"] {
        connect(said).read_exact(&mut word).unwrap();
        assert_eq!(&word, b"outside");
    }
    // what came with the header is the first that the endpoint gets
    connect(&[LINE, b"payload"].concat()).read_exact(&mut word).unwrap();
    assert_eq!(&word, b"payload");
}
