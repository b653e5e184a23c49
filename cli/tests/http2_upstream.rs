//! HTTP/2 to endpoints: real ones, and such that do what those would not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the endpoints here are no workers")]
#![allow(missing_docs, reason = "tests")]

#[path = "http2_upstream/frames.rs"]
mod frames;
#[path = "support/lib.rs"]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use bytes::Bytes;
use h2::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use frames::{STATUS_103, STATUS_200, STREAMS, WINDOW, endpoint};
use support::frames::{
    ACK, CANCEL, DATA, END_HEADERS, END_STREAM, Frames, GOAWAY, HEADERS, PING, RST_STREAM, WINDOW_UPDATE,
    field, frame, grant, request, reset, setting, status,
};
use support::{Client, PATIENCE, Proxy, eventually, get, library, library_for, refusing, wait};

/// One worker, and a cluster whose endpoints speak HTTP/2.
fn start(upstream: SocketAddr, cluster: &str) -> Proxy {
    Proxy::start(&table(upstream, cluster))
}

fn table(upstream: SocketAddr, cluster: &str) -> String {
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1, drain: {{delay: none, spread: 100ms, timeout: 30s}}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{all: {{to: app}}}}\n\
         clusters: {{app: {{endpoints: [\"{upstream}\"], protocol: h2{cluster}}}}}\n"
    )
}

fn metric(proxy: &Proxy, name: &str, value: f64) {
    proxy.await_metric(&format!("towpath_upstream_{name}{{cluster=\"app\"}}"), value);
}

/// Sends a request and gives status, reason and body.
fn ask(proxy: &Proxy, request: &str) -> (u16, String, String) {
    let mut client = Client::connect(proxy.address("web"));
    client.send(request);
    let method = request.split(' ').next().unwrap();
    let response = client.response_to(method).expect("an answer");
    let reason = response.value("x-towpath-reason").unwrap_or_default().to_owned();
    (response.status, reason, response.text())
}

const GET: &str = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhello";

fn good(body: &str) -> (u16, String, String) {
    (200, String::new(), body.to_owned())
}

fn bad(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

/// Status and reason of an answer that the proxy makes.
fn fail(proxy: &Proxy, request: &str) -> (u16, String) {
    let (status, reason, _) = ask(proxy, request);
    (status, reason)
}

async fn read(body: &mut h2::RecvStream) -> (Vec<u8>, Option<HeaderMap>) {
    let mut bytes = Vec::new();
    while let Some(Ok(chunk)) = body.data().await {
        body.flow_control().release_capacity(chunk.len()).unwrap();
        bytes.extend_from_slice(&chunk);
    }
    (bytes, body.trailers().await.unwrap_or_default())
}

#[test]
fn trailers_follow_bodies_whose_length_was_said() {
    let upstream = library(async |mut request, mut respond| {
        assert_eq!(request.headers().get("content-length").unwrap(), "5");
        let (body, trailers) = read(request.body_mut()).await;
        let sum = trailers.as_ref().and_then(|trailers| trailers.get("x-up")).cloned();
        let head = Response::builder().header("content-length", body.len()).body(()).unwrap();
        let mut stream = respond.send_response(head, false).unwrap();
        stream.send_data(Bytes::from(body), false).unwrap();
        let sum = sum.unwrap_or_else(|| HeaderValue::from_static("none"));
        stream.send_trailers(HeaderMap::from_iter([(HeaderName::from_static("x-down"), sum)])).unwrap();
    });
    let proxy = start(upstream, "");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    std::fs::write(&file, "hello").unwrap();
    for (trailer, answered) in [(Some("x-up: there"), "x-down: there"), (None, "x-down: none")] {
        let mut nghttp = Command::new("nghttp");
        nghttp.arg("-v").arg("-d").arg(&file).args(trailer.map(|trailer| format!("--trailer={trailer}")));
        let output =
            nghttp.arg(format!("http://{}/", proxy.address("web"))).output().expect("nghttp is installed");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(answered) && said.contains("hello"), "{said}");
    }
}

/// `nghttpd`, with a folder to serve. It is killed when dropped.
struct Nghttpd(Child, SocketAddr);

impl Nghttpd {
    fn start(folder: &std::path::Path) -> Self {
        // it takes no port 0
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("/usr/sbin/nghttpd")
            .args(["--no-tls", "--echo-upload", "-a", "127.0.0.1", "-d"])
            .arg(folder)
            .arg(port.port().to_string())
            .spawn()
            .expect("nghttpd is installed by ./dev test");
        let nghttpd = Self(child, port);
        eventually("nghttpd listens", || TcpStream::connect(port).ok());
        nghttpd
    }
}

impl Drop for Nghttpd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_real_endpoint_serves_callers_of_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small"), "hello").unwrap();
    std::fs::write(folder.path().join("large"), vec![b'x'; 1 << 20]).unwrap();
    let endpoint = Nghttpd::start(folder.path());
    let proxy = start(endpoint.1, "");
    let url = |path: &str| format!("http://{}{path}", proxy.address("web"));
    let large = folder.path().join("large");
    let upload = format!("@{}", large.display());
    let versions =
        [("--http1.1", "Transfer-Encoding: chunked"), ("--http2-prior-knowledge", "Content-Length:")];
    for (version, without_length) in versions {
        let table: [(&[&str], &str, usize); 4] = [
            (&[], "/small", 5),
            (&[], "/large", 1 << 20),
            (&["--data-binary", &upload], "/echo", 1 << 20),
            (&["--data-binary", &upload, "-H", without_length], "/echo", 1 << 20),
        ];
        for (arguments, path, size) in table {
            let output = Command::new("curl")
                .args(["-sS", "--max-time", "20", version])
                .args(arguments)
                .arg(url(path))
                .output()
                .expect("curl is installed by ./dev test");
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.stdout.len(), size, "{version} {path}: {told}");
        }
    }
    metric(&proxy, "http2_streams_open", 0.0);
    for arguments in [&["-n", "2000", "-c", "8", "-m", "32"][..], &["-n", "500", "-c", "8", "--h1"]] {
        let output =
            Command::new("h2load").args(arguments).arg(url("/small")).output().expect("h2load is there");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(" 0 failed, 0 errored, 0 timeout"), "{text}");
        assert!(text.contains(&format!("{} 2xx", arguments[1])), "{text}");
    }
    metric(&proxy, "http2_streams_open", 0.0);
    metric(&proxy, "repeats_total", 0.0);
    let opened = proxy.metric("towpath_upstream_connections_total{cluster=\"app\"}").unwrap();
    assert!(opened <= 4.0, "{opened} connections carry 256 requests at once");
}

