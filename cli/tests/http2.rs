//! HTTP/2 from clients, with real clients and with one that does what those would not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the clients here are no workers")]

#[path = "support/lib.rs"]
mod support;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::task::Poll;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use support::{Client, Next, PATIENCE, Proxy, Upstream, refusing, run, wait};

type Ended = JoinHandle<Result<(), h2::Error>>;

/// A connection, and what it ends with. Its window is larger than that of a request, so that one that nobody reads leaves
/// room for others.
async fn connect(address: SocketAddr) -> (SendRequest<Bytes>, Ended) {
    let (client, connection) = Builder::new()
        .initial_connection_window_size(1 << 20)
        .handshake(TcpStream::connect(address).await.unwrap())
        .await
        .unwrap();
    (client, tokio::spawn(connection))
}

fn request(method: &str, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("http://shop.test{path}")).body(()).unwrap()
}

/// Begins a request with a body.
async fn begin(client: &SendRequest<Bytes>, path: &str) -> (h2::client::ResponseFuture, SendStream<Bytes>) {
    client.clone().ready().await.unwrap().send_request(request("POST", path), false).unwrap()
}

async fn send(client: &SendRequest<Bytes>, request: Request<()>) -> Result<Response<RecvStream>, h2::Error> {
    client.clone().ready().await?.send_request(request, true)?.0.await
}

/// The rest of a body, and its trailers.
async fn read(body: &mut RecvStream) -> Result<(Vec<u8>, Option<HeaderMap>), h2::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes, body.trailers().await?))
}

/// Status, reason and body of an answer to a request without a body.
async fn ask(client: &SendRequest<Bytes>, request: Request<()>) -> (u16, String, String) {
    let response = send(client, request).await.expect("an answer");
    let reason = response.headers().get("x-towpath-reason").map(|reason| reason.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let (body, _) = read(&mut response.into_body()).await.expect("all of it");
    (status, reason.unwrap_or_default(), String::from_utf8(body).unwrap())
}

/// Sends what the windows allow until they allow no more, and says how much that was. That no more comes is known when
/// another request was answered.
async fn fill(streams: &mut [SendStream<Bytes>], client: &SendRequest<Bytes>) -> Vec<usize> {
    let mut sent = vec![0; streams.len()];
    for round in 0..3 {
        for (stream, sent) in streams.iter_mut().zip(&mut sent) {
            loop {
                stream.reserve_capacity(1 << 20);
                match poll_fn(|cx| Poll::Ready(stream.poll_capacity(cx))).await {
                    Poll::Ready(Some(Ok(count))) if count > 0 => {
                        *sent += count;
                        stream.send_data(vec![b'x'; count].into(), false).unwrap();
                    }
                    Poll::Ready(Some(Ok(_))) | Poll::Pending => break,
                    other => panic!("round {round}: {other:?}"),
                }
            }
        }
        assert_eq!(ask(client, request("GET", "/hi")).await.0, 200);
    }
    sent
}

/// One worker, one listener, an upstream, and a route that has none.
fn start(upstream: SocketAddr, listener: &str, cluster: &str) -> Proxy {
    Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1, drain: {{delay: none, spread: 200ms, timeout: 30s}}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"{listener}}}}}\n\
         routes:\n  all: {{to: app}}\n  hi: {{match: {{path: /hi}}, direct_response: {{status: 200, body: hi}}}}\n\
         clusters: {{app: {{endpoints: [\"{upstream}\"]{cluster}}}}}\n"
    ))
}

/// The same as [`metric`], while the client goes on.
async fn metric_meanwhile(proxy: &Proxy, name: &str, value: f64) {
    let name = format!("towpath_downstream_http2_{name}{{listener=\"web\"}}");
    while proxy.metric(&name) != Some(value) {
        tokio::task::yield_now().await;
    }
}

