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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::ext::Protocol;
use h2::server::{self, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{Request, Response};
use tokio::net::TcpStream;
use towpath_proxy::codec::h1::websocket::accept;

use support::{Call, Client, Next, PATIENCE, Proxy, Upstream, installed, latin, parrot, queued, run};

/// One worker, a route and a cluster with keys of their own, and a route that has no endpoint.
fn start(upstream: SocketAddr, route: &str) -> Proxy {
    Proxy::start(&table(upstream, route, ""))
}

/// The same, before endpoints of HTTP/2.
fn start_http2(upstream: SocketAddr) -> Proxy {
    Proxy::start(&table(upstream, "", ", protocol: h2"))
}

fn table(upstream: SocketAddr, route: &str, cluster: &str) -> String {
    format!(
        "proxy:\n  admin: \"127.0.0.1:0\"\n  workers: 1\n  drain: {{delay: none, spread: 100ms, timeout: 2s}}\n  access_log: {{to: stdout, template: '%{{method}} %{{path}} %{{protocol}} %{{status}} %{{reason}} %{{request-bytes}}/%{{response-bytes}}'}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\", limits: {{body_bytes: 10B}}}}}}\n\
         routes:\n  all: {{to: app{route}}}\n  hi: {{match: {{path: /hi}}, direct_response: {{status: 200, body: hi}}}}\n\
         clusters: {{app: {{endpoints: [\"{upstream}\"]{cluster}}}}}\n"
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
    assert_eq!(hi(&client).await, 200);
    assert!(client.is_extended_connect_protocol_enabled(), "it is told that WebSocket can be had");
    client
}

/// The status of an answer that the proxy makes itself.
async fn hi(client: &SendRequest<Bytes>) -> u16 {
    let hi = Request::builder().uri("http://shop.test/hi").body(()).unwrap();
    let answer = client.clone().ready().await.unwrap().send_request(hi, true).unwrap().0.await;
    answer.unwrap().status().as_u16()
}

fn websocket(protocol: &str) -> Request<()> {
    let request = Request::builder().method("CONNECT").uri("http://shop.test/chat?a=b");
    let request = request.header("sec-websocket-version", "13").header("sec-websocket-protocol", "chat");
    request.extension(Protocol::from(protocol)).body(()).unwrap()
}

fn plain() -> Request<()> {
    Request::builder().method("CONNECT").uri("db.test:5432").body(()).unwrap()
}

/// A tunnel as its client has it, or its endpoint.
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
            Some("page") => call.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
            _ => call.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
        };
        // what is no answer ends its connection, all others may be used again
        if call.head.value("x-want") == Some("wrong-key") { Next::Close } else { Next::Keep }
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
            (wanting(websocket("websocket"), "page"), 502, "bad-response", "bad-response"),
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
            &table(upstream.address(), "", "")
                .replace("all: {to: app}", "all: {to: app, match: {path: /no}}"),
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
    const CHUNK: usize = 64 << 10;
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let written = Arc::new(AtomicUsize::new(0));
    let writes = Arc::clone(&written);
    let upstream = Upstream::start(move |call| {
        consent(call);
        let ends = (call.wire().stream().peer_addr().unwrap(), call.wire().stream().local_addr().unwrap());
        tell.lock().unwrap().send(ends).unwrap();
        for _ in 0..FLOOD / CHUNK {
            call.send([b'x'; CHUNK]);
            writes.fetch_add(CHUNK, Ordering::Relaxed);
        }
        Next::Close
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
        let (outlet, endpoint) = told.recv_timeout(PATIENCE).unwrap();
        let mut unread = 0;
        loop {
            assert_eq!(hi(&client).await, 200, "the others go on");
            // whoever has served another meanwhile, and has left the same octets unread, does not want them
            let (before, waiting) = (unread, queued(endpoint, outlet).1);
            unread = queued(outlet, endpoint).0;
            if unread > 0 && unread == before && waiting > 0 {
                break;
            }
        }
        let sent = written.load(Ordering::Relaxed);
        assert!(sent < FLOOD / 2, "{sent} octets lie somewhere");
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

/// A frame of a server.
fn bare(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).ok().filter(|length| *length < 126);
    let mut frame = vec![0x80 | opcode, length.map_or(127, |length| length as u8)];
    if length.is_none() {
        frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    frame.extend_from_slice(payload);
    frame
}

/// The next frame: opcode and payload.
async fn frame(tunnel: &mut Tunnel) -> (u8, Vec<u8>) {
    let head = tunnel.take(2).await;
    let length = match head[1] & 0x7f {
        126 => u64::from(u16::from_be_bytes(tunnel.take(2).await.try_into().unwrap())),
        127 => u64::from_be_bytes(tunnel.take(8).await.try_into().unwrap()),
        short => u64::from(short),
    };
    let mask = if head[1] & 0x80 == 0 { vec![0; 4] } else { tunnel.take(4).await };
    let mut payload = tunnel.take(usize::try_from(length).unwrap()).await;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(octet, mask)| *octet ^= mask);
    (head[0], payload)
}

/// What [`ECHO`] does, over HTTP/2.
async fn echo(mut tunnel: Tunnel) {
    loop {
        match frame(&mut tunnel).await {
            (0x89, payload) => tunnel.send(&bare(10, &payload)).await,
            (0x81, payload) if payload == b"bye" => break,
            (0x81, payload) => tunnel.send(&bare(1, &payload)).await,
            other => panic!("{other:?}"),
        }
    }
    tunnel.send(&bare(8, &[&4001_u16.to_be_bytes()[..], b"enough"].concat())).await;
    assert_eq!(frame(&mut tunnel).await.0, 0x88);
    tunnel.finish();
    assert_eq!(tunnel.rest().await.expect("its end is one in order"), b"");
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
fn all_talk_with_all() {
    let Some(mut server) = Python::start(ECHO, "") else { return };
    let plain = ([127, 0, 0, 1], server.line().parse().unwrap()).into();
    let streams = endpoint(true, |request, respond| async { echo(grant(request, respond)).await });
    for proxy in [start(plain, ""), start_http2(streams)] {
        let uri = format!("ws://{}/chat", proxy.address("web"));
        let mut client = Python::start(TALK, &uri).unwrap();
        assert_eq!(client.line(), "4001 enough");
        let told = run(async { talk(&connect(proxy.address("web")).await).await });
        assert_eq!(told, "4001 enough");
        proxy.await_metric("towpath_tunnels_open", 0.0);
        assert_eq!(proxy.metric("towpath_tunnels_total"), Some(2.0));
    }
}

/// An endpoint of HTTP/2, which takes WebSocket or does not.
fn endpoint<F: Future<Output = ()> + Send + 'static>(
    takes_websocket: bool,
    serve: impl Fn(Request<RecvStream>, SendResponse<Bytes>) -> F + Send + Clone + 'static,
) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let carry = async move |stream: TcpStream| {
        let mut builder = server::Builder::new();
        // one stream that nobody reads leaves room for others
        builder.initial_connection_window_size(1 << 20);
        if takes_websocket {
            builder.enable_connect_protocol();
        }
        let mut connection = builder.handshake(stream).await.unwrap();
        while let Some(Ok((request, respond))) = connection.accept().await {
            tokio::spawn(serve(request, respond));
        }
    };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                carry(listener.accept().await.unwrap().0).await;
            }
        });
    });
    address
}

