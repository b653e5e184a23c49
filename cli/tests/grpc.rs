//! What clients of gRPC are told, seen frame by frame.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the clients here are no workers")]

#[path = "support/lib.rs"]
mod support;

use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::{SendRequest, handshake};
use http::{HeaderMap, Request};
use tokio::net::TcpStream;

use support::{Client, Next, Proxy, Upstream, refusing, run};

async fn connect(address: SocketAddr) -> SendRequest<Bytes> {
    let (client, connection) = handshake(TcpStream::connect(address).await.unwrap()).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A message of five octets behind its own head.
const MESSAGE: &[u8] = b"\0\0\0\0\x05hello";

/// What came of an answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: HeaderMap,
    /// Whether nothing followed the head.
    is_head_only: bool,
    body: Vec<u8>,
    trailers: HeaderMap,
    /// By which error the stream ended.
    reset: Option<h2::Reason>,
}

impl Answer {
    fn of<'a>(map: &'a HeaderMap, name: &str) -> Option<&'a str> {
        map.get(name).map(|value| value.to_str().unwrap())
    }

    /// The status of gRPC and its message, wherever they stand.
    fn grpc(&self) -> (Option<&str>, Option<&str>) {
        let find = |name| Self::of(&self.head, name).or_else(|| Self::of(&self.trailers, name));
        (find("grpc-status"), find("grpc-message"))
    }
}

/// Calls a method with one message.
async fn call(client: &SendRequest<Bytes>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method("POST").uri(format!("http://shop.test{path}"));
    let said = |name| fields.iter().any(|(known, _)| *known == name);
    let usual = [("content-type", "application/grpc"), ("te", "trailers")];
    for (name, value) in usual.iter().filter(|(name, _)| !said(*name)).chain(fields) {
        request = request.header(*name, *value);
    }
    let request = request.body(()).unwrap();
    let (answer, mut body) = client.clone().ready().await.unwrap().send_request(request, false).unwrap();
    // a proxy that has answered already takes no more
    let _ = body.send_data(MESSAGE.into(), !said("content-length"));
    let (head, mut body) = answer.await.expect("an answer").into_parts();
    let mut answer = Answer {
        status: head.status.as_u16(),
        head: head.headers,
        is_head_only: body.is_end_stream(),
        body: Vec::new(),
        trailers: HeaderMap::new(),
        reset: None,
    };
    while let Some(chunk) = body.data().await {
        match chunk {
            Ok(chunk) => {
                body.flow_control().release_capacity(chunk.len()).unwrap();
                answer.body.extend_from_slice(&chunk);
            }
            Err(fault) => {
                answer.reset = fault.reason();
                return answer;
            }
        }
    }
    answer.trailers = body.trailers().await.unwrap().unwrap_or_default();
    answer
}

/// An endpoint that does what the method says.
fn endpoint() -> Upstream {
    Upstream::start(|call| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n";
        let message = [b"a\r\n".as_slice(), MESSAGE, b"\r\n"].concat();
        let path = call.path();
        match path.as_str() {
            "/a.B/Reset" => return Next::Close,
            "/a.B/Nonsense" => {
                call.body();
                call.send("what?\r\n\r\n");
                return Next::Close;
            }
            "/a.B/Silent" => {
                call.body();
                let _ = call.wire().has_more();
                return Next::Close;
            }
            _ => {}
        }
        call.body();
        call.send(head).send(&message);
        match path.as_str() {
            "/a.B/Break" => Next::Close,
            "/a.B/HalfBreak" => {
                call.send("3\r\n\0\0\0\r\n");
                Next::Close
            }
            "/a.B/Stall" => {
                let _ = call.wire().has_more();
                Next::Close
            }
            "/a.B/Fail" => {
                call.send("0\r\ngrpc-status: 9\r\ngrpc-message: not%20now\r\n\r\n");
                Next::Keep
            }
            _ => {
                call.send("0\r\ngrpc-status: 0\r\n\r\n");
                Next::Keep
            }
        }
    })
}

