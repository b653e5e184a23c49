//! WebSocket and `CONNECT` between the versions of HTTP, with real clients and endpoints and with some that do what those
//! would not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the clients here are no workers")]

#[path = "support/lib.rs"]
mod support;

use std::future::{Future, poll_fn};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::ext::Protocol;
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response};
use tokio::net::TcpStream;
use towpath_proxy::codec::h1::websocket::accept;

use support::{Call, Next, PATIENCE, Proxy, Upstream, installed, latin, wait};

/// Runs a client, which must come to its end.
fn run<T>(client: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().event_interval(1).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, client).await.expect("it comes to its end") })
}

/// One worker, a route with keys of its own, and one that has no endpoint.
fn start(upstream: SocketAddr, route: &str) -> Proxy {
    Proxy::start(&table(upstream, route))
}

fn table(upstream: SocketAddr, route: &str) -> String {
    format!(
        "proxy:\n  admin: \"127.0.0.1:0\"\n  workers: 1\n  drain: {{delay: none, spread: 100ms, timeout: 2s}}\n  access_log: {{to: stdout, template: '%{{method}} %{{path}} %{{protocol}} %{{status}} %{{reason}} %{{request-bytes}}/%{{response-bytes}}'}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\", limits: {{body_bytes: 10B}}}}}}\n\
         routes:\n  all: {{to: app{route}}}\n  hi: {{match: {{path: /hi}}, direct_response: {{status: 200, body: hi}}}}\n\
         clusters: {{app: {{endpoints: [\"{upstream}\"]}}}}\n"
    )
}

/// A connection that has heard what the proxy allows.
async fn connect(address: SocketAddr) -> SendRequest<Bytes> {
    let (client, connection) = Builder::new()
        .initial_connection_window_size(1 << 20)
        .handshake(TcpStream::connect(address).await.unwrap())
        .await
        .unwrap();
    tokio::spawn(connection);
    let hi = Request::builder().uri("http://shop.test/hi").body(()).unwrap();
    let answer = client.clone().ready().await.unwrap().send_request(hi, true).unwrap().0.await;
    assert_eq!(answer.unwrap().status(), 200);
    assert!(client.is_extended_connect_protocol_enabled(), "it is told that WebSocket can be had");
    client
}

fn websocket(protocol: &str) -> Request<()> {
    let request = Request::builder().method("CONNECT").uri("http://shop.test/chat?a=b");
    let request = request.header("sec-websocket-version", "13").header("sec-websocket-protocol", "chat");
    request.extension(Protocol::from(protocol)).body(()).unwrap()
}

fn plain() -> Request<()> {
    Request::builder().method("CONNECT").uri("db.test:5432").body(()).unwrap()
}

/// A tunnel as its client has it.
struct Tunnel {
    up: SendStream<Bytes>,
    down: RecvStream,
    held: Vec<u8>,
}

/// What is answered to the request, and what can be sent behind it.
async fn ask(client: &SendRequest<Bytes>, request: Request<()>) -> (Response<RecvStream>, SendStream<Bytes>) {
    let (answer, up) = client.clone().ready().await.unwrap().send_request(request, false).unwrap();
    (answer.await.expect("an answer"), up)
}

async fn open(client: &SendRequest<Bytes>, request: Request<()>) -> Tunnel {
    let (answer, up) = ask(client, request).await;
    assert_eq!(answer.status(), 200);
    for gone in ["upgrade", "connection", "sec-websocket-accept", "content-length", "transfer-encoding"] {
        assert!(!answer.headers().contains_key(gone), "{gone}");
    }
    Tunnel { up, down: answer.into_body(), held: Vec::new() }
}

impl Tunnel {
    async fn send(&mut self, bytes: &[u8]) {
        let mut bytes = Bytes::copy_from_slice(bytes);
        while !bytes.is_empty() {
            self.up.reserve_capacity(bytes.len());
            let room =
                poll_fn(|cx| self.up.poll_capacity(cx)).await.expect("it is open").expect("it is whole");
            self.up.send_data(bytes.split_to(room.min(bytes.len())), false).unwrap();
        }
    }

