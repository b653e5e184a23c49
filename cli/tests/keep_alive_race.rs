//! Upstreams that close idle connections at the worst moment. A replayable request that meets such a close is sent again
//! on a fresh connection, so the client never sees it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use support::{Call, Client, Dice, Next, Proxy, Response, Upstream};

const CLIENTS: usize = 8;
const REQUESTS_EACH: usize = 12_500;

/// How an upstream ends a connection that it said it would keep.
#[derive(Clone, Copy)]
enum Ending {
    /// At once behind an answer.
    Behind,
    /// Up to 2 ms behind an answer, unless a request comes first.
    Soon,
    /// When the next request begins to arrive, unread: the proxy gets a reset.
    OnArrival,
    /// When the next request was read, without an answer.
    Unanswered,
}

const ENDINGS: [Ending; 4] = [Ending::Behind, Ending::Soon, Ending::OnArrival, Ending::Unanswered];

fn answer(call: &mut Call<'_>) {
    call.body();
    call.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

/// Answers the first requests of a connection and then ends it in one of the ways. A fresh connection always answers.
fn unreliable(call: &mut Call<'_>) -> Next {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ ((call.connection as u64 + 1) << 20));
    let lives = 1 + dice.roll(40);
    let ending = ENDINGS[dice.roll(4)];
    if call.number >= lives {
        // only `Unanswered` lets a request come so far
        return Next::Close;
    }
    answer(call);
    if call.number + 1 < lives {
        return Next::Keep;
    }
    let stream = call.wire().stream();
    match ending {
        Ending::Unanswered => return Next::Keep,
        Ending::Behind => {}
        Ending::Soon | Ending::OnArrival => {
            let wait = match ending {
                Ending::Soon => Duration::from_micros(1 + dice.roll(2000) as u64),
                _ => Duration::from_millis(200),
            };
            stream.set_read_timeout(Some(wait)).unwrap();
            // looks without taking, so that closing finds it unread and resets
            let _ = stream.peek(&mut [0]);
        }
    }
    Next::Close
}

/// Sends `GET`s one after another and notes every answer that is not a 200.
fn drive(proxy: &Proxy, count: usize, failures: &Mutex<Vec<String>>) {
    let address = proxy.address("web");
    let mut client = Client::connect(address);
    for number in 0..count {
        let response = client.send(format!("GET /{number} HTTP/1.1\r\nHost: shop.test\r\n\r\n")).response();
        let fine =
            |response: &Response| response.status == 200 && response.text() == "ok" && !response.closes();
        if !response.as_ref().is_ok_and(fine) {
            failures.lock().unwrap().push(format!("{response:?}"));
            client = Client::connect(address);
        }
    }
}

#[test]
fn no_request_of_a_hundred_thousand_is_lost() {
    let upstream = Upstream::start(unreliable);
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| drive(&proxy, REQUESTS_EACH, &failures));
        }
    });
    let failures = failures.into_inner().unwrap();
    let of = CLIENTS * REQUESTS_EACH;
    assert!(failures.is_empty(), "{} of {of} failed, such as {}", failures.len(), failures[0]);
    // the race took place: connections ended all the time, and some of them under a request
    assert!(upstream.connections() > of / 100, "{} connections", upstream.connections());
    let retries = proxy.metric("towpath_upstream_repeats_total{cluster=\"app\"}");
    assert!(retries.is_some_and(|count| count > 100.0), "{retries:?} retries");
}

#[test]
fn bodies_are_replayed_or_refused_never_doubled() {
    let upstream = Upstream::start(|call| {
        if call.number > 0 {
            // reads the request whole, and is gone
            call.body();
            return Next::Close;
        }
        call.answer()
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let mut client = Client::connect(proxy.address("web"));
    for number in 0..50 {
        client.send(format!("POST /{number} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\nab"));
        let response = client.response().unwrap();
        assert!(
            response.status == 200 || response.value("x-towpath-reason") == Some("reset"),
            "{number}: {response:?}"
        );
    }
    let mut lines: Vec<_> = upstream.drain().into_iter().map(|received| received.head.line).collect();
    lines.sort();
    let count = lines.len();
    lines.dedup();
    assert_eq!((count, lines.len()), (50, 50), "every request was sent exactly once");
}

#[test]
fn an_advertised_idle_timeout_is_kept() {
    let upstream = Upstream::start(|call| {
        call.body();
        call.send("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok");
        if call.number > 0 {
            return Next::Keep;
        }
        // the proxy ends the connection before the second that it was given is over
        let begin = Instant::now();
        let more = call.wire().has_more().unwrap_or(true);
        assert!(
            !more && begin.elapsed() <= Duration::from_millis(1100),
            "{more} after {:?}",
            begin.elapsed()
        );
        call.send("x");
        call.body();
        Next::Close
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let mut client = Client::connect(proxy.address("web"));
    assert_eq!(client.send("GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n").response().unwrap().status, 200);
    assert_eq!(upstream.wait(2).len(), 2, "noted once when it came, once when its connection ended");
}
