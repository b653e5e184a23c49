//! gRPC-Web, with frames made by hand: what the endpoint gets, and what the client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the endpoint here is no worker")]

#[path = "support/lib.rs"]
mod support;

use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response as Answer};

use support::{Call, Client, Next, PATIENCE, Proxy, Response, Upstream, refusing, wait};

/// A message of five octets behind its own head, and the same as text.
const MESSAGE: &[u8] = b"\0\0\0\0\x05hello";
const TEXT: &str = "AAAAAAVoZWxsbw==";

/// The frame of the trailers that the upstream sends, and the same as text.
const TRAILERS: &[u8] = b"\x80\0\0\0\x20grpc-status:0\r\ngrpc-message:ok\r\n";
const TRAILERS_TEXT: &str = "gAAAACBncnBjLXN0YXR1czowDQpncnBjLW1lc3NhZ2U6b2sNCg==";

/// Sends the message back, and trailers behind it; `/a.B/Fail` is answered by a head alone.
fn echo(call: &mut Call<'_>) -> Next {
    let Some(body) = call.body() else { return Next::Close };
    if call.path() == "/a.B/Fail" {
        call.send("HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nGrpc-Status: 5\r\nContent-Length: 0\r\n\r\n");
        return Next::Keep;
    }
    let kind = call.head.value("content-type").unwrap_or_default().to_owned();
    call.send(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        body.len()
    ));
    call.send(body).send("\r\n0\r\nGrpc-Status: 0\r\ngrpc-message: ok\r\n\r\n");
    Next::Keep
}

/// Whether this is the message with the trailers behind it; text is padded where the message ends, or goes on.
fn is_whole(text: bool, body: &[u8]) -> bool {
    let joined = b"AAAAAAVoZWxsb4AAAAAgZ3JwYy1zdGF0dXM6MA0KZ3JwYy1tZXNzYWdlOm9rDQo=";
    match text {
        false => body == [MESSAGE, TRAILERS].concat(),
        true => body == joined || body == format!("{TEXT}{TRAILERS_TEXT}").as_bytes(),
    }
}

fn start(upstream: SocketAddr) -> Proxy {
    start_before(upstream, "h1")
}

fn start_before(upstream: SocketAddr, protocol: &str) -> Proxy {
    Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\", grpc_web: true}}, plain: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{calls: {{match: {{grpc: {{service: a.B}}}}, to: app}}, other: {{match: {{path: /other}}, to: app}}}}\n\
         clusters: {{app: {{endpoints: [\"{upstream}\"], protocol: {protocol}}}}}\n"
    ))
}

fn call(proxy: &Proxy, listener: &str, path: &str, kind: &str, body: &[u8]) -> Response {
    let mut client = Client::connect(proxy.address(listener));
    let length = body.len();
    client.send(format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nX-Grpc-Web: 1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    ));
    client.send(body);
    client.response_to("POST").unwrap()
}

#[test]
fn calls_are_those_of_grpc_behind_the_proxy() {
    let upstream = Upstream::start(echo);
    let proxy = start(upstream.address());
    for (kind, native, text) in [
        ("application/grpc-web+proto", "application/grpc+proto", false),
        ("application/grpc-web", "application/grpc", false),
        ("application/grpc-web-text+proto", "application/grpc+proto", true),
    ] {
        let body = if text { TEXT.as_bytes() } else { MESSAGE };
        let answer = call(&proxy, "web", "/a.B/Echo", kind, body);
        assert_eq!((answer.status, answer.value("content-type")), (200, Some(kind)), "{answer:?}");
        assert!(answer.trailers.is_empty() && is_whole(text, &answer.body), "{answer:?}");
        let seen = upstream.wait(1).pop().unwrap();
        assert_eq!((seen.head.value("content-type"), seen.body.as_slice()), (Some(native), MESSAGE));
        let length = if text { None } else { Some("10") };
        assert_eq!(seen.head.value("content-length"), length, "text has another length");
    }
    proxy.await_metric("towpath_downstream_grpc_web_requests_total{listener=\"web\"}", 3.0);
}

#[test]
fn curl_gets_the_same_over_http2() {
    let upstream = Upstream::start(echo);
    let proxy = start(upstream.address());
    let url = format!("http://{}/a.B/Echo", proxy.address("web"));
    for (kind, text) in [("application/grpc-web", false), ("application/grpc-web-text", true)] {
        let body = if text { TEXT.as_bytes() } else { MESSAGE };
        let file = proxy.folder().join("body");
        std::fs::write(&file, body).unwrap();
        let curl = Command::new("curl")
            .args(["-sS", "--max-time", "20", "--http2-prior-knowledge"])
            .args(["-H", &format!("Content-Type: {kind}")])
            .args(["--data-binary", &format!("@{}", file.display()), "-w", "%{stderr}%{content_type}", &url])
            .output()
            .expect("curl is installed by ./dev test");
        assert!(curl.status.success(), "{curl:?}");
        assert_eq!(String::from_utf8_lossy(&curl.stderr), kind);
        assert!(is_whole(text, &curl.stdout), "{curl:?}");
    }
}

/// An endpoint that speaks gRPC for one connection: sends the message back with trailers, and tells the heads that it gets.
async fn speak_grpc(listener: TcpListener, heads: Sender<HeaderMap>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let mut connection = h2::server::handshake(listener.accept().await.unwrap().0).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let (parts, mut body) = request.into_parts();
        heads.send(parts.headers).unwrap();
        tokio::spawn(async move {
            let head = Answer::builder().header("content-type", "application/grpc").body(()).unwrap();
            let mut answer = respond.send_response(head, false).unwrap();
            while let Some(Ok(chunk)) = body.data().await {
                answer.send_data(Bytes::clone(&chunk), false).unwrap();
                body.flow_control().release_capacity(chunk.len()).unwrap();
            }
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            trailers.insert("grpc-message", HeaderValue::from_static("ok"));
            answer.send_trailers(trailers).unwrap();
        });
    }
}