#[test]
fn a_request_and_its_answer_are_said_in_the_words_of_http2() {
    let upstream = library(|mut request, mut respond| async move {
        let uri = request.uri().clone();
        let mut told = format!("{} {uri}\n", request.method());
        for (name, value) in request.headers() {
            told += &format!("{name}: {}\n", value.to_str().unwrap());
        }
        told += &format!("ended: {}\n", request.body().is_end_stream());
        let (body, trailers) = read(request.body_mut()).await;
        told += &format!("body: {}\n", body.len());
        for (name, value) in trailers.iter().flatten() {
            told += &format!("trailer {name}: {}\n", value.to_str().unwrap());
        }
        if uri.path() == "/nothing" {
            respond.send_response(Response::new(()), true).unwrap();
            return;
        }
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        stream.send_data(told.into(), false).unwrap();
        let trailers =
            HeaderMap::from_iter([(HeaderName::from_static("x-sum"), HeaderValue::from_static("up"))]);
        stream.send_trailers(trailers).unwrap();
    });
    let proxy = Proxy::in_front_of(upstream, ", forward_headers: none", ", protocol: h2");
    let mut client = Client::connect(proxy.address("web"));
    client.send(
        "GET /a`b?q=1 HTTP/1.1\r\nHost: Shop.test:80\r\nConnection: keep-alive, x-hop, te\r\nX-Hop: 1\r\n\
         TE: gzip, trailers\r\nKeep-Alive: timeout=5\r\nCookie: a=1; b=2\r\nX-A: 1\r\nX-A: 2\r\n\r\n",
    );
    let response = client.response().unwrap();
    assert_eq!(response.trailers, [("x-sum".to_owned(), "up".to_owned())]);
    assert_eq!(
        response.text(),
        "GET http://Shop.test:80/a%60b?q=1\ncookie: a=1; b=2\nx-a: 1\nx-a: 2\nte: trailers\nended: true\nbody: 0\n"
    );
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(
        client.response().unwrap().text(),
        "POST http://a/\ncontent-length: 5\nended: false\nbody: 5\n"
    );
    client.send(
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: down\r\n\r\n",
    );
    assert_eq!(
        client.response().unwrap().text(),
        "PUT http://a/\nended: false\nbody: 5\ntrailer x-sum: down\n"
    );
    client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response().unwrap();
    assert_eq!((response.value("content-length"), response.closes()), (Some("0"), false));
    client.send("HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response_to("HEAD").unwrap().status, 200);
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert_eq!(
        client.response().unwrap().text(),
        "GET http://a/\nended: true\nbody: 0\n",
        "without a key no wish"
    );
}

#[test]
fn what_an_endpoint_has_not_processed_is_sent_again_whatever_its_method() {
    let table: [fn(&mut frames::Frames); 3] = [
        |frames| {
            let refused = frames.request().unwrap();
            frames.reset(refused, Reason::REFUSED_STREAM);
        },
        |frames| {
            frames.request().unwrap();
            frames.go_away(0, Reason::NO_ERROR);
        },
        |frames| {
            frames.request().unwrap();
            frames.go_away(0, Reason::ENHANCE_YOUR_CALM);
        },
    ];
    for (number, refuse) in table.into_iter().enumerate() {
        let times = AtomicUsize::new(0);
        let upstream = endpoint(&[], move |frames| {
            if times.fetch_add(1, Ordering::SeqCst) == 0 {
                refuse(frames);
            }
            while let Some(stream) = frames.request() {
                frames.await_frame(DATA);
                frames.answer(stream, b"done");
            }
        });
        let proxy = start(upstream, "");
        assert_eq!(ask(&proxy, POST), good("done"), "{number}");
        metric(&proxy, "http2_refused_total", 1.0);
        metric(&proxy, "repeats_total", 1.0);
        metric(&proxy, "http2_goaways_total", if number == 0 { 0.0 } else { 1.0 });
    }
}

#[test]
fn what_an_endpoint_may_have_processed_is_not() {
    let upstream = endpoint(&[], |frames| {
        while let Some(stream) = frames.request() {
            if frames.number == 0 {
                frames.reset(stream, Reason::INTERNAL_ERROR);
            } else {
                // the answer has begun
                frames.send(HEADERS, END_HEADERS, stream, STATUS_103);
                frames.reset(stream, Reason::REFUSED_STREAM);
            }
        }
    });
    let proxy = start(upstream, "");
    assert_eq!(fail(&proxy, POST), bad(502, "reset"));
    assert_eq!(fail(&proxy, GET), bad(502, "reset"));
    metric(&proxy, "repeats_total", 0.0);
    metric(&proxy, "http2_resets_total", 2.0);
}

#[test]
fn a_connection_that_ends_silently_is_replaced_where_nobody_can_come_to_harm() {
    let upstream = endpoint(&[], |frames| {
        let first = frames.request().unwrap();
        frames.answer(first, b"first");
        // every other connection answers twice
        if frames.number % 2 == 1 {
            let second = frames.request().unwrap();
            frames.answer(second, b"second");
        }
        frames.request();
    });
    let proxy = start(upstream, "");
    let mut client = Client::connect(proxy.address("web"));
    client.send(GET);
    assert_eq!(client.response().unwrap().text(), "first");
    client.send(GET);
    assert_eq!(client.response().unwrap().text(), "first", "it is sent again on another connection");
    metric(&proxy, "reused_reset_total", 1.0);
    client.send(GET);
    assert_eq!(client.response().unwrap().text(), "second");
    client.send(POST);
    let response = client.response_to("POST").unwrap();
    assert_eq!((response.status, response.value("x-towpath-reason")), (502, Some("reset")));
}

#[test]
fn so_many_requests_as_are_allowed_are_open_on_a_connection() {
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let upstream = endpoint(&[(STREAMS, 1)], move |frames| {
        while let Some(stream) = frames.request() {
            saw.lock().unwrap().send(frames.number).unwrap();
            wait(&told);
            frames.answer(stream, b"one");
        }
    });
    let proxy = start(upstream, ", limits: {connections: 3, pending: 2}");
    // from then on it is known what a connection carries
    tell.send(()).unwrap();
    assert_eq!(ask(&proxy, GET), good("one"));
    assert_eq!(seen.recv_timeout(PATIENCE), Ok(0));
    let mut clients: Vec<_> = (0..5).map(|_| Client::connect(proxy.address("web"))).collect();
    for client in &mut clients {
        client.send(GET);
    }
    let mut used: Vec<_> = (0..3).map(|_| seen.recv_timeout(PATIENCE).unwrap()).collect();
    used.sort_unstable();
    assert_eq!(used, [0, 1, 2], "one each");
    proxy.await_metric("towpath_cluster_pending{cluster=\"app\"}", 2.0);
    assert_eq!(fail(&proxy, GET), bad(503, "pending-limit"));
    (0..5).for_each(|_| tell.send(()).unwrap());
    for client in &mut clients {
        assert_eq!(client.response().unwrap().text(), "one");
    }
    metric(&proxy, "connections_total", 3.0);
}

#[test]
fn an_endpoint_that_allows_nothing_yet_is_waited_for_on_one_connection() {
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let upstream = endpoint(&[(STREAMS, 0)], move |frames| {
        wait(&told);
        frames.settings(&[(STREAMS, 2)]);
        while let Some(stream) = frames.request() {
            frames.answer(stream, b"at last");
        }
    });
    let proxy = start(upstream, "");
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(proxy.address("web"))).collect();
    for client in &mut clients {
        client.send(GET);
    }
    proxy.await_metric("towpath_cluster_pending{cluster=\"app\"}", 4.0);
    tell.send(()).unwrap();
    for client in &mut clients {
        assert_eq!(client.response().unwrap().text(), "at last");
    }
    let opened = proxy.metric("towpath_upstream_connections_total{cluster=\"app\"}").unwrap();
    assert!(opened <= 2.0, "{opened}");
}

