//! What is sent again, to whom, and what is not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the endpoints here are no workers")]

#[path = "support/lib.rs"]
mod support;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use http::Response as Head;

use support::{Call, Client, Next, Proxy, Response, Upstream, get, refusing, wait};

/// A proxy with one route, which has these keys, to a cluster with these endpoints and keys.
fn start(route: &str, endpoints: &[SocketAddr], cluster: &str) -> Proxy {
    let endpoints: Vec<_> = endpoints.iter().map(|address| format!("\"{address}\"")).collect();
    Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}, behind: {{address: \"127.0.0.1:0\", trusted_hops: 1}}}}\n\
         routes: {{all: {{to: app, {route}}}}}\n\
         clusters: {{app: {{endpoints: [{}], balance: round-robin{cluster}}}}}\n",
        endpoints.join(", ")
    ))
}

fn ask(proxy: &Proxy, head: &str, body: &str) -> Response {
    let mut client = Client::connect(proxy.address("web"));
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    client.send(format!("{head}\r\nHost: shop.test\r\n{length}\r\n{body}")).response().expect("an answer")
}

fn retries(proxy: &Proxy, name: &str) -> f64 {
    proxy.metric(&format!("towpath_upstream_retries{name}_total{{cluster=\"app\"}}")).unwrap_or(0.0)
}

/// Answers the first `bad` requests with `answer`, and the others as it should.
fn failing(bad: usize, answer: &'static str) -> Upstream {
    let count = AtomicUsize::new(0);
    Upstream::start(move |call| {
        if count.fetch_add(1, Ordering::AcqRel) >= bad {
            return call.answer();
        }
        call.body();
        if answer.is_empty() {
            return Next::Close;
        }
        call.send(answer);
        Next::Keep
    })
}

const UNAVAILABLE: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

#[test]
fn who_does_not_take_a_connection_costs_nobody_an_answer() {
    let upstream = Upstream::echo();
    let budget = ", retry_budget: {ratio: 100%}";
    let proxy = start("retry: 1", &[refusing(), upstream.address()], budget);
    for method in ["GET", "POST"].repeat(10) {
        let response =
            ask(&proxy, &format!("{method} /a HTTP/1.1"), if method == "POST" { "hello" } else { "" });
        assert_eq!(response.status, 200, "{method}");
    }
    let received = upstream.wait(20);
    let again: Vec<_> = received.iter().filter_map(|one| one.head.value("x-towpath-attempt")).collect();
    assert_eq!(again, ["2"; 10], "the other one was first in every other turn");
    assert_eq!((retries(&proxy, ""), retries(&proxy, "_succeeded")), (10.0, 10.0));
    assert_eq!(proxy.metric("towpath_cluster_retries{cluster=\"app\"}"), Some(0.0));
    let left = proxy.metric("towpath_cluster_retry_budget_left{cluster=\"app\"}");
    assert!(left.is_some_and(|left| left <= 10.0), "{left:?}");
}

/// Policy, method, failures of the endpoint, how it fails, what the caller gets, how often it was sent.
type Row<'a> = (&'a str, &'a str, usize, &'static str, u16, usize);