/// The tunnel of an endpoint that consents.
fn grant(request: Request<RecvStream>, mut respond: SendResponse<Bytes>) -> Tunnel {
    let answer = Response::builder().header("sec-websocket-protocol", "chat").body(()).unwrap();
    Tunnel { up: respond.send_response(answer, false).unwrap(), down: request.into_body(), held: Vec::new() }
}

/// What [`parrot`] does, over HTTP/2.
async fn parrot_http2(mut tunnel: Tunnel) {
    while tunnel.fill().await.unwrap() {
        let held = std::mem::take(&mut tunnel.held);
        tunnel.send(&held).await;
    }
    tunnel.send(b"bye").await;
    tunnel.finish();
}

/// The head of a request, as an endpoint of HTTP/2 got it.
fn told(request: &Request<RecvStream>) -> String {
    let protocol = request.extensions().get::<Protocol>().map_or("", Protocol::as_str);
    let mut fields: Vec<_> = request.headers().keys().map(http::HeaderName::as_str).collect();
    fields.retain(|name| !(name.starts_with("x-") || name.starts_with("via") || *name == "forwarded"));
    fields.sort_unstable();
    format!("{} {} {protocol} {}", request.method(), request.uri(), fields.join(" "))
}

/// A request for WebSocket over HTTP/1.1, with the key of RFC 6455 §1.3.
const UPGRADE: &str = "GET /chat?a=b HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\n\r\n";