#[test]
fn whoever_waits_for_a_connection_fails_with_it() {
    let proxy = start(refusing(), "");
    let mut clients: Vec<_> = (0..4).map(|_| Client::connect(proxy.address("web"))).collect();
    for client in &mut clients {
        client.send(GET);
    }
    for client in &mut clients {
        let response = client.response().unwrap();
        assert_eq!((response.status, response.value("x-towpath-reason")), (502, Some("connect-failure")));
    }
    assert_eq!(proxy.metric("towpath_cluster_connections{cluster=\"app\"}"), Some(0.0));
    // an endpoint that speaks something else has got no request
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let speaker = thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").unwrap();
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        // behind the preface are SETTINGS, a WINDOW_UPDATE and a GOAWAY
        (heard.len() < 200, other)
    });
    let proxy = start(address, "");
    assert_eq!(fail(&proxy, GET), bad(502, "bad-response"));
    let (short, silent) = speaker.join().unwrap();
    assert!(short);
    // one that says nothing has until `connect_timeout`
    let proxy = start(silent.local_addr().unwrap(), ", connect_timeout: 200ms");
    assert_eq!(fail(&proxy, GET), bad(504, "connect-timeout"));
}

#[test]
fn an_answer_that_breaks_off_is_seen_to_do_so() {
    let upstream = endpoint(&[], |frames| {
        while let Some(stream) = frames.request() {
            frames.send(HEADERS, END_HEADERS, stream, STATUS_200);
            frames.send(DATA, 0, stream, b"some of it");
            frames.reset(stream, Reason::INTERNAL_ERROR);
        }
    });
    let proxy = start(upstream, "");
    let mut client = Client::connect(proxy.address("web"));
    client.send(GET);
    let response = client.response().unwrap();
    assert_eq!(response.text(), "some of it");
    assert!(response.broken.is_some(), "{response:?}");
    metric(&proxy, "http2_resets_total", 1.0);
    metric(&proxy, "http2_streams_open", 0.0);
}