#[test]
fn what_is_sent_again_is_what_the_policy_says() {
    let rows: &[Row<'_>] = &[
        ("none", "GET", 1, UNAVAILABLE, 503, 1),
        ("2", "GET", 1, UNAVAILABLE, 503, 1),
        ("2", "GET", 1, "", 200, 2),
        ("2", "GET", 2, "", 200, 3),
        ("2", "GET", 3, "", 502, 3),
        ("2", "POST", 1, "", 502, 1),
        ("{methods: any}", "POST", 1, "", 200, 2),
        ("{conditions: connect-failure}", "GET", 1, "", 502, 1),
        ("{conditions: gateway-error}", "GET", 1, UNAVAILABLE, 200, 2),
        ("{conditions: gateway-error}", "POST", 1, UNAVAILABLE, 503, 1),
        ("{conditions: 5xx, attempts: 1}", "GET", 2, UNAVAILABLE, 503, 2),
        ("{statuses: 503}", "PUT", 1, UNAVAILABLE, 200, 2),
        ("{statuses: 500}", "PUT", 1, UNAVAILABLE, 503, 1),
        ("{statuses: 503, methods: any}", "POST", 2, UNAVAILABLE, 200, 3),
        ("2", "GET", 1, "nonsense\r\n\r\n", 200, 2),
        (
            "{headers: {x-again: present}}",
            "GET",
            1,
            "HTTP/1.1 200 OK\r\nX-Again: yes\r\nContent-Length: 0\r\n\r\n",
            200,
            2,
        ),
        (
            "{conditions: 5xx}",
            "GET",
            1,
            "HTTP/1.1 503 Later\r\nRetry-After: 6\r\nContent-Length: 0\r\n\r\n",
            503,
            1,
        ),
        (
            "{conditions: 5xx}",
            "GET",
            1,
            "HTTP/1.1 503 Later\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
            200,
            2,
        ),
    ];
    for (retry, method, bad, answer, status, sent) in rows {
        let upstream = failing(*bad, answer);
        let proxy = start(&format!("retry: {retry}"), &[upstream.address()], "");
        let body = if *method == "GET" { "" } else { "hello" };
        let response = ask(&proxy, &format!("{method} /a HTTP/1.1"), body);
        let row = format!("{retry}: {method}, {bad} × {answer:?}");
        assert_eq!(response.status, *status, "{row}");
        let received = upstream.drain();
        assert_eq!(received.len(), *sent, "{row}");
        assert!(received.iter().all(|one| one.body == body.as_bytes()), "{row}");
        let told: Vec<_> =
            received.iter().map(|one| one.head.value("x-towpath-attempt").unwrap_or("1")).collect();
        assert_eq!(told, ["1", "2", "3"][..*sent], "{row}");
        let whole = answer.contains("Content-Length");
        let connections = received.iter().map(|one| one.connection).max().map(|last| last + 1);
        assert_eq!(connections, Some(if whole { 1 } else { *sent }), "{row}: an answer that came whole");
    }
}

#[test]
fn the_whole_of_a_body_is_sent_again_or_nothing() {
    let table = ", limits: {replay_bytes: 1000B}";
    for (length, status, sent) in [(1000, 200, 2), (1001, 503, 1)] {
        let upstream = failing(1, UNAVAILABLE);
        let proxy = start("retry: {conditions: 5xx}", &[upstream.address()], table);
        let body = "b".repeat(length);
        assert_eq!(ask(&proxy, "PUT /a HTTP/1.1", &body).status, status, "{length} octets");
        let received = upstream.drain();
        assert_eq!(received.len(), sent, "{length} octets");
        assert!(received.iter().all(|one| one.body == body.as_bytes()));
        let lost = proxy.metric("towpath_upstream_not_replayed_total{cluster=\"app\"}");
        assert_eq!(lost, Some(if sent == 1 { 1.0 } else { 0.0 }));
    }
}

/// Says nothing to any request.
fn hanging() -> Upstream {
    Upstream::start(|call| {
        call.body();
        let _ = call.wire().has_more();
        Next::Close
    })
}

#[test]
fn a_try_takes_no_longer_than_it_may() {
    let (hangs, answers) = (hanging(), Upstream::echo());
    let retry = "retry: {attempts: 2, per_try_timeout: 100ms}, timeout: 1h";
    let proxy = start(retry, &[hangs.address(), answers.address()], "");
    for number in 0..4 {
        assert_eq!(ask(&proxy, "GET /a HTTP/1.1", "").status, 200, "{number}");
    }
    assert_eq!((hangs.wait(2).len(), answers.wait(4).len()), (2, 4));
    let proxy = start(retry, &[hangs.address()], "");
    let response = ask(&proxy, "GET /a HTTP/1.1", "");
    assert_eq!((response.status, response.value("x-towpath-reason")), (504, Some("per-try-timeout")));
    assert_eq!(hangs.wait(3).len(), 3);
    assert_eq!(retries(&proxy, "_exhausted"), 1.0);
    // what there is no time for is not begun
    let proxy = start("retry: {per_try_timeout: 100ms}, timeout: 100ms", &[hangs.address()], "");
    let response = ask(&proxy, "GET /a HTTP/1.1", "");
    assert_eq!(response.status, 504);
    assert_eq!(retries(&proxy, ""), 0.0);
}