const CONNECT: &str = "CONNECT db.test:5432 HTTP/1.1\r\nHost: db.test:5432\r\n\r\n";

#[test]
fn an_endpoint_of_http2_is_asked_in_its_own_words() {
    let (tell, heard) = channel();
    let address = endpoint(true, move |request, respond| {
        tell.send(told(&request)).unwrap();
        async { parrot_http2(grant(request, respond)).await }
    });
    let proxy = start_http2(address);
    let websocket_heard =
        "CONNECT http://shop.test/chat?a=b websocket sec-websocket-protocol sec-websocket-version";
    let mut client = Client::connect(proxy.address("web"));
    let response = client.send(format!("{UPGRADE}ping")).response().unwrap();
    let expected = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ("sec-websocket-protocol", "chat"),
    ];
    assert_eq!(response.status, 101);
    for (name, value) in expected {
        assert_eq!(response.values(name), [value], "{name}");
    }
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), websocket_heard);
    assert_eq!(
        latin(&client.wire().take(4).unwrap()),
        "ping",
        "what came behind the head belongs to the tunnel"
    );
    client.wire().finish();
    assert_eq!(latin(&client.rest().unwrap()), "bye", "one side ends first");

    let mut client = Client::connect(proxy.address("web"));
    assert_eq!(client.send(CONNECT).response_to("CONNECT").unwrap().status, 200);
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), "CONNECT db.test:5432  ");
    client.send("ping");
    assert_eq!(latin(&client.wire().take(4).unwrap()), "ping");
    client.wire().finish();
    assert_eq!(latin(&client.rest().unwrap()), "bye");

    run(async {
        let client = connect(proxy.address("web")).await;
        for (request, head) in
            [(websocket("websocket"), websocket_heard), (plain(), "CONNECT db.test:5432  ")]
        {
            let mut tunnel = open(&client, request).await;
            assert_eq!(hear(&heard).await, head);
            tunnel.send(b"ping").await;
            assert_eq!(latin(&tunnel.take(4).await), "ping");
            tunnel.finish();
            assert_eq!(latin(&tunnel.rest().await.unwrap()), "bye");
        }
        metric(&proxy, "towpath_tunnels_open", 0.0).await;
    });
    assert_eq!(proxy.metric("towpath_cluster_connections{cluster=\"app\"}"), Some(1.0), "of one connection");
    assert_eq!(logged(&proxy, "GET /chat HTTP/2.0"), "GET /chat HTTP/2.0 101 - 4/7");
}

#[test]
fn an_endpoint_of_http2_may_not_take_it() {
    let (tell, heard) = channel();
    let serve = move |request: Request<RecvStream>, mut respond: SendResponse<Bytes>| {
        tell.send(told(&request)).unwrap();
        async move {
            let answer = Response::builder().status(403).body(()).unwrap();
            respond.send_response(answer, false).unwrap().send_data("no".into(), true).unwrap();
        }
    };
    for takes_websocket in [true, false] {
        let proxy = start_http2(endpoint(takes_websocket, serve.clone()));
        let (status, reason) = if takes_websocket { (403, None) } else { (502, Some("no-websocket")) };
        let mut client = Client::connect(proxy.address("web"));
        let response = client.send(UPGRADE).response().unwrap();
        assert_eq!((response.status, response.value("x-towpath-reason")), (status, reason));
        // a wish that HTTP/2 has no word for is none
        for upgrade in [UPGRADE.replace("websocket", "chat"), UPGRADE.replace("dGhl", "")] {
            assert_eq!(client.send(upgrade).response().unwrap().text(), "no", "and the connection goes on");
        }
        let mut client = Client::connect(proxy.address("web"));
        assert_eq!(client.send(CONNECT).response_to("CONNECT").unwrap().text(), "no");
        run(async {
            let client = connect(proxy.address("web")).await;
            let (answer, _) = ask(&client, websocket("websocket")).await;
            assert_eq!(answer.status().as_u16(), status);
            assert_eq!(ask(&client, plain()).await.0.status().as_u16(), 403);
        });
        proxy.await_metric("towpath_upstream_http2_streams_open{cluster=\"app\"}", 0.0);
        let got: Vec<_> =
            heard.try_iter().map(|line: String| line.split(' ').next().unwrap().to_owned()).collect();
        let (asked, others) = (
            ["CONNECT", "GET", "GET", "CONNECT", "CONNECT", "CONNECT"],
            ["GET", "GET", "CONNECT", "CONNECT"],
        );
        assert_eq!(got, if takes_websocket { &asked[..] } else { &others[..] });
    }
}