#[test]
fn endpoints_that_break_the_rules_are_not_believed() {
    let table: [fn(&mut frames::Frames, u32); 6] = [
        // capitals in a name
        |frames, stream| frames.send(HEADERS, END_HEADERS, stream, b"\x88\x00\x01A\x01a"),
        // no status
        |frames, stream| frames.send(HEADERS, END_HEADERS, stream, b"\x00\x01a\x01a"),
        // data without a head
        |frames, stream| frames.send(DATA, END_STREAM, stream, b"x"),
        // a status that HTTP/2 does not have
        |frames, stream| frames.send(HEADERS, END_HEADERS, stream, b"\x08\x03101"),
        // interim answers without end
        |frames, stream| (0..200).for_each(|_| frames.send(HEADERS, END_HEADERS, stream, STATUS_103)),
        // a frame that is larger than allowed
        |frames, stream| frames.send(DATA, 0, stream, &[0; 17 << 10]),
    ];
    for (number, misbehave) in table.into_iter().enumerate() {
        let upstream = endpoint(&[], move |frames| {
            while let Some(stream) = frames.request() {
                misbehave(frames, stream);
            }
        });
        let proxy = start(upstream, "");
        assert_eq!(fail(&proxy, GET), bad(502, "bad-response"), "{number}");
        metric(&proxy, "http2_streams_open", 0.0);
    }
}