#[test]
fn an_outage_is_not_made_worse() {
    let upstream = failing(usize::MAX, UNAVAILABLE);
    let retry = "retry: {attempts: 5, conditions: 5xx, backoff: {base: 1ms, max: 1ms}}";
    let budget = ", retry_budget: {ratio: 20%, floor: none, window: 10m}";
    let proxy = start(retry, &[upstream.address()], budget);
    let mut client = Client::connect(proxy.address("web"));
    for _ in 0..200 {
        let response = client.send("GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n").response().unwrap();
        assert_eq!((response.status, response.text().as_str()), (503, "busy"), "the answer of the endpoint");
    }
    assert_eq!(upstream.drain().len(), 240);
    assert_eq!(retries(&proxy, ""), 40.0);
    assert!(retries(&proxy, "_over_budget") >= 160.0);
    assert_eq!(proxy.metric("towpath_cluster_retry_budget_left{cluster=\"app\"}"), Some(0.0));
    // without a budget everything is tried to the end
    let proxy = start(retry, &[upstream.address()], ", retry_budget: none");
    assert_eq!(ask(&proxy, "GET /a HTTP/1.1", "").status, 503);
    assert_eq!(upstream.drain().len(), 6);
}

#[test]
fn so_many_retries_are_under_way() {
    let (tell, told) = channel::<()>();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |call| {
        let again = call.head.value("x-towpath-attempt").is_some();
        call.body();
        if again {
            wait(&told);
        }
        call.send(UNAVAILABLE);
        Next::Keep
    });
    let retry = "retry: {attempts: 1, conditions: 5xx, backoff: {base: 1ms, max: 1ms}}";
    let proxy = start(retry, &[upstream.address()], ", limits: {retries: 1}");
    let address = proxy.address("web");
    let held = thread::spawn(move || get(address, "/held").unwrap().status);
    proxy.await_metric("towpath_cluster_retries{cluster=\"app\"}", 1.0);
    assert_eq!(get(address, "/b").unwrap().status, 503);
    assert_eq!(retries(&proxy, "_over_limit"), 1.0);
    tell.send(()).unwrap();
    assert_eq!(held.join().unwrap(), 503);
    proxy.await_metric("towpath_cluster_retries{cluster=\"app\"}", 0.0);
}

#[test]
fn one_proxy_of_a_chain_sends_again() {
    let upstream = failing(usize::MAX, UNAVAILABLE);
    let proxy = start("retry: {conditions: 5xx, attempts: 1}", &[upstream.address()], "");
    // a listener that trusts the hop before it leaves it to that; another one does not listen to its clients
    for (listener, sent, told) in [("behind", 1, [Some("2"), None]), ("web", 2, [None, Some("2")])] {
        let mut client = Client::connect(proxy.address(listener));
        client.send("GET /a HTTP/1.1\r\nHost: shop.test\r\nX-Towpath-Attempt: 2\r\n\r\n");
        assert_eq!(client.response().unwrap().status, 503);
        let received = upstream.drain();
        assert_eq!(received.len(), sent, "{listener}");
        let found: Vec<_> = received.iter().map(|one| one.head.value("x-towpath-attempt")).collect();
        assert_eq!(found, told[..sent], "{listener}");
    }
    assert_eq!(retries(&proxy, "_elsewhere"), 1.0);
}

#[test]
fn a_retry_stays_in_its_version() {
    let (bad, good) = (failing(usize::MAX, UNAVAILABLE), Upstream::echo());
    for (cross, status) in [(false, 503), (true, 200)] {
        let proxy = Proxy::start(&format!(
            "proxy: {{admin: \"127.0.0.1:0\"}}\n\
             listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
             routes: {{all: {{to: app/canary, retry: {{conditions: 5xx, cross_version: {cross}}}}}}}\n\
             clusters:\n  \
               app:\n    \
                 endpoints: [{{address: \"{}\", labels: {{v: b}}}}, {{address: \"{}\", labels: {{v: a}}}}]\n    \
                 subsets: {{canary: {{labels: {{v: b}}}}}}\n",
            bad.address(),
            good.address()
        ));
        assert_eq!(get(proxy.address("web"), "/a").unwrap().status, status);
        assert_eq!(good.drain().len(), usize::from(cross));
    }
}

/// Answers until it is killed, and then closes whatever it gets, answered or not.
fn mortal(dead: &Arc<AtomicBool>) -> Upstream {
    let dead = Arc::clone(dead);
    Upstream::start(
        move |call: &mut Call<'_>| if dead.load(Ordering::Acquire) { Next::Close } else { call.answer() },
    )
}

#[test]
fn one_of_three_endpoints_that_is_killed_loses_no_request() {
    let deaths: [Arc<AtomicBool>; 3] = Default::default();
    let upstreams = deaths.each_ref().map(mortal);
    let proxy =
        start("retry: 2", &upstreams.each_ref().map(Upstream::address), ", retry_budget: {ratio: 100%}");
    let address = proxy.address("web");
    let lost = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = Client::connect(address);
                for number in 0..300 {
                    if number == 100 {
                        deaths[1].store(true, Ordering::Release);
                    }
                    client.send(format!("GET /{number} HTTP/1.1\r\nHost: shop.test\r\n\r\n"));
                    let fine = client.response().is_ok_and(|response| response.status == 200);
                    lost.fetch_add(usize::from(!fine), Ordering::AcqRel);
                }
            });
        }
    });
    assert_eq!(lost.into_inner(), 0);
    assert!(retries(&proxy, "") > 0.0);
}

