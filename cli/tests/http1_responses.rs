//! What an upstream may answer, byte for byte, and what the client gets of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "tables/answers.rs"]
mod answers;
#[path = "support/lib.rs"]
mod support;

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use answers::{Answer, Outcome};
use support::{Client, Next, PATIENCE, Proxy, Response, Upstream, before, get, latin, wait};

/// An upstream that answers `/case/N` with the bytes of that row, and all else with `fine`.
fn scripted(rows: Arc<Vec<Answer>>) -> Upstream {
    Upstream::start(move |call| {
        if call.body().is_none() {
            return Next::Close;
        }
        let row = call.path().strip_prefix("/case/").and_then(|number| number.parse::<usize>().ok());
        let Some(row) = row.and_then(|number| rows.get(number)) else {
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
            return Next::Keep;
        };
        call.send(&row.bytes);
        if row.closes { Next::Close } else { Next::Keep }
    })
}

fn judge(row: &Answer, answer: Result<Response, String>) -> Result<(), String> {
    let got = answer?;
    let reason = got.value("x-towpath-reason");
    let seen = (got.status, latin(&got.body), got.broken.is_some());
    let wanted = match &row.outcome {
        Outcome::Whole(status, body) => (*status, latin(body), false),
        Outcome::Cut(status, body) => (*status, latin(body), true),
        Outcome::Refused(reasons) => {
            let named = reason.is_some_and(|reason| reasons.contains(&reason));
            return if got.status == 502 && named && got.broken.is_none() {
                Ok(())
            } else {
                Err(format!("wanted 502 {reasons:?}, got {seen:?} {:?}", got.head.fields))
            };
        }
    };
    // how much of a broken body comes through is a matter of time
    let close = seen.0 == wanted.0 && seen.2 == wanted.2 && wanted.2 && wanted.1.starts_with(&seen.1);
    if seen == wanted || close {
        Ok(())
    } else {
        Err(format!("wanted {wanted:?}, got {seen:?} {:?}", got.broken))
    }
}

fn run(rows: Vec<Answer>) {
    let rows = Arc::new(rows);
    let upstream = scripted(Arc::clone(&rows));
    let proxy = Proxy::in_front_of(upstream.address(), ", forward_headers: none", "");
    let mut faults = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let mut client = Client::connect(proxy.address("web"));
        client.wire().stream().set_read_timeout(Some(PATIENCE / 4)).unwrap();
        client.send(format!("{} /case/{number} HTTP/1.1\r\nHost: shop.test\r\n\r\n", row.method));
        let fault = judge(row, client.response_to(row.method)).err().or_else(|| {
            let after = get(proxy.address("web"), "/after");
            let fine =
                after.as_ref().is_ok_and(|after| (after.status, after.text().as_str()) == (200, "fine"));
            (!fine).then(|| format!("the request after it got {after:?}"))
        });
        if let Some(fault) = fault {
            let sent: String = row.bytes.escape_ascii().to_string().chars().take(200).collect();
            faults.push(format!("{}\n    answered {sent}\n    {fault}", row.name));
        }
    }
    assert!(faults.is_empty(), "{} of {} cases fail:\n{}", faults.len(), rows.len(), faults.join("\n"));
}

#[test]
fn good_answers_come_through() {
    run(answers::good());
}

#[test]
fn answers_that_can_be_read_in_two_ways_are_refused() {
    run(answers::bad());
}

#[test]
fn broken_bodies_are_seen_to_be_broken() {
    run(answers::cut());
}

#[test]
fn there_are_enough_cases() {
    let count = answers::good().len() + answers::bad().len() + answers::cut().len();
    assert!(count >= 100, "{count} cases");
}

const GET: &str = "GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n";

#[test]
fn interim_answers_are_passed_on() {
    let (_upstream, _proxy, mut client) = before(|call| {
        call.body();
        call.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nContent-Length: 5\r\nConnection: x-drop\r\nX-Drop: 1\r\n\r\n");
        call.send("HTTP/1.1 102 Processing\r\n\r\n");
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        Next::Keep
    });
    client.send(GET);
    let hints = client.head().unwrap();
    assert_eq!((hints.status, hints.value("link")), (103, Some("</a.css>")));
    assert_eq!(hints.head.fields.len(), 1, "no length, nothing of the hop: {:?}", hints.head.fields);
    assert_eq!(client.head().unwrap().status, 102);
    assert_eq!(client.response().unwrap().text(), "ok");
}