#[test]
fn an_endpoint_that_says_nothing_is_asked_whether_it_is_there() {
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let upstream = endpoint(&[], move |frames| {
        frames.request().unwrap();
        let ping = loop {
            let frame = frames.next().unwrap();
            if frame.kind == PING {
                break frame;
            }
        };
        if frames.number == 0 {
            // it is there, and needs its time
            frames.send(PING, ACK, 0, &ping.payload);
            frames.await_frame(PING).unwrap();
            frames.answer(1, b"patience");
        } else {
            saw.lock().unwrap().send(frames.next().is_none()).unwrap();
        }
    });
    let proxy = start(upstream, ", ping_interval: 100ms, ping_timeout: 2s");
    assert_eq!(ask(&proxy, GET), good("patience"));
    // it has gone, and the next connection falls silent
    proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 0.0);
    assert_eq!(fail(&proxy, POST), bad(502, "reset"));
    assert!(seen.recv_timeout(PATIENCE).unwrap(), "the connection was given up");
    metric(&proxy, "http2_ping_timeouts_total", 1.0);
    assert_eq!(proxy.metric("towpath_cluster_connections{cluster=\"app\"}"), Some(0.0));
}

#[test]
fn a_body_goes_as_far_as_the_endpoint_grants() {
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let upstream = endpoint(&[(WINDOW, 0)], move |frames| {
        let stream = frames.request().unwrap();
        saw.lock().unwrap().send(0).unwrap();
        wait(&told);
        let mut got = 0;
        while got < 5 {
            frames.send(WINDOW_UPDATE, 0, stream, &2_u32.to_be_bytes());
            let frame = frames.next().unwrap();
            assert_eq!(frame.kind, DATA);
            got += frame.payload.len();
            saw.lock().unwrap().send(frame.payload.len()).unwrap();
        }
        frames.answer(stream, b"thanks");
        frames.next();
    });
    let proxy = start(upstream, "");
    let mut client = Client::connect(proxy.address("web"));
    client.send(POST);
    assert_eq!(seen.recv_timeout(PATIENCE), Ok(0));
    // beside it others go on: the connection has room
    metric(&proxy, "http2_streams_open", 1.0);
    tell.send(()).unwrap();
    assert_eq!(client.response_to("POST").unwrap().text(), "thanks");
    assert_eq!(seen.iter().take(3).collect::<Vec<_>>(), [2, 2, 1]);
}

#[test]
fn a_client_that_stands_still_stops_no_other() {
    const LARGE: usize = 32 << 20;
    let upstream = library(|request, mut respond| async move {
        let size = if request.uri().path() == "/large" { LARGE } else { 5 };
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        let mut left = size;
        while left > 0 {
            stream.reserve_capacity(left);
            let Some(Ok(granted)) = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await else { return };
            left -= granted;
            stream.send_data(vec![b'x'; granted].into(), left == 0).unwrap();
        }
    });
    let proxy = start(upstream, ", limits: {connections: 1}");
    let mut still: Vec<_> = (0..20).map(|_| Client::connect(proxy.address("web"))).collect();
    for client in &mut still {
        client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(client.head().unwrap().status, 200);
    }
    for _ in 0..20 {
        assert_eq!(ask(&proxy, GET), good("xxxxx"));
    }
    metric(&proxy, "connections_total", 1.0);
    // whoever goes away takes its answer with it
    drop(still);
    metric(&proxy, "http2_streams_open", 0.0);
    assert_eq!(ask(&proxy, GET), good("xxxxx"));
}

#[test]
fn an_answer_may_come_before_the_end_of_the_request() {
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let upstream = endpoint(&[], move |frames| {
        while let Some(stream) = frames.request() {
            frames.answer(stream, b"no need");
            // the crate forgets what it still had to say; nothing else may come of it
            frames.reset(stream, Reason::NO_ERROR);
            saw.lock().unwrap().send(()).unwrap();
        }
    });
    let proxy = start(upstream, "");
    for _ in 0..2 {
        let mut client = Client::connect(proxy.address("web"));
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        let response = client.response_to("POST").unwrap();
        assert_eq!((response.status, response.text().as_str()), (200, "no need"));
        assert!(response.broken.is_none() && response.closes());
        seen.recv_timeout(PATIENCE).unwrap();
    }
    metric(&proxy, "http2_resets_total", 0.0);
    metric(&proxy, "connections_total", 1.0);
}