#[test]
fn endpoints_get_it_over_http2_as_they_want_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let (heads, seen) = channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(speak_grpc(listener, heads));
    });
    let proxy = start_before(address, "h2");
    for (kind, text) in [("application/grpc-web", false), ("application/grpc-web-text", true)] {
        let body = if text { TEXT.as_bytes() } else { MESSAGE };
        let answer = call(&proxy, "web", "/a.B/Echo", kind, body);
        assert_eq!((answer.status, answer.value("content-type")), (200, Some(kind)), "{answer:?}");
        assert!(is_whole(text, &answer.body), "{answer:?}");
        let head = seen.recv_timeout(PATIENCE).unwrap();
        assert_eq!(
            (&head["content-type"], &head["te"]),
            (&"application/grpc".parse().unwrap(), &"trailers".parse().unwrap())
        );
    }
}

#[test]
fn a_message_is_not_held_back() {
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |call: &mut Call<'_>| {
        call.body();
        call.send("HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n");
        call.send("a\r\n").send(MESSAGE).send("\r\n");
        wait(&told);
        call.send("0\r\nGrpc-Status: 0\r\n\r\n");
        Next::Keep
    });
    let proxy = start(upstream.address());
    let mut client = Client::connect(proxy.address("web"));
    client.send("POST /a.B/Watch HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web-text\r\nContent-Length: 8\r\n\r\nAAAAAAA=");
    let answer = client.head().unwrap();
    assert_eq!(answer.value("content-type"), Some("application/grpc-web-text"));
    // ten octets are three groups and one octet, which comes padded
    let mut text = Vec::new();
    while text.len() < TEXT.len() {
        let size = client.wire().take_until(b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&size).unwrap().trim(), 16).unwrap();
        text.extend(client.wire().take(size + 2).unwrap().drain(..size));
    }
    assert_eq!(text, TEXT.as_bytes());
    tell.send(()).unwrap();
    assert_eq!(client.wire().chunked().unwrap().0, b"gAAAAA9ncnBjLXN0YXR1czowDQo=");
}

#[test]
fn refusals_are_in_the_dialect() {
    let proxy = start(refusing());
    for (kind, path, reason, status) in [
        ("application/grpc-web", "/a.B/Echo", "connect-failure", "14"),
        ("application/grpc-web-text+proto", "/a.B/Echo", "connect-failure", "14"),
        ("application/grpc-web", "/x.Y/Echo", "no-path", "12"),
    ] {
        let answer = call(&proxy, "web", path, kind, b"AAAA");
        assert_eq!((answer.status, answer.value("x-towpath-reason")), (200, Some(reason)), "{answer:?}");
        let expected = kind.trim_end_matches("+proto");
        assert_eq!(
            (answer.value("content-type"), answer.value("grpc-status")),
            (Some(expected), Some(status))
        );
        assert!(answer.body.is_empty());
    }
}

#[test]
fn what_is_no_text_is_refused() {
    let upstream = Upstream::start(echo);
    let proxy = start(upstream.address());
    for body in ["AAAA*", "AAA", "AAAA====", "AAAA\r\n"] {
        let answer = call(&proxy, "web", "/a.B/Echo", "application/grpc-web-text", body.as_bytes());
        let found = (answer.value("grpc-status"), answer.value("x-towpath-reason"));
        assert_eq!(found, (Some("13"), Some("bad-request")), "{body:?}: {answer:?}");
    }
}

#[test]
fn a_status_in_the_head_stays_there() {
    let upstream = Upstream::start(echo);
    let proxy = start(upstream.address());
    let answer = call(&proxy, "web", "/a.B/Fail", "application/grpc-web", MESSAGE);
    assert_eq!((answer.value("grpc-status"), answer.body.len()), (Some("5"), 0));
    assert_eq!(answer.value("content-type"), Some("application/grpc-web"));
}

#[test]
fn nothing_else_is_touched() {
    let upstream = Upstream::start(echo);
    let proxy = start(upstream.address());
    // another media type, and a listener that does not translate
    let answer = call(&proxy, "web", "/other", "text/plain", b"abc");
    assert_eq!((answer.value("content-type"), answer.text()), (Some("text/plain"), "abc".to_owned()));
    assert_eq!(answer.trailers.len(), 2);
    let answer = call(&proxy, "plain", "/other", "application/grpc-web-text", TEXT.as_bytes());
    assert_eq!(answer.text(), TEXT);
    assert_eq!(call(&proxy, "plain", "/a.B/Echo", "application/grpc-web", MESSAGE).status, 404);
    proxy.await_metric("towpath_downstream_grpc_web_requests_total{listener=\"web\"}", 0.0);
}

#[test]
fn explain_knows_it() {
    let proxy = start(refusing());
    let explain = |listener: &str| {
        let admin = proxy.admin().to_string();
        let arguments = ["explain", "--admin", &admin, "--listener", listener, "POST", "http://a/a.B/Echo"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        let output =
            command.args(arguments).args(["-H", "content-type: application/grpc-web+proto"]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(explain("web").contains("is forwarded by route calls"), "{}", explain("web"));
    assert!(explain("web").contains("content-type: application/grpc+proto"), "{}", explain("web"));
    assert!(explain("plain").contains("no-header"), "{}", explain("plain"));
}
