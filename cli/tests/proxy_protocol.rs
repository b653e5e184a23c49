//! The PROXY protocol: whose connections a proxy in front passes on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use support::{Call, Client, Next, PATIENCE, Plain, Proxy, Upstream, eventually};

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

/// Tells every client the header that the proxy put before its bytes.
fn header_teller() -> Plain {
    Plain::start(|mut stream| {
        let mut header = Vec::new();
        while !header.ends_with(b"\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            header.push(byte[0]);
        }
        stream.write_all(&header).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

#[test]
fn endpoints_of_tcp_are_told_of_the_client() {
    let server = header_teller();
    let table = |listener: &str| {
        format!(
            "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
             listeners: {{db: {{address: \"127.0.0.1:0\", protocol: tcp{listener}}}}}\n\
             routes: {{db: {{listeners: db, to: app}}}}\n\
             clusters: {{app: {{endpoints: [\"{}\"], proxy_protocol: v1}}}}\n",
            server.address()
        )
    };
    let proxy = Proxy::start(&table(""));
    let address = proxy.address("db");
    let stream = TcpStream::connect(address).unwrap();
    let wanted = format!(
        "PROXY TCP4 127.0.0.1 127.0.0.1 {} {}\r\n",
        stream.local_addr().unwrap().port(),
        address.port()
    );
    assert_eq!(told(&stream), wanted, "as the socket says");

    let behind = Proxy::start(&table(", proxy_protocol: {from: 127.0.0.1}"));
    let mut stream = TcpStream::connect(behind.address("db")).unwrap();
    stream.write_all(LINE).unwrap();
    assert_eq!(told(&stream).as_bytes(), LINE, "as the proxy in front has told");
}

/// The first line that comes.
fn told(mut stream: &TcpStream) -> String {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut line = String::new();
    while !line.ends_with('\n') {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        line.push(char::from(byte[0]));
    }
    line
}

#[test]
fn a_connection_to_an_endpoint_belongs_to_one_client() {
    // the header is no request: what is read before it is told with the answers
    let upstream = Plain::start(|mut stream| {
        let (mut read, mut header) = (Vec::new(), String::new());
        loop {
            let mut window = [0; 4096];
            match stream.read(&mut window) {
                Ok(count) if count > 0 => read.extend_from_slice(&window[..count]),
                _ => return,
            }
            let text = String::from_utf8_lossy(&read).into_owned();
            if text.starts_with("PROXY ") && header.is_empty() {
                header = text.lines().next().unwrap_or_default().to_owned();
            }
            if text.ends_with("\r\n\r\n") {
                read.clear();
                let length = header.len();
                stream
                    .write_all(
                        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{header}").as_bytes(),
                    )
                    .unwrap();
            }
        }
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", ", proxy_protocol: v1");
    let address = proxy.address("web");
    let mut clients: Vec<_> = (0..3).map(|_| Client::connect(address)).collect();
    for _ in 0..3 {
        for client in &mut clients {
            let told = client.send(GET).response().unwrap().text();
            let port = client.wire().stream().local_addr().unwrap().port();
            assert_eq!(told, format!("PROXY TCP4 127.0.0.1 127.0.0.1 {port} {}", address.port()));
        }
    }
    assert_eq!(upstream.connections(), 3, "each client has its own, and uses it again");
    proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 3.0);
    drop(clients);
    proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 0.0);
}

/// HAProxy, which wants a header and answers with what it took from it. It is killed when dropped.
struct HaProxy(Child);

impl HaProxy {
    fn start(folder: &std::path::Path) -> (Self, SocketAddr) {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        let file = folder.join("haproxy.cfg");
        let config = format!(
            "defaults\n  mode http\n  timeout client 20s\n  timeout server 20s\n  timeout connect 20s\n\
             frontend told\n  bind {free} accept-proxy\n  \
             http-request return status 200 content-type text/plain lf-string \"%[src]:%[src_port] %[dst]:%[dst_port]\"\n"
        );
        std::fs::write(&file, config).unwrap();
        let spawn = |program: &str| {
            let mut command = Command::new(program);
            command.arg("-db").arg("-f").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
        };
        let child = spawn("haproxy").or_else(|_| spawn("/usr/sbin/haproxy"));
        let server = Self(child.expect("haproxy is installed by ./dev test"));
        eventually("HAProxy listens", || TcpStream::connect(free).ok());
        (server, free)
    }
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn haproxy_reads_what_is_written_and_writes_what_is_read() {
    if support::installed().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_haproxy, address) = HaProxy::start(folder.path());
    for version in ["v1", "v2"] {
        let proxy = Proxy::in_front_of(address, "", &format!(", proxy_protocol: {version}"));
        let mut client = Client::connect(proxy.address("web"));
        let here = client.wire().stream().local_addr().unwrap();
        for _ in 0..2 {
            let told = client.send(GET).response().unwrap().text();
            assert_eq!(told, format!("{here} {}", proxy.address("web")), "{version}");
        }
        let behind = Proxy::in_front_of(
            address,
            ", proxy_protocol: {from: 127.0.0.1}",
            &format!(", proxy_protocol: {version}"),
        );
        let mut client = Client::connect(behind.address("web"));
        let told = client.send([BINARY, GET].concat()).response().unwrap().text();
        assert_eq!(told, "192.0.2.7:40000 198.51.100.1:80", "{version}");
        let line = b"PROXY TCP6 2001:db8::7 2001:db8::1 40000 80\r\n";
        let mut client = Client::connect(behind.address("web"));
        let told = client.send([line.as_slice(), GET].concat()).response().unwrap().text();
        assert_eq!(told, "2001:db8::7:40000 2001:db8::1:80", "{version}");
    }
}