#[test]
fn what_the_client_gives_up_is_reset_at_the_endpoint() {
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let upstream = endpoint(&[], move |frames| {
        while let Some(frame) = frames.next() {
            saw.lock().unwrap().send((frame.kind, frame.payload)).unwrap();
        }
    });
    let proxy = start(upstream, "");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(proxy.address("web")).await.unwrap();
        let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = http::Request::get("http://shop.test/").body(()).unwrap();
        let waiting = client.send_request(request, true).unwrap();
        while seen.try_recv().map(|(kind, _)| kind) != Ok(HEADERS) {
            tokio::task::yield_now().await;
        }
        drop((waiting, client));
        connection.await.unwrap().unwrap();
    });
    let cancel = u32::from(Reason::CANCEL).to_be_bytes().to_vec();
    assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), (RST_STREAM, cancel));
    metric(&proxy, "http2_streams_open", 0.0);
}

#[test]
fn an_early_answer_is_whole_whose_endpoint_closes_behind_it() {
    // the length, whether the stream is ended, and whether the answer is whole
    let table = [("4", true, true), ("4", false, true), ("5", false, false)];
    for (length, ended, whole) in table {
        let (tell, told) = channel();
        let told = Mutex::new(told);
        let (saw, seen) = channel();
        let saw = Mutex::new(saw);
        let upstream = endpoint(&[], move |frames| {
            let stream = frames.request().unwrap();
            frames.await_frame(DATA).unwrap();
            saw.lock().unwrap().send(()).unwrap();
            wait(&told);
            let head = [STATUS_200, &field("content-length", length)].concat();
            frames.send(HEADERS, END_HEADERS, stream, &head);
            frames.send(DATA, if ended { END_STREAM } else { 0 }, stream, b"late");
            frames.close();
            saw.lock().unwrap().send(()).unwrap();
        });
        let proxy = start(upstream, "");
        let mut client = Frames::connect(proxy.address("web"));
        client.send(frame(HEADERS, END_HEADERS, 1, request("POST", "/"))).send(frame(
            DATA,
            0,
            1,
            "some of it",
        ));
        seen.recv_timeout(PATIENCE).unwrap();
        // the answer and the end are there when the proxy looks
        proxy.signal("STOP");
        tell.send(()).unwrap();
        seen.recv_timeout(PATIENCE).unwrap();
        proxy.signal("CONT");
        assert_eq!(client.ends(1), whole, "{length} {ended}");
    }
}

#[test]
fn a_client_that_goes_while_its_upload_waits_is_noticed() {
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let upstream = endpoint(&[(WINDOW, 0)], move |frames| {
        while let Some(frame) = frames.next() {
            saw.lock().unwrap().send((frame.kind, frame.payload)).unwrap();
        }
    });
    let proxy = start(upstream, "");
    let head = [request("POST", "/"), field("content-length", "1000000")].concat();
    let begun = [frame(HEADERS, END_HEADERS, 1, head), frame(DATA, 0, 1, [b'x'; 1 << 14]).repeat(3)].concat();
    let cancel = u32::from(Reason::CANCEL).to_be_bytes().to_vec();
    for goes in [true, false] {
        let mut client = Frames::connect(proxy.address("web"));
        client.send(&begun);
        assert_eq!(seen.recv_timeout(PATIENCE).unwrap().0, HEADERS);
        // a connection ends with all its requests, or one request is taken back
        if !goes {
            client.send(reset(1, CANCEL));
        }
        let stays = (!goes).then_some(client);
        assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), (RST_STREAM, cancel.clone()), "{goes}");
        drop(stays);
    }
    metric(&proxy, "http2_streams_open", 0.0);
}