/// An endpoint of HTTP/2 that answers its first requests so, and the others with 200 and the status of gRPC 0.
fn calls(first: &'static [Option<&'static str>]) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    let mut connection = h2::server::handshake(stream).await.unwrap();
                    while let Some(Ok((_, mut respond))) = connection.accept().await {
                        let status = match first.get(seen.fetch_add(1, Ordering::AcqRel)) {
                            Some(None) => {
                                respond.send_reset(h2::Reason::REFUSED_STREAM);
                                continue;
                            }
                            Some(Some(status)) => status,
                            None => "0",
                        };
                        let head = Head::builder().header("content-type", "application/grpc");
                        let head = head.header("grpc-status", status).body(()).unwrap();
                        respond.send_response(head, true).unwrap();
                    }
                });
            }
        });
    });
    (address, count)
}

/// The policy, what the endpoint does first, what the caller gets, how often it was sent.
type CallRow<'a> = (&'a str, &'static [Option<&'static str>], &'a str, usize);

#[test]
fn calls_are_sent_again_by_their_status() {
    let rows: &[CallRow<'_>] = &[
        ("{methods: any}", &[Some("14")], "0", 2),
        ("{methods: any}", &[Some("13")], "13", 1),
        ("{methods: any, conditions: [internal, unavailable]}", &[Some("13"), Some("14")], "0", 3),
        ("2", &[Some("14")], "14", 1),
        // one that was refused is repeated whatever the policy says; what is refused twice is for the policy
        ("2", &[None, None], "0", 3),
        ("none", &[None], "0", 2),
    ];
    for (retry, first, status, sent) in rows {
        let (address, count) = calls(first);
        let proxy = start(&format!("retry: {retry}"), &[address], ", protocol: h2");
        let head = "POST /shop.v1.Orders/Create HTTP/1.1\r\nTE: trailers\r\nContent-Type: application/grpc";
        let response = ask(&proxy, head, "\0\0\0\0\0");
        assert_eq!(response.value("grpc-status"), Some(*status), "{retry}: {first:?}");
        assert_eq!(count.load(Ordering::Acquire), *sent, "{retry}: {first:?}");
    }
}

#[test]
fn the_policy_in_force_is_explained() {
    let proxy = start(
        "retry: {attempts: 3, statuses: [429, 5xx], headers: {x-again: present}, per_try_timeout: 2s}",
        &[refusing()],
        ", retry_budget: {ratio: 5%}",
    );
    let mut client = Client::connect(proxy.admin());
    let question = r#"{"method": "GET", "url": "http://shop.test/"}"#;
    client.send(format!(
        "POST /explain HTTP/1.1\r\nHost: admin\r\nAccept: text/plain\r\nContent-Length: {}\r\n\r\n{question}",
        question.len()
    ));
    let text = client.response().unwrap().text();
    for (name, value, place) in [
        ("retry.attempts", "3", "line 3"),
        ("retry.conditions", "connect-failure, refused-stream, reset, unavailable", "default"),
        ("retry.statuses", "429, 5xx", "line 3"),
        ("retry.headers.x-again", "any value", "line 3"),
        ("retry.per_try_timeout", "2s", "line 3"),
        ("retry.retry_after_max", "5s", "default"),
        ("retry_budget.ratio", "5%", "line 4"),
        ("retry_budget.floor", "10/s", "default"),
        ("limits.retries", "1024", "default"),
    ] {
        let is_said = |line: &str| line.contains(name) && line.contains(value) && line.contains(place);
        assert!(text.lines().any(is_said), "{name} = {value} ({place})\n{text}");
    }
}