    fn finish(&mut self) {
        self.up.send_data(Bytes::new(), true).unwrap();
    }

    /// Reads once; `false` at the end.
    async fn fill(&mut self) -> Result<bool, h2::Error> {
        let Some(chunk) = self.down.data().await else { return Ok(false) };
        let chunk = chunk?;
        self.down.flow_control().release_capacity(chunk.len())?;
        self.held.extend_from_slice(&chunk);
        Ok(true)
    }

    async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.held.len() < count {
            assert!(self.fill().await.expect("it is whole"), "the end came after {:?}", latin(&self.held));
        }
        self.held.drain(..count).collect()
    }

    /// Everything up to the end.
    async fn rest(&mut self) -> Result<Vec<u8>, h2::Error> {
        while self.fill().await? {}
        Ok(std::mem::take(&mut self.held))
    }
}

/// What a script tells, while the client goes on.
async fn hear<T>(told: &Receiver<T>) -> T {
    loop {
        match told.try_recv() {
            Ok(told) => return told,
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn metric(proxy: &Proxy, name: &str, value: f64) {
    while proxy.metric(name) != Some(value) {
        tokio::task::yield_now().await;
    }
}

/// Waits for a line of the access log that begins so.
fn logged(proxy: &Proxy, start: &str) -> String {
    proxy.line(start, |line| line.starts_with(start).then(|| line.to_owned()))
}

/// Consents to WebSocket.
fn consent(call: &mut Call<'_>) {
    let accept = accept(call.head.value("sec-websocket-key").unwrap_or_default().as_bytes());
    let accept = latin(&accept);
    call.send(format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
    ));
}

/// Sends back what comes by fours, says `bye` at its end, and ends.
fn parrot(call: &mut Call<'_>) -> Next {
    while call.wire().has_more().unwrap_or(false) {
        match call.wire().take(4) {
            Ok(bytes) => call.send(bytes),
            Err(part) => call.send(part),
        };
    }
    call.send("bye");
    Next::Close
}

#[test]
fn an_endpoint_of_http1_is_asked_in_its_own_words() {
    let upstream = Upstream::start(|call| {
        call.body();
        consent(call);
        call.send("hail");
        parrot(call)
    });
    let proxy = start(upstream.address(), "");
    run(async {
        let client = connect(proxy.address("web")).await;
        let mut tunnel = open(&client, websocket("websocket")).await;
        assert_eq!(latin(&tunnel.take(4).await), "hail", "what comes behind the head belongs to the tunnel");
        tunnel.send(b"ping and more than the limit of a body").await;
        assert_eq!(latin(&tunnel.take(8).await), "ping and");
        metric(&proxy, "towpath_tunnels_open", 1.0).await;
        tunnel.finish();
        assert_eq!(
            latin(&tunnel.rest().await.unwrap()),
            " more than the limit of a bodybye",
            "one side ends first"
        );
        metric(&proxy, "towpath_tunnels_open", 0.0).await;
        metric(&proxy, "towpath_downstream_http2_streams_open{listener=\"web\"}", 0.0).await;
    });
    let head = &upstream.drain()[0].head;
    assert_eq!(head.line, "GET /chat?a=b HTTP/1.1");
    let expected = [
        ("host", "shop.test"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-protocol", "chat"),
    ];
    for (name, value) in expected {
        assert_eq!(head.value(name), Some(value), "{name}");
    }
    assert_eq!(head.value("sec-websocket-key").map(str::len), Some(24));
    assert_eq!(logged(&proxy, "GET /chat"), "GET /chat HTTP/2.0 101 - 38/45");
}

#[test]
fn connect_becomes_a_tunnel() {
    let upstream = Upstream::start(|call| {
        call.body();
        call.send("HTTP/1.1 200 Connection established\r\n\r\n");
        parrot(call)
    });
    let proxy = start(upstream.address(), "");
    run(async {
        let client = connect(proxy.address("web")).await;
        let mut tunnel = open(&client, plain()).await;
        tunnel.send(b"ping\0\r\n!").await;
        assert_eq!(latin(&tunnel.take(8).await), "ping\0\r\n!");
        tunnel.finish();
        assert_eq!(latin(&tunnel.rest().await.unwrap()), "bye");
    });
    let head = &upstream.drain()[0].head;
    assert_eq!(
        (head.line.as_str(), head.value("host")),
        ("CONNECT db.test:5432 HTTP/1.1", Some("db.test:5432"))
    );
    assert_eq!(logged(&proxy, "CONNECT"), "CONNECT / HTTP/2.0 200 - 8/11");
}

#[test]
fn who_does_not_consent_is_heard() {
    let upstream = Upstream::start(|call| {
        let accept = latin(&accept(b"another key"));
        match call.head.value("x-want") {
            Some("wrong-key") => call.send(format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            )),
            _ => call.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
        };
        Next::Close
    });
    let proxy = start(upstream.address(), "");
    run(async {
        let client = connect(proxy.address("web")).await;
        let wanting = |mut request: Request<()>, want: &'static str| {
            request.headers_mut().insert("x-want", want.parse().unwrap());
            request
        };
        let table = [
            (websocket("websocket"), 403, "", "no"),
            (plain(), 403, "", "no"),
            (wanting(websocket("websocket"), "wrong-key"), 502, "bad-response", "bad-response"),
            (websocket("connect-udp"), 501, "no-tunnel", "no-tunnel"),
        ];
        for (request, status, reason, text) in table {
            let told = format!("{request:?}");
            let (answer, up) = ask(&client, request).await;
            let why = answer.headers().get("x-towpath-reason").map_or("", |reason| reason.to_str().unwrap());
            assert_eq!((answer.status().as_u16(), why), (status, reason), "{told}");
            let mut tunnel = Tunnel { up, down: answer.into_body(), held: Vec::new() };
            let body = latin(&tunnel.rest().await.unwrap());
            assert!(body.contains(text), "{told}: {body:?}");
            let reset = poll_fn(|cx| tunnel.up.poll_reset(cx)).await.unwrap();
            assert_eq!(reset, Reason::NO_ERROR, "{told}: what would come is not wanted");
        }
    });
    assert_eq!(proxy.metric("towpath_tunnels_total"), Some(0.0));
}

#[test]
fn a_reset_comes_through_on_either_side() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let upstream = Upstream::start(move |call| {
        if call.head.line.starts_with("CONNECT") {
            call.send("HTTP/1.1 200 OK\r\n\r\n");
        } else {
            consent(call);
        }
        // whoever closes with something unread resets
        if call.wire().stream().peek(&mut [0]).is_err() {
            tell.lock().unwrap().send(()).unwrap();
        }
        Next::Close
    });
    let proxy = start(upstream.address(), "");
    run(async {
        let client = connect(proxy.address("web")).await;
        for (request, code) in [(websocket("websocket"), Reason::CANCEL), (plain(), Reason::CONNECT_ERROR)] {
            let mut tunnel = open(&client, request).await;
            tunnel.send(b"unread").await;
            assert_eq!(tunnel.rest().await.expect_err("it is broken off").reason(), Some(code));
        }
        for request in [websocket("websocket"), plain()] {
            let mut tunnel = open(&client, request).await;
            tunnel.up.send_reset(Reason::CANCEL);
            hear(&told).await;
        }
        let mut tunnel = open(&client, plain()).await;
        let fields = http::HeaderMap::from_iter([(
            http::HeaderName::from_static("x"),
            "fields have no place here".parse().unwrap(),
        )]);
        tunnel.up.send_trailers(fields).unwrap();
        hear(&told).await;
        metric(&proxy, "towpath_tunnels_open", 0.0).await;
    });
    let log = proxy.log();
    assert!(log.contains("HTTP/2.0 101 reset 6/0"), "{log}");
    assert!(log.contains("HTTP/2.0 200 client-gone 0/0"), "{log}");
}