#[test]
fn uploads_behind_a_window_that_is_full_go_on_with_it() {
    let (saw, seen) = channel();
    let (tell, told) = tokio::sync::watch::channel(false);
    let upstream = library_for(3, move |mut request, mut respond| {
        let (saw, mut told) = (saw.clone(), told.clone());
        async move {
            saw.send(()).unwrap();
            told.wait_for(|told| *told).await.unwrap();
            let (body, _) = read(request.body_mut()).await;
            let status = if body.len() % (10 << 10) == 0 { 200 } else { 500 };
            respond.send_response(Response::builder().status(status).body(()).unwrap(), true).unwrap();
        }
    });
    let proxy = start(upstream, ", limits: {connections: 1}");
    let mut client = Frames::connect(proxy.address("web"));
    let upload = |stream: u32, frames: usize| {
        let head = frame(HEADERS, END_HEADERS, stream, request("POST", "/"));
        let part = frame(DATA, 0, stream, [b'x'; 10 << 10]);
        [head, part.repeat(frames - 1), frame(DATA, END_STREAM, stream, [b'x'; 10 << 10])].concat()
    };
    client.await_frame(WINDOW_UPDATE, 0).expect("room for all of them");
    // the endpoint, which reads nothing, has let 64 KiB come by the connection
    client.send([upload(1, 6), upload(3, 3)].concat());
    (0..2).for_each(|_| seen.recv_timeout(PATIENCE).unwrap());
    // all is there when the proxy looks: the last that has a place begins, and waits for room, when others look for theirs
    proxy.signal("STOP");
    client.send([upload(5, 4), upload(7, 1), upload(9, 4)].concat());
    proxy.signal("CONT");
    seen.recv_timeout(PATIENCE).unwrap();
    tell.send(true).unwrap();
    let answers = std::iter::from_fn(|| client.next()).filter(|seen| seen.kind == HEADERS);
    let mut answers: Vec<_> = answers.take(5).map(|seen| (seen.stream, status(&seen))).collect();
    answers.sort_unstable();
    assert_eq!(answers, [(1, 200), (3, 200), (5, 200), (7, 200), (9, 200)]);
}

#[test]
fn an_answer_that_has_room_goes_on_beside_one_that_stands_still() {
    let (tell, told) = tokio::sync::watch::channel(false);
    let tell = std::sync::Arc::new(tell);
    let upstream = library(move |request, mut respond| {
        let (tell, mut told) = (std::sync::Arc::clone(&tell), told.clone());
        async move {
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            if request.uri().path() == "/small" {
                told.wait_for(|told| *told).await.unwrap();
                body.send_data(Bytes::from_static(b"small"), true).unwrap();
                return;
            }
            // all that may come by the connection at first
            let mut left = 65_535;
            while left > 0 {
                body.reserve_capacity(left);
                while body.capacity() == 0 {
                    std::future::poll_fn(|cx| body.poll_capacity(cx)).await.unwrap().unwrap();
                }
                let room = body.capacity().min(left);
                body.send_data(Bytes::from(vec![b'x'; room]), false).unwrap();
                left -= room;
            }
            tell.send_replace(true);
            std::future::pending::<()>().await;
        }
    });
    let proxy = start(upstream, ", limits: {connections: 1}");
    let mut client = Frames::connect_with(proxy.address("web"), &setting(WINDOW, 0));
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, request("GET", "/large")));
    client.await_frame(HEADERS, 1).expect("a head");
    let small = frame(HEADERS, END_HEADERS | END_STREAM, 3, request("GET", "/small"));
    client.send([small, grant(3, 100)].concat());
    assert_eq!(client.await_frame(DATA, 3).expect("an answer").payload, b"small");
}

#[test]
fn what_is_open_is_finished_when_the_endpoint_or_the_proxy_goes() {
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let upstream = endpoint(&[], move |frames| {
        while let Some(frame) = frames.next() {
            saw.lock().unwrap().send(frame.kind).unwrap();
            if frame.kind == HEADERS {
                // no further ones, but this one
                frames.go_away(frame.stream, Reason::NO_ERROR);
                frames.send(HEADERS, END_HEADERS, frame.stream, STATUS_200);
                wait(&told);
                frames.send(DATA, END_STREAM, frame.stream, b"whole");
            }
        }
    });
    let mut proxy = start(upstream, "");
    let begun: Vec<_> = (0..2)
        .map(|_| {
            let mut client = Client::connect(proxy.address("web"));
            let head = client.send(GET).head().unwrap();
            (client, head)
        })
        .collect();
    metric(&proxy, "connections_total", 2.0);
    metric(&proxy, "http2_goaways_total", 1.0);
    let elsewhere = endpoint(&[], |frames| {
        while let Some(stream) = frames.request() {
            frames.answer(stream, b"elsewhere");
        }
    });
    proxy.rewrite(&table(elsewhere, ""));
    proxy.line("generation=2", |line| line.contains("generation=2").then_some(()));
    assert_eq!(ask(&proxy, GET), good("elsewhere"));
    proxy.signal("TERM");
    (0..2).for_each(|_| tell.send(()).unwrap());
    for (mut client, head) in begun {
        assert_eq!(client.body("GET", head).unwrap().text(), "whole");
    }
    assert!(proxy.wait().success());
    let kinds: Vec<_> = seen.try_iter().collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == HEADERS).count(), 2);
    assert!(kinds.contains(&GOAWAY), "who leaves says so: {kinds:?}");
}