fn start(endpoint: SocketAddr) -> Proxy {
    let refusing = refusing();
    Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}
listeners: {{web: {{address: \"127.0.0.1:0\", limits: {{body_bytes: 1KiB, header_bytes: 4KiB}}, explain_from: 127.0.0.1}}}}
routes:
  calls: {{match: {{grpc: {{service: a.B}}}}, to: app, response_idle_timeout: 300ms}}
  due: {{match: {{grpc: {{service: a.B, method: Silent}}}}, to: app, timeout: 200ms}}
  stalled: {{match: {{grpc: {{service: a.B, method: Stall}}}}, to: app, timeout: 200ms}}
  refused: {{match: {{grpc: {{service: c.Refused}}}}, to: refused}}
  nowhere: {{match: {{grpc: {{service: c.Nowhere}}}}, to: nowhere}}
  closed:
    match: {{path: /c.Closed/*}}
    maintenance: {{body: \"back at noon: 100% sure\\n\"}}
    to: app
  forbidden: {{match: {{path: /c.Forbidden/*}}, direct_response: {{status: 403, body: not you}}}}
  plain: {{match: {{path: /c.Plain/*}}, direct_response: {{status: 200, body: hi}}}}
  custom:
    match: {{path: /c.Custom/*}}
    direct_response: 503
    headers: {{response: {{set: {{grpc-status: \"8\"}}}}}}
  moved: {{match: {{path: /c.Moved/*}}, redirect: {{host: other.test}}}}
clusters:
  app: {{endpoints: [\"{endpoint}\"]}}
  refused: {{endpoints: [\"{refusing}\"]}}
  nowhere: {{endpoints: []}}
"
    ))
}

#[test]
fn what_the_proxy_answers_is_a_head_with_a_status_of_grpc() {
    let upstream = endpoint();
    let proxy = start(upstream.address());
    let table = [
        ("/x.Y/Z", "12", "404 no-path", Some("no-path")),
        ("/c.Nowhere/M", "14", "503 no-endpoint", Some("no-endpoint")),
        ("/c.Refused/M", "14", "502 connect-failure", Some("connect-failure")),
        ("/c.Closed/M", "14", "back at noon: 100%25 sure", Some("maintenance")),
        ("/c.Forbidden/M", "7", "not you", None),
        ("/c.Plain/M", "2", "hi", None),
        ("/c.Custom/M", "8", "", None),
        ("/c.Moved/M", "2", "", None),
        ("/a.B/Reset", "14", "502 reset", Some("reset")),
        ("/a.B/Nonsense", "13", "502 bad-response", Some("bad-response")),
        ("/a.B/Silent", "4", "504 timeout", Some("timeout")),
    ];
    run(async {
        let client = connect(proxy.address("web")).await;
        for (path, status, message, reason) in table {
            let answer = call(&client, path, &[]).await;
            assert_eq!((answer.status, answer.is_head_only), (200, true), "{path}: {answer:?}");
            assert_eq!(Answer::of(&answer.head, "content-type"), Some("application/grpc"), "{path}");
            assert_eq!(answer.grpc(), (Some(status), Some(message)), "{path}");
            assert_eq!(Answer::of(&answer.head, "x-towpath-reason"), reason, "{path}");
        }
        let large = "x".repeat(5000);
        let table = [
            (("content-length", "2000"), "8", "413 body-too-large"),
            (("x", large.as_str()), "8", "431 head-too-large"),
            (("expect", "miracles"), "13", "417 bad-expectation"),
        ];
        for (field, status, message) in table {
            let answer = call(&client, "/a.B/M", &[field]).await;
            assert_eq!(answer.grpc(), (Some(status), Some(message)), "{answer:?}");
        }
        let answer = call(&client, "/c.Nowhere/M", &[("x-towpath-explain", "1")]).await;
        let told = Answer::of(&answer.head, "x-towpath-explain").unwrap();
        assert!(
            told.contains("reply=200; reason=no-endpoint; grpc-status=UNAVAILABLE; route=nowhere"),
            "{told}"
        );
        let web = call(&client, "/c.Forbidden/M", &[("content-type", "application/grpc-web")]).await;
        assert_eq!(
            (web.status, web.body.as_slice()),
            (403, b"not you".as_slice()),
            "gRPC-Web is another protocol"
        );
    });
}

#[test]
fn an_answer_that_breaks_off_ends_with_a_status() {
    let upstream = endpoint();
    let proxy = start(upstream.address());
    let table = [
        ("/a.B/Get", "0", None, MESSAGE.len()),
        ("/a.B/Fail", "9", Some("not%20now"), MESSAGE.len()),
        ("/a.B/Break", "14", Some("the answer broke off: reset"), MESSAGE.len()),
        ("/a.B/HalfBreak", "14", Some("the answer broke off: reset"), MESSAGE.len() + 3),
        ("/a.B/Stall", "4", Some("the answer broke off: timeout"), MESSAGE.len()),
    ];
    run(async {
        let client = connect(proxy.address("web")).await;
        for (path, status, message, length) in table {
            let answer = call(&client, path, &[]).await;
            assert_eq!((answer.status, answer.body.len(), answer.reset), (200, length, None), "{path}");
            assert_eq!(answer.grpc(), (Some(status), message), "{path}: {answer:?}");
            let reason = message.and_then(|message| message.strip_prefix("the answer broke off: "));
            assert_eq!(Answer::of(&answer.trailers, "x-towpath-reason"), reason, "{path}");
        }
        let answer = call(&client, "/a.B/Break", &[("content-type", "application/json")]).await;
        assert_eq!((answer.status, answer.grpc()), (404, (None, None)), "{answer:?}");
    });
    let mut plain = Client::connect(proxy.address("web"));
    plain.send(
        "POST /a.B/Break HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n",
    );
    let told = plain.response_to("POST").unwrap();
    assert!(told.broken.is_some(), "over HTTP/1.1 the chunks do not come to an end: {told:?}");
}

/// An endpoint that tells what it got as `grpc-timeout`.
fn telling() -> Upstream {
    Upstream::start(|call| {
        let said = call.head.value("grpc-timeout").unwrap_or("none").to_owned();
        call.body();
        call.send(format!("HTTP/1.1 200 OK\r\nSaid: {said}\r\ngrpc-status: 0\r\nContent-Length: 0\r\n\r\n"));
        Next::Keep
    })
}

/// The microseconds that a `grpc-timeout` in that unit stands for.
fn micros(said: &str) -> u64 {
    said.strip_suffix('u').and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("{said}"))
}

#[test]
fn an_endpoint_is_told_what_is_left_of_the_time() {
    let upstream = telling();
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}
listeners: {{web: {{address: \"127.0.0.1:0\", explain_from: 127.0.0.1}}}}
routes:
  free: {{match: {{path: /free}}, to: app}}
  bound: {{match: {{path: /bound}}, to: app, timeout: 20s}}
  deaf: {{match: {{path: /deaf}}, to: app, timeout: 20s, grpc_timeout: ignore}}
clusters: {{app: {{endpoints: [\"{}\"]}}}}
",
        upstream.address()
    ));
    run(async {
        let client = connect(proxy.address("web")).await;
        let ask = |path, fields: Vec<(&'static str, &'static str)>| {
            let client = client.clone();
            async move {
                let answer = call(&client, path, &fields).await;
                assert_eq!(answer.grpc().0, Some("0"), "{path} {fields:?}: {answer:?}");
                Answer::of(&answer.head, "said").unwrap().to_owned()
            }
        };
        for (path, said, most) in
            [("/free", "30S", 30), ("/bound", "30S", 20), ("/bound", "10S", 10), ("/bound", "nonsense", 20)]
        {
            let told = micros(&ask(path, vec![("grpc-timeout", said)]).await);
            assert!((1..most * 1_000_000).contains(&told), "{path} {said}: {told}");
        }
        assert!(micros(&ask("/bound", vec![]).await) < 20_000_000, "of the route's limit too");
        assert_eq!(ask("/free", vec![]).await, "none");
        assert_eq!(
            ask("/free", vec![("grpc-timeout", "5")]).await,
            "none",
            "what is no time is not passed on"
        );
        assert_eq!(ask("/deaf", vec![("grpc-timeout", "30S")]).await, "30S");
        let other = vec![("grpc-timeout", "30S"), ("content-type", "text/plain")];
        assert_eq!(ask("/bound", other).await, "30S", "this is no call of gRPC");
        for (said, told) in [("1500m", "timeout=1.5s@grpc-timeout"), ("1H", "timeout=20s@5")] {
            let answer = call(&client, "/bound", &[("grpc-timeout", said), ("x-towpath-explain", "1")]).await;
            let line = Answer::of(&answer.head, "x-towpath-explain").unwrap();
            assert!(line.contains(told), "{line}");
        }
    });
}

#[test]
fn a_call_takes_no_longer_than_its_caller_waits() {
    let upstream = endpoint();
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    run(async {
        let client = connect(proxy.address("web")).await;
        for said in ["100m", "0S"] {
            let answer = call(&client, "/a.B/Silent", &[("grpc-timeout", said)]).await;
            assert_eq!(answer.grpc(), (Some("4"), Some("504 timeout")), "{said}: {answer:?}");
        }
        let answer = call(&client, "/a.B/Stall", &[("grpc-timeout", "100m")]).await;
        assert_eq!(answer.grpc(), (Some("4"), Some("the answer broke off: timeout")), "{answer:?}");
    });
}

#[test]
fn calls_are_counted_by_the_status_that_they_end_with() {
    let upstream = endpoint();
    let proxy = start(upstream.address());
    run(async {
        let client = connect(proxy.address("web")).await;
        for path in
            ["/a.B/Get", "/a.B/Get", "/a.B/Fail", "/a.B/Break", "/a.B/Reset", "/c.Nowhere/M", "/x.Y/Z"]
        {
            call(&client, path, &[]).await;
        }
        let other = [("content-type", "text/plain")];
        call(&client, "/c.Forbidden/M", &other).await;
    });
    let labels = |route: &str, cluster: &str| {
        format!("{{route=\"{route}\",cluster=\"{cluster}\",subset=\"\",class=\"\"")
    };
    let calls = |route, cluster, status, count| {
        let labels = labels(route, cluster);
        proxy
            .await_metric(&format!("towpath_grpc_responses_total{labels},grpc_status=\"{status}\"}}"), count);
    };
    calls("calls", "app", "OK", 2.0);
    calls("calls", "app", "FAILED_PRECONDITION", 1.0);
    calls("calls", "app", "UNAVAILABLE", 2.0);
    calls("nowhere", "nowhere", "UNAVAILABLE", 1.0);
    calls("", "", "UNIMPLEMENTED", 1.0);
    for (route, cluster, failed) in [("calls", "app", 2.0), ("nowhere", "nowhere", 1.0), ("", "", 0.0)] {
        proxy.await_metric(&format!("towpath_request_failures_total{}}}", labels(route, cluster)), failed);
    }
    assert_eq!(
        proxy.metric(&format!("towpath_requests_total{},code=\"2xx\"}}", labels("calls", "app"))),
        Some(5.0)
    );
    let text = support::get(proxy.admin(), "/metrics").unwrap().text();
    let counted = text.lines().filter(|line| line.starts_with("towpath_grpc_responses_total{"));
    assert_eq!(counted.count(), 5, "nothing is shown that did not happen, and nothing of other requests");
}