#[test]
fn one_that_stands_still_ends() {
    let upstream = Upstream::start(|call| {
        consent(call);
        // the end of the other side is heard, and not answered
        call.wire().take_rest().unwrap();
        call.wire().stream().peek(&mut [0]).ok();
        Next::Close
    });
    let idle = ", tunnel_idle_timeout: 300ms, tunnel_half_closed_timeout: 200ms";
    let proxy = start(upstream.address(), idle);
    run(async {
        let client = connect(proxy.address("web")).await;
        let mut tunnel = open(&client, websocket("websocket")).await;
        assert_eq!(tunnel.rest().await.expect("its end is one in order"), b"");
        metric(&proxy, "towpath_tunnels_timed_out_total", 1.0).await;
    });
    assert_eq!(logged(&proxy, "GET /chat"), "GET /chat HTTP/2.0 101 idle-timeout 0/0");
}

#[test]
fn a_reload_leaves_it_and_a_drain_gives_it_its_moment() {
    let upstream = Upstream::start(|call| {
        consent(call);
        parrot(call)
    });
    let mut proxy = start(upstream.address(), "");
    run(async {
        let client = connect(proxy.address("web")).await;
        let mut tunnel = open(&client, websocket("websocket")).await;
        proxy.rewrite(
            &table(upstream.address(), "").replace("all: {to: app}", "all: {to: app, match: {path: /no}}"),
        );
        proxy.line("the table", |line| line.contains("generation=2").then_some(()));
        tunnel.send(b"ping").await;
        assert_eq!(latin(&tunnel.take(4).await), "ping", "its route is gone, it is not");
        proxy.signal("TERM");
        while client.clone().ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
        tunnel.send(b"pong").await;
        assert_eq!(latin(&tunnel.take(4).await), "pong", "the drain has begun, its moment is to come");
        assert_eq!(tunnel.rest().await.expect_err("it is cut").reason(), Some(Reason::CANCEL));
    });
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
}