#[test]
fn who_has_no_connection_gets_that_of_a_busy_worker() {
    let upstream = library(|mut request, mut respond| async move {
        read(request.body_mut()).await;
        respond.send_response(Response::new(()), true).unwrap();
    });
    let proxy = Proxy::in_front_of(upstream, "", ", protocol: h2, limits: {connections: 1}");
    let address = proxy.address("web");
    let connect = || async move {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        client
    };
    let begin = |client: &h2::client::SendRequest<Bytes>| {
        let client = client.clone();
        async move {
            let request = http::Request::post("http://shop.test/").body(()).unwrap();
            client.ready().await.unwrap().send_request(request, false).unwrap()
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (busy, other) = (connect().await, connect().await);
        let mut open = begin(&busy).await;
        while proxy.metric("towpath_upstream_http2_streams_open{cluster=\"app\"}") != Some(1.0) {
            tokio::task::yield_now().await;
        }
        let (waiting, mut body) = begin(&other).await;
        body.send_data(Bytes::new(), true).unwrap();
        let waiting = tokio::spawn(waiting);
        while !waiting.is_finished() {
            // there is always one open
            let next = begin(&busy).await;
            let (answer, mut body) = std::mem::replace(&mut open, next);
            body.send_data(Bytes::new(), true).unwrap();
            assert_eq!(answer.await.unwrap().status(), 200);
        }
        assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
    });
}

/// The line in which an endpoint is told of a client.
fn introduction(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).unwrap();
        line.extend(octet);
    }
    String::from_utf8(line).unwrap()
}

#[test]
fn an_endpoint_that_is_told_of_clients_has_a_connection_for_each() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (saw, seen) = channel();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let (mut stream, saw) = (stream.unwrap(), saw.clone());
            thread::spawn(move || {
                saw.send(introduction(&mut stream)).unwrap();
                let mut frames = frames::Frames::begin(stream, number, &[]).unwrap();
                while let Some(stream) = frames.request() {
                    frames.answer(stream, number.to_string().as_bytes());
                }
                saw.send(format!("{number} ended")).unwrap();
            });
        }
    });
    let proxy = start(address, ", proxy_protocol: v1");
    let mut clients: Vec<_> = (0..2).map(|_| Client::connect(proxy.address("web"))).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        let port = client.wire().stream().local_addr().unwrap().port();
        for _ in 0..2 {
            assert_eq!(client.send(GET).response().unwrap().text(), number.to_string());
        }
        let line = seen.recv_timeout(PATIENCE).unwrap();
        assert!(
            line.starts_with("PROXY TCP4 127.0.0.1 127.0.0.1 ") && line.contains(&port.to_string()),
            "{line}"
        );
    }
    clients.remove(0);
    assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), "0 ended", "with the client that it was for");
    assert_eq!(clients[0].send(GET).response().unwrap().text(), "1");
}

#[test]
fn a_client_that_goes_before_its_connection_is_there_takes_no_slot_with_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            introduction(&mut stream);
            if number == 0 {
                told.recv_timeout(PATIENCE).unwrap();
            }
            thread::spawn(move || {
                let mut frames = frames::Frames::begin(stream, number, &[]).unwrap();
                while let Some(stream) = frames.request() {
                    frames.answer(stream, number.to_string().as_bytes());
                }
            });
        }
    });
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{all: {{to: app}}, short: {{match: {{path: /short}}, to: app, timeout: 100ms}}}}\n\
         clusters: {{app: {{endpoints: [\"{address}\"], protocol: h2, proxy_protocol: v1, limits: {{connections: 1}}}}}}\n"
    ));
    assert_eq!(get(proxy.address("web"), "/short").unwrap().status, 504);
    proxy.await_metric("towpath_downstream_connections_open{listener=\"web\"}", 0.0);
    tell.send(()).unwrap();
    metric(&proxy, "connections_total", 1.0);
    assert_eq!(ask(&proxy, GET), good("1"));
}

#[test]
fn connections_that_carry_nothing_end() {
    let (saw, seen) = channel();
    let saw = Mutex::new(saw);
    let upstream = endpoint(&[], move |frames| {
        let stream = frames.request().unwrap();
        frames.answer(stream, b"once");
        saw.lock().unwrap().send(frames.next().map(|frame| frame.kind)).unwrap();
    });
    let proxy = start(upstream, ", idle_timeout: 100ms");
    assert_eq!(ask(&proxy, GET), good("once"));
    assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), Some(GOAWAY));
    proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 0.0);
    assert_eq!(ask(&proxy, GET), good("once"));
}