#[test]
fn interim_answers_come_to_an_end() {
    let (_upstream, _proxy, mut client) = before(|call| {
        call.body();
        call.send("HTTP/1.1 102 Processing\r\n\r\n".repeat(100));
        Next::Close
    });
    client.send(GET);
    let last = std::iter::repeat_with(|| client.head().unwrap()).find(|head| head.status != 102).unwrap();
    assert_eq!((last.status, last.value("x-towpath-reason")), (502, Some("bad-response")));
}

#[test]
fn a_body_waits_for_100_continue() {
    let (upstream, _proxy, mut client) = before(|call| {
        assert_eq!(call.head.value("expect"), Some("100-continue"));
        call.send("HTTP/1.1 100 Continue\r\n\r\n");
        call.answer()
    });
    client.send("POST /a HTTP/1.1\r\nHost: shop.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assert_eq!(client.head().unwrap().status, 100);
    assert_eq!(client.send("hello").response().unwrap().status, 200);
    assert_eq!(upstream.wait(1)[0].body, b"hello");
    assert_eq!(
        client.send(GET.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n")).response().unwrap().status,
        200
    );
}

#[test]
fn a_final_answer_instead_of_100_continue_ends_it() {
    let (_upstream, _proxy, mut client) = before(|call| {
        call.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
        Next::Close
    });
    client.send("POST /a HTTP/1.1\r\nHost: shop.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    let response = client.response().unwrap();
    assert_eq!((response.status, response.text().as_str()), (403, "no"));
    // the body was never sent, so the next bytes may not be taken for it
    assert!(response.closes());
    assert_eq!(client.rest().unwrap(), b"");
}

#[test]
fn early_answers_come_before_the_body_ends() {
    let (_upstream, proxy, mut client) = before(|call| {
        call.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
        if call.body().is_some() { Next::Keep } else { Next::Close }
    });
    client.send("POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1000000\r\n\r\nsome");
    let response = client.response().unwrap();
    assert_eq!((response.status, response.text().as_str()), (413, "no"));
    drop(client);
    assert_eq!(get(proxy.address("web"), "/b").unwrap().status, 413);
}

#[test]
fn heads_answer_before_their_bodies_end() {
    let (tell, told) = channel::<()>();
    let told = Mutex::new(told);
    let (_upstream, _proxy, mut client) = before(move |call| {
        call.body();
        call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
        wait(&told);
        call.send("6\r\nsecond\r\n0\r\n\r\n");
        Next::Keep
    });
    client.send(GET);
    let head = client.head().unwrap();
    assert_eq!(
        latin(&client.wire().take_until(b"first\r\n").unwrap()),
        "5\r\nfirst\r\n",
        "nothing is held back"
    );
    tell.send(()).unwrap();
    assert_eq!(client.body("GET", head).unwrap().text(), "second");
}

#[test]
fn both_directions_flow_at_once() {
    let (_upstream, _proxy, mut client) = before(|call| {
        call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for _ in 0..3 {
            let chunk = call.wire().take_until(b"\r\n").unwrap();
            let size = usize::from_str_radix(latin(&chunk).trim(), 16).unwrap();
            let bytes = call.wire().take(size + 2).unwrap();
            call.send(chunk).send(bytes);
        }
        call.send("0\r\n\r\n");
        if call.wire().take_until(b"0\r\n\r\n").is_ok() { Next::Keep } else { Next::Close }
    });
    client.send("POST /a HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(client.head().unwrap().status, 200);
    for word in ["one", "three", "fourteen"] {
        let chunk = format!("{:x}\r\n{word}\r\n", word.len());
        client.send(&chunk);
        let back = client.wire().take(chunk.len()).map_err(|part| latin(&part)).unwrap();
        assert_eq!(latin(&back), chunk);
    }
    client.send("0\r\n\r\n");
    assert_eq!(latin(&client.wire().take_until(b"0\r\n\r\n").unwrap()), "0\r\n\r\n");
}

#[test]
fn trailers_are_passed_on() {
    let (upstream, _proxy, mut client) = before(|call| {
        call.body();
        call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nx-Other: 2\r\n\r\n");
        Next::Keep
    });
    let response = client
        .send("POST /a HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-In: 3\r\n\r\n")
        .response()
        .unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(response.trailers, [pair("X-Sum", "1"), pair("x-Other", "2")]);
    assert_eq!(upstream.wait(1)[0].trailers, [pair("X-In", "3")]);
}

#[test]
fn callers_of_http_1_0_get_no_chunks() {
    let (_upstream, proxy, mut client) = before(|call| {
        call.body();
        call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        Next::Keep
    });
    for connection in ["", "Connection: keep-alive\r\n"] {
        let mut client = Client::connect(proxy.address("web"));
        client.send(format!("GET /a HTTP/1.0\r\nHost: shop.test\r\n{connection}\r\n"));
        let response = client.response().unwrap();
        assert_eq!((response.value("transfer-encoding"), response.text().as_str()), (None, "ok"));
        assert_ne!(response.value("connection"), Some("keep-alive"), "its end is the end of the body");
    }
    assert_eq!(client.send(GET).response().unwrap().value("transfer-encoding"), Some("chunked"));
}

#[test]
fn callers_of_http_1_0_stay_only_when_they_ask() {
    let (_upstream, proxy, mut client) = before(|call| call.answer());
    let asked = "GET /a HTTP/1.0\r\nHost: shop.test\r\nConnection: keep-alive\r\n\r\n";
    for _ in 0..2 {
        let response = client.send(asked).response().unwrap();
        assert_eq!((response.value("connection"), response.text().as_str()), (Some("keep-alive"), "answer"));
    }
    let mut other = Client::connect(proxy.address("web"));
    assert_eq!(other.send("GET /a HTTP/1.0\r\nHost: shop.test\r\n\r\n").response().unwrap().text(), "answer");
    assert_eq!(other.rest().unwrap(), b"");
    let hostless = Client::connect(proxy.address("web")).send("GET /a HTTP/1.0\r\n\r\n").response().unwrap();
    assert_eq!(hostless.status, 200, "HTTP/1.0 needs no Host");
}

#[test]
fn upstream_connections_are_used_again_only_when_they_may() {
    let (upstream, _proxy, mut client) = before(|call| {
        let path = call.path();
        call.body();
        call.send(match path.as_str() {
            "/close" => "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            "/old" => "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
            "/old-alive" => "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        });
        Next::Keep
    });
    let rows = [
        ("/a", 1),
        ("/b", 1),
        ("/old-alive", 1),
        ("/close", 1),
        ("/c", 2),
        ("/old", 2),
        ("/d", 3),
        ("/e", 3),
    ];
    for (path, connections) in rows {
        client.send(format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\n\r\n"));
        assert_eq!(client.response().unwrap().status, 200);
        assert_eq!(upstream.connections(), connections, "{path}");
    }
}

#[test]
fn heads_keep_case_and_order() {
    let (_upstream, _proxy, mut client) = before(|call| {
        call.body();
        call.send("HTTP/1.1 299 Quite Fine\r\nX-B: 1\r\nx-a:2\r\nX-B:  3  \r\nContent-Length: 0\r\nX-O: \u{e9}\r\n\r\n");
        Next::Keep
    });
    let response = client.send(GET).response().unwrap();
    assert_eq!(response.head.line, "HTTP/1.1 299 Quite Fine");
    let names: Vec<_> = response.head.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let obs = latin("\u{e9}".as_bytes());
    assert_eq!(names, ["X-B=1", "x-a=2", "X-B=3", "Content-Length=0", &format!("X-O={obs}")]);
}

#[test]
fn hop_by_hop_fields_of_answers_end_here() {
    let (_upstream, _proxy, mut client) = before(|call| {
        call.body();
        call.send("HTTP/1.1 200 OK\r\nConnection: x-drop\r\nX-Drop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\n");
        call.send("Upgrade: h2c\r\nX-Keep: 1\r\nContent-Length: 0\r\n\r\n");
        Next::Keep
    });
    let response = client.send(GET).response().unwrap();
    let names: Vec<_> = response.head.fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["X-Keep", "Content-Length"]);
}