#[test]
fn a_reader_that_stands_still_stops_its_own_tunnel_only() {
    const FLOOD: usize = 16 << 20;
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |call| {
        consent(call);
        let mut sent = 0;
        let chunk = vec![b'x'; 64 << 10];
        call.wire().stream().set_write_timeout(Some(std::time::Duration::from_millis(100))).unwrap();
        loop {
            match std::io::Write::write(&mut call.wire().stream(), &chunk[..chunk.len().min(FLOOD - sent)]) {
                Ok(0) => return Next::Close,
                Ok(count) => sent += count,
                // nobody takes more
                Err(_) => {
                    assert!(sent < FLOOD / 2, "{sent} octets lie somewhere");
                    wait(&told);
                    call.wire().stream().set_write_timeout(None).unwrap();
                }
            }
        }
    });
    let proxy = start(upstream.address(), "");
    run(async {
        let client = connect(proxy.address("web")).await;
        let mut tunnel = open(&client, websocket("websocket")).await;
        // the window of the client is 64 KiB: so much is sent, and the rest waits
        while tunnel.held.len() < 16 << 10 {
            let chunk = tunnel.down.data().await.unwrap().unwrap();
            tunnel.held.extend_from_slice(&chunk);
        }
        for _ in 0..3 {
            let hi = Request::builder().uri("http://shop.test/hi").body(()).unwrap();
            let answer = client.clone().ready().await.unwrap().send_request(hi, true).unwrap().0.await;
            assert_eq!(answer.unwrap().status(), 200, "the others go on");
        }
        tell.send(()).unwrap();
        tunnel.down.flow_control().release_capacity(tunnel.held.len()).unwrap();
        assert_eq!(tunnel.rest().await.unwrap().len(), FLOOD);
    });
}