#[test]
fn a_reset_of_a_stream_comes_through() {
    let (tell, heard) = channel();
    let address = endpoint(true, move |request, respond| {
        let tell = tell.clone();
        async move {
            let mut tunnel = grant(request, respond);
            match tunnel.fill().await {
                Ok(true) => tunnel.up.send_reset(Reason::CONNECT_ERROR),
                broken => tell.send(broken.map_err(|fault| fault.reason())).unwrap(),
            }
        }
    });
    let proxy = start_http2(address);
    let mut client = Client::connect(proxy.address("web"));
    assert_eq!(client.send(UPGRADE).head().unwrap().status, 101);
    client.send("reset");
    let mut rest = Vec::new();
    let reset = std::io::Read::read_to_end(&mut client.wire().stream(), &mut rest);
    assert_eq!(reset.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    let mut client = Client::connect(proxy.address("web"));
    assert_eq!(client.send(UPGRADE).head().unwrap().status, 101);
    rustix::net::sockopt::set_socket_linger(client.wire().stream(), Some(std::time::Duration::ZERO)).unwrap();
    drop(client);
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap(), Err(Some(Reason::CANCEL)));
    run(async {
        let client = connect(proxy.address("web")).await;
        let mut tunnel = open(&client, websocket("websocket")).await;
        tunnel.send(b"reset").await;
        assert_eq!(tunnel.rest().await.expect_err("it is broken off").reason(), Some(Reason::CANCEL));
        let mut tunnel = open(&client, plain()).await;
        tunnel.up.send_reset(Reason::CANCEL);
        assert_eq!(hear(&heard).await, Err(Some(Reason::CANCEL)));
        metric(&proxy, "towpath_tunnels_open", 0.0).await;
        metric(&proxy, "towpath_upstream_http2_streams_open{cluster=\"app\"}", 0.0).await;
    });
}

#[test]
fn an_endpoint_that_stands_still_stops_its_own_tunnel_only() {
    const FLOOD: usize = 4 << 20;
    let (tell, told) = tokio::sync::watch::channel(false);
    let address = endpoint(true, move |request, respond| {
        let mut told = told.clone();
        async move {
            let stands_still = request.uri().query() == Some("a=b");
            let tunnel = grant(request, respond);
            if stands_still {
                told.wait_for(|told| *told).await.unwrap();
            }
            parrot_http2(tunnel).await;
        }
    });
    let proxy = start_http2(address);
    run(async {
        let client = connect(proxy.address("web")).await;
        let mut slow = open(&client, websocket("websocket")).await;
        let mut other = websocket("websocket");
        *other.uri_mut() = "http://shop.test/chat".parse().unwrap();
        let mut quick = open(&client, other).await;
        let (mut sent, mut quiet) = (0, 0);
        // what goes the same way behind all that was sent comes back when that has gone as far as it will
        while quiet < 3 {
            slow.up.reserve_capacity(16 << 10);
            match poll_fn(|cx| Poll::Ready(slow.up.poll_capacity(cx))).await {
                Poll::Ready(granted) => {
                    let count = granted.unwrap().unwrap();
                    slow.up.send_data(vec![b'x'; count].into(), false).unwrap();
                    (sent, quiet) = (sent + count, 0);
                }
                Poll::Pending => {
                    quick.send(b"ping").await;
                    assert_eq!(latin(&quick.take(4).await), "ping", "the others go on");
                    quiet += 1;
                }
            }
            assert!(sent < FLOOD, "{sent} octets lie somewhere");
        }
        tell.send(true).unwrap();
        slow.finish();
        assert_eq!(slow.rest().await.unwrap().len(), sent + 3);
    });
}