/// What the upstream tells, while the client goes on.
async fn hear<T>(told: &Receiver<T>) -> T {
    loop {
        match told.try_recv() {
            Ok(told) => return told,
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

fn metric(proxy: &Proxy, name: &str, value: f64) {
    proxy.await_metric(&format!("towpath_downstream_http2_{name}{{listener=\"web\"}}"), value);
}

#[test]
fn curl_speaks_it() {
    let upstream = Upstream::start(|call| {
        let length = call.body().unwrap_or_default().len();
        let line = call.head.line.clone();
        let text = format!("{line} {length}\n");
        let body = if line.starts_with("HEAD") { "" } else { &text };
        call.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", text.len()));
        Next::Keep
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let file = proxy.folder().join("upload");
    std::fs::write(&file, vec![b'x'; 1_000_000]).unwrap();
    let upload = format!("@{}", file.display());
    let table: [(&[&str], &str, &str); 7] = [
        (&[], "/plain?a=b", "GET /plain?a=b HTTP/1.1 0\n 200 2"),
        (&["--data-binary", &upload], "/length", "POST /length HTTP/1.1 1000000\n 200 2"),
        (
            &["--data-binary", &upload, "-H", "Content-Length:"],
            "/chunks",
            "POST /chunks HTTP/1.1 1000000\n 200 2",
        ),
        (&["-X", "DELETE"], "/x", "DELETE /x HTTP/1.1 0\n 200 2"),
        (&["-I", "-o", "/dev/null"], "/head", " 200 2"),
        (&["-o", "/dev/null"], "/%zz", " 400 2"),
        (&["-o", "/dev/null", "-H", "Host: one@two"], "/", " 400 2"),
    ];
    for (arguments, path, expected) in table {
        let output = Command::new("curl")
            .args([
                "-sS",
                "--max-time",
                "20",
                "--http2-prior-knowledge",
                "-w",
                " %{http_code} %{http_version}",
            ])
            .args(arguments)
            .arg(format!("http://{}{path}", proxy.address("web")))
            .output()
            .expect("curl is installed by ./dev test");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{path}: {told}");
    }
    let seen = &upstream.drain()[0].head;
    assert_eq!(seen.value("via"), Some("2.0 towpath"));
    assert_eq!(seen.value("host"), Some(proxy.address("web").to_string().as_str()));
    let mut plain = Client::connect(proxy.address("web"));
    plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(plain.response().unwrap().status, 200, "HTTP/1.1 has the same port");
    metric(&proxy, "connections_total", 7.0);
}

#[test]
fn the_tools_of_nghttp2_are_served() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let output = Command::new("h2load")
        .args(["-n", "1000", "-c", "8", "-m", "32", &format!("http://{}/", proxy.address("web"))])
        .output()
        .expect("h2load is installed by ./dev test");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1000 succeeded, 0 failed, 0 errored"), "{text}");
    assert!(text.contains("1000 2xx"), "{text}");
    metric(&proxy, "streams_total", 1000.0);
    metric(&proxy, "streams_open", 0.0);
}

#[test]
fn answers_are_not_mixed_up_and_a_reload_disturbs_none() {
    let upstream = Upstream::echo();
    let table = |comment: usize| {
        let address = upstream.address();
        format!(
            "# {comment}\nproxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
             listeners: {{web: {{address: \"127.0.0.1:0\", limits: {{streams: 32}}}}}}\n\
             routes: {{all: {{to: app}}}}\nclusters: {{app: {{endpoints: [\"{address}\"]}}}}\n"
        )
    };
    let proxy = Proxy::start(&table(0));
    let address = proxy.address("web");
    run(async {
        let mut tasks = Vec::new();
        for connection in 0..8 {
            let (client, _) = connect(address).await;
            for stream in 0..32 {
                let client = client.clone();
                tasks.push(tokio::spawn(async move {
                    for number in 0..4 {
                        let path = format!("/{connection}/{stream}/{number}");
                        let response = send(&client, request("GET", &path)).await.unwrap();
                        let seen = response.headers()["x-seen"].to_str().unwrap().to_owned();
                        let (body, _) = read(&mut response.into_body()).await.unwrap();
                        assert_eq!((seen, body), (format!("GET {path} HTTP/1.1"), b"answer".to_vec()));
                    }
                }));
            }
        }
        for (count, task) in tasks.into_iter().enumerate() {
            if count % 64 == 0 {
                proxy.rewrite(&table(count));
            }
            task.await.unwrap();
        }
    });
    assert_eq!(upstream.drain().len(), 8 * 32 * 4);
    metric(&proxy, "streams_open", 0.0);
}

#[test]
fn trailers_and_interim_answers_pass() {
    let upstream = Upstream::start(|call| {
        call.body();
        call.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
        call.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: up\r\n\r\n",
        );
        Next::Keep
    });
    let proxy = start(upstream.address(), "", "");
    run(async {
        let (client, _) = connect(proxy.address("web")).await;
        let (response, mut body) = begin(&client, "/").await;
        body.send_data("hello".into(), false).unwrap();
        let trailers = HeaderMap::from_iter([(
            http::HeaderName::from_static("x-sum"),
            HeaderValue::from_static("down"),
        )]);
        body.send_trailers(trailers).unwrap();
        let response = response.await.unwrap();
        assert!(!response.headers().contains_key("transfer-encoding"));
        let (text, trailers) = read(&mut response.into_body()).await.unwrap();
        assert_eq!(
            (text.as_slice(), &trailers.unwrap()["x-sum"]),
            (b"hello".as_slice(), &HeaderValue::from_static("up"))
        );
    });
    let seen = upstream.drain();
    assert_eq!(seen[0].body, b"hello");
    assert_eq!(seen[0].trailers, [("x-sum".to_owned(), "down".to_owned())]);
}

#[test]
fn failures_have_statuses_and_limits_hold() {
    let proxy = start(refusing(), ", limits: {header_bytes: 4KiB, uri_bytes: 1KiB, body_bytes: 1KiB}", "");
    run(async {
        let (client, _) = connect(proxy.address("web")).await;
        let large = |size: usize| {
            let mut request = request("GET", "/hi");
            request.headers_mut().insert("x", "x".repeat(size).parse().unwrap());
            request
        };
        let mut long = request("POST", "/hi");
        long.headers_mut().insert("content-length", HeaderValue::from_static("2000"));
        let table = [
            (request("GET", "/hi"), 200, ""),
            (request("GET", "/"), 502, "connect-failure"),
            (request("GET", &format!("/{}", "x".repeat(1024))), 414, "uri-too-long"),
            (large(5000), 431, "head-too-large"),
            (
                Request::builder().method("CONNECT").uri("db.test:5432").body(()).unwrap(),
                502,
                "connect-failure",
            ),
        ];
        for (request, status, reason) in table {
            let told = format!("{request:?}");
            let (got, why, _) = ask(&client, request).await;
            assert_eq!((got, why.as_str()), (status, reason), "{told}");
        }
        let (response, _body) = client.clone().ready().await.unwrap().send_request(long, false).unwrap();
        assert_eq!(response.await.unwrap().status(), 413);
        let (status, _, body) = ask(&client, request("HEAD", "/hi")).await;
        assert_eq!((status, body.as_str()), (200, ""));
    });
    metric(&proxy, "errors_total", 0.0);
}

#[test]
fn what_the_client_gives_up_is_given_up() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let upstream = Upstream::start(move |call| {
        let broken = match call.path().as_str() {
            "/body" => call.body().is_none(),
            _ => matches!(call.wire().has_more(), Ok(false) | Err(_)),
        };
        tell.lock().unwrap().send(broken).unwrap();
        Next::Close
    });
    let proxy = start(upstream.address(), "", "");
    run(async {
        let (client, _) = connect(proxy.address("web")).await;
        let (response, mut body) = begin(&client, "/body").await;
        body.send_data("some of it".into(), false).unwrap();
        metric_meanwhile(&proxy, "streams_open", 1.0).await;
        body.send_reset(Reason::CANCEL);
        drop(response);
        assert!(hear(&told).await, "the upstream sees that the body is not whole");
        metric_meanwhile(&proxy, "resets_total", 1.0).await;
        let waiting =
            client.clone().ready().await.unwrap().send_request(request("GET", "/wait"), true).unwrap();
        metric_meanwhile(&proxy, "streams_open", 1.0).await;
        drop(waiting);
        // the frame leaves with the next one
        assert_eq!(ask(&client, request("GET", "/hi")).await.0, 200);
        assert!(hear(&told).await, "the upstream sees that nobody waits");
        metric_meanwhile(&proxy, "resets_total", 2.0).await;
        let (dying, _) = connect(proxy.address("web")).await;
        let waiting =
            dying.clone().ready().await.unwrap().send_request(request("GET", "/wait"), true).unwrap();
        assert_eq!(ask(&dying, request("GET", "/hi")).await.0, 200);
        metric_meanwhile(&proxy, "streams_open", 1.0).await;
        drop((dying, waiting));
        metric_meanwhile(&proxy, "streams_open", 0.0).await;
    });
    assert!(told.recv_timeout(PATIENCE).unwrap(), "nor that the client is there");
}

#[test]
fn an_answer_may_come_before_the_end_of_the_request() {
    let upstream = Upstream::start(|call| {
        call.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
        Next::Close
    });
    let proxy = start(upstream.address(), "", "");
    run(async {
        let (client, _) = connect(proxy.address("web")).await;
        let (response, mut body) = begin(&client, "/").await;
        let response = response.await.unwrap();
        assert_eq!(response.status(), 403);
        assert_eq!(read(&mut response.into_body()).await.unwrap().0, b"no");
        let reset = poll_fn(|cx| body.poll_reset(cx)).await.unwrap();
        assert_eq!(reset, Reason::NO_ERROR);
    });
}

#[test]
fn a_reader_that_stands_still_stops_its_sender() {
    const BODY: usize = 8 << 20;
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |call| match call.path().as_str() {
        "/held" => {
            wait(&told);
            call.answer()
        }
        "/large" => {
            call.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n"));
            call.send(vec![b'x'; BODY]);
            Next::Keep
        }
        _ => call.answer(),
    });
    let limits = ", limits: {stream_window: 96KiB, connection_window: 128KiB}";
    let proxy = start(upstream.address(), limits, ", limits: {connections: 1}");
    run(async {
        let (client, _) = connect(proxy.address("web")).await;
        // by then the client knows the windows
        assert_eq!(ask(&client, request("GET", "/hi")).await.0, 200);
        // of one connection to the endpoint: what comes behind the first request waits, and nobody takes its body
        let held =
            client.clone().ready().await.unwrap().send_request(request("GET", "/held"), true).unwrap().0;
        upstream_has(&proxy).await;
        let (one, first) = begin(&client, "/one").await;
        let (two, second) = begin(&client, "/two").await;
        let mut streams = [first, second];
        let sent = fill(&mut streams, &client).await;
        assert_eq!((sent[0], sent.iter().sum::<usize>()), (96 << 10, 128 << 10));
        tell.send(()).unwrap();
        assert_eq!(held.await.unwrap().status(), 200);
        streams.iter_mut().for_each(|stream| stream.send_data(Bytes::new(), true).unwrap());
        assert_eq!(
            (one.await.unwrap().status(), two.await.unwrap().status()),
            (200.try_into().unwrap(), 200.try_into().unwrap())
        );
        // an answer that nobody reads stops at the window, and the others go on
        let large = send(&client, request("GET", "/large")).await.unwrap();
        assert_eq!(ask(&client, request("GET", "/hi")).await.0, 200);
        let (body, _) = read(&mut large.into_body()).await.unwrap();
        assert_eq!(body.len(), BODY);
    });
    let sizes: Vec<_> = upstream.drain().iter().map(|received| received.body.len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 128 << 10);
}

/// Waits until the endpoint has the one connection that it may have.
async fn upstream_has(proxy: &Proxy) {
    metric_meanwhile(proxy, "streams_open", 1.0).await;
    proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 1.0);
}

#[test]
fn the_end_of_the_process_loses_nothing() {
    let (upstream, tell) = Upstream::holding();
    let mut proxy = start(upstream.address(), "", "");
    run(async {
        let (client, ended) = connect(proxy.address("web")).await;
        let (idle, idle_ended) = connect(proxy.address("web")).await;
        assert_eq!(ask(&idle, request("GET", "/hi")).await.0, 200);
        let held = send(&client, request("GET", "/held")).await.unwrap();
        proxy.signal("TERM");
        idle_ended.await.unwrap().expect("it ends in order");
        // who is busy hears of it at once
        while client.clone().ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
        tell.send(()).unwrap();
        assert_eq!(read(&mut held.into_body()).await.unwrap().0, b"halfhalf");
        ended.await.unwrap().expect("it ends in order");
    });
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
}

#[test]
fn connections_end_when_they_have_carried_enough() {
    let proxy = start(refusing(), ", limits: {requests_per_connection: 2}", "");
    run(async {
        let (client, ended) = connect(proxy.address("web")).await;
        for _ in 0..2 {
            assert_eq!(ask(&client, request("GET", "/hi")).await.2, "hi");
        }
        ended.await.unwrap().expect("it ends in order");
    });
    metric(&proxy, "errors_total", 0.0);
}

#[test]
fn idle_connections_end() {
    let proxy = start(refusing(), ", idle_timeout: 200ms", "");
    run(async {
        let (client, ended) = connect(proxy.address("web")).await;
        assert_eq!(ask(&client, request("GET", "/hi")).await.2, "hi");
        ended.await.unwrap().expect("it ends in order");
    });
    metric(&proxy, "errors_total", 0.0);
}