/// A program in Python with the library `websockets`; killed when dropped.
struct Python(Child);

impl Python {
    fn start(script: &str, argument: &str) -> Option<Self> {
        let tools = installed()?;
        let mut python = Command::new("python3");
        python.env("PYTHONPATH", tools.join("usr/lib/python3/dist-packages"));
        python.env("PYTHONDONTWRITEBYTECODE", "1").args(["-c", script, argument]).stdout(Stdio::piped());
        Some(Self(python.spawn().expect("python3 is installed by ./dev test")))
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends back what comes; to `bye` it closes with a code of its own.
const ECHO: &str = "
import asyncio, websockets
async def echo(socket):
    async for message in socket:
        if message == 'bye':
            return await socket.close(4001, 'enough')
        await socket.send(message)
async def main():
    async with websockets.serve(echo, '127.0.0.1', 0, max_size=None, subprotocols=['chat']) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()
asyncio.run(main())
";

/// What a conversation with the endpoint comes to.
const TALK: &str = "
import asyncio, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1], max_size=None, subprotocols=['chat']) as socket:
        assert socket.subprotocol == 'chat', socket.subprotocol
        await asyncio.wait_for(await socket.ping(), 10)
        text = 'x' * 1_000_000
        await socket.send(text)
        assert await socket.recv() == text
        await socket.send('bye')
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            print(closed.rcvd.code, closed.rcvd.reason, flush=True)
asyncio.run(main())
";

/// A frame of a client (RFC 6455 §5.2), masked with zeros.
fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        short @ ..126 => frame.push(0x80 | u8::try_from(short).unwrap()),
        long => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// The next frame of a server: opcode and payload.
async fn frame(tunnel: &mut Tunnel) -> (u8, Vec<u8>) {
    let head = tunnel.take(2).await;
    let length = match head[1] {
        126 => u64::from(u16::from_be_bytes(tunnel.take(2).await.try_into().unwrap())),
        127 => u64::from_be_bytes(tunnel.take(8).await.try_into().unwrap()),
        short => u64::from(short),
    };
    (head[0], tunnel.take(usize::try_from(length).unwrap()).await)
}

/// What [`TALK`] does, over HTTP/2.
async fn talk(client: &SendRequest<Bytes>) -> String {
    let mut tunnel = open(client, websocket("websocket")).await;
    tunnel.send(&masked(9, b"there?")).await;
    assert_eq!(frame(&mut tunnel).await, (0x8a, b"there?".to_vec()));
    let text = vec![b'x'; 1_000_000];
    tunnel.send(&masked(1, &text)).await;
    assert!(frame(&mut tunnel).await == (0x81, text), "what was sent comes back");
    tunnel.send(&masked(1, b"bye")).await;
    let (opcode, payload) = frame(&mut tunnel).await;
    assert_eq!(opcode, 0x88);
    tunnel.send(&masked(8, &payload[..2])).await;
    tunnel.finish();
    assert_eq!(tunnel.rest().await.expect("its end is one in order"), b"");
    format!("{} {}", u16::from_be_bytes([payload[0], payload[1]]), latin(&payload[2..]))
}

#[test]
fn real_programs_talk() {
    let Some(mut server) = Python::start(ECHO, "") else { return };
    let endpoint = ([127, 0, 0, 1], server.line().parse().unwrap()).into();
    let proxy = start(endpoint, "");
    let uri = format!("ws://{}/chat", proxy.address("web"));
    let mut client = Python::start(TALK, &uri).unwrap();
    assert_eq!(client.line(), "4001 enough");
    let told = run(async { talk(&connect(proxy.address("web")).await).await });
    assert_eq!(told, "4001 enough");
    proxy.await_metric("towpath_tunnels_open", 0.0);
    assert_eq!(proxy.metric("towpath_tunnels_total"), Some(2.0));
}
