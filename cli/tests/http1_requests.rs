//! What a client may send, byte for byte: refused with nothing forwarded, or forwarded in a way that can be read in one
//! way only (RFC 9110, RFC 9112).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;
#[path = "tables/lib.rs"]
mod tables;

use support::{Client, Expect, Next, Proxy, Table, Upstream, before, eventually, expect, get, rows};

#[test]
fn framing_can_be_read_in_one_way_only() {
    Table::start("").run(&tables::framing::cases());
}

#[test]
fn chunks_and_trailers_are_read_strictly() {
    Table::start("").run(&tables::body::cases());
}

#[test]
fn fields_and_ends_of_lines_are_read_strictly() {
    Table::start("").run(&tables::fields::cases());
}

#[test]
fn request_lines_are_read_strictly() {
    Table::start("").run(&tables::start_line::cases());
}

#[test]
fn hosts_and_targets_agree() {
    Table::start("").run(&tables::place::cases());
}

#[test]
fn what_belongs_to_a_hop_ends_there() {
    Table::start("").run(&tables::hops::cases());
}

fn every_case() -> Vec<support::Case> {
    use tables::{body, fields, framing, hops, place, start_line};
    [framing::cases(), body::cases(), fields::cases(), start_line::cases(), place::cases(), hops::cases()]
        .concat()
}

#[test]
fn there_are_hundreds_of_cases() {
    let cases = every_case();
    assert!(cases.len() >= 500, "{} cases", cases.len());
    let good = cases.iter().filter(|case| matches!(case.expect, Expect::Forwarded(_))).count();
    assert!(good >= 150, "{good} of them good");
}

#[test]
fn a_cut_anywhere_changes_nothing() {
    Table::start("").run_cut(&every_case());
}

#[test]
fn single_bytes_change_nothing() {
    let few: Vec<_> = every_case().into_iter().filter(|case| case.bytes.len() <= 400).step_by(23).collect();
    Table::start("")
        .run_with(&few, |client, bytes| bytes.chunks(1).for_each(|byte| client.send_settled(byte)));
}

fn padded(path: usize, value: usize) -> Vec<u8> {
    let target = format!("/{}", "p".repeat(path - 1));
    let line = format!("GET {target} HTTP/1.1\r\nHost: shop.test\r\nX: {}\r\n\r\n", "v".repeat(value));
    line.into_bytes()
}

#[test]
fn limits_have_statuses() {
    let limits = ", limits: {header_bytes: 1KiB, header_count: 8, uri_bytes: 100B, body_bytes: 16B}";
    let fields = |count: usize| {
        let lines: Vec<_> = (1..count).map(|number| format!("X-{number}: v")).collect();
        tables::with_lines(lines.join("\r\n").as_bytes())
    };
    let frame = <[u8]>::to_vec;
    let long = |body: usize| tables::post(format!("Content-Length: {body}").as_bytes(), &vec![b'b'; body]);
    let chunked = |body: usize| {
        let head = "POST /breaking HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n";
        format!("{head}8\r\nbbbbbbbb\r\n{:x}\r\n{}\r\n0\r\n\r\n", body - 8, "b".repeat(body - 8)).into_bytes()
    };
    let too_large = || expect::refused(&[413]);
    let cases = [
        rows("URI at the limit", frame, expect::same, &[&padded(100, 1)]),
        rows("URI beyond", frame, || expect::refused(&[414]), &[&padded(101, 1), &padded(900, 1)]),
        rows("fields at the limit", frame, expect::same, &[&fields(8)]),
        rows("fields beyond", frame, || expect::refused(&[431]), &[&fields(9), &fields(60)]),
        rows("head beyond", frame, || expect::refused(&[431]), &[&padded(10, 1024), &padded(10, 100_000)]),
        rows("URI beyond the head", frame, || expect::refused(&[414, 431]), &[&padded(5000, 1)]),
        rows("body at the limit", frame, || expect::body(&[b'b'; 16]), &[&long(16), &chunked(16)]),
        rows("body beyond", frame, too_large, &[&long(17), &long(100_000)]),
        rows("chunks beyond", frame, || Expect::Broken(&[413]), &[&chunked(17), &chunked(5000)]),
    ];
    Table::start(limits).run(&cases.concat());
}

#[test]
fn default_limits_hold() {
    let frame = <[u8]>::to_vec;
    let fields = |count: usize| {
        let lines: Vec<_> = (1..count).map(|number| format!("X-{number}: v")).collect();
        tables::with_lines(lines.join("\r\n").as_bytes())
    };
    let cases = [
        rows("at the limits", frame, expect::same, &[&padded(16 * 1024, 40_000), &fields(128)]),
        rows("URI beyond", frame, || expect::refused(&[414]), &[&padded(16 * 1024 + 1, 1)]),
        rows(
            "head beyond",
            frame,
            || expect::refused(&[431]),
            &[&padded(10, 64 * 1024), &fields(129), &fields(2000)],
        ),
    ];
    Table::start("").run(&cases.concat());
}

const GET: &str = "GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n";

#[test]
fn slow_heads_and_bodies_get_408() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), ", header_timeout: 200ms, body_timeout: 200ms", "");
    let parts = [
        "G",
        "GET /a HTTP/1.1\r\nHost: shop.t",
        "GET /a HTTP/1.1\r\nHost: shop.test\r\n",
        "POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhell",
        "POST /a HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
        "POST /a HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ];
    for part in parts {
        let mut client = Client::connect(proxy.address("web"));
        client.send(part);
        let response = client.response().unwrap_or_else(|fault| panic!("{part:?}: {fault}"));
        assert_eq!(response.status, 408, "{part:?}");
        assert!(response.closes(), "{part:?}");
        assert!(client.rest().unwrap().is_empty(), "{part:?}");
    }
    assert_eq!(get(proxy.address("web"), "/after").unwrap().status, 200);
    let whole: Vec<_> = upstream.drain().into_iter().filter(|received| received.broken.is_none()).collect();
    assert_eq!(whole.len(), 1, "{whole:?}");
}

#[test]
fn a_slow_sender_that_goes_on_is_served() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let mut client = Client::connect(proxy.address("web"));
    client.send_settled(b"POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2000\r\n\r\n");
    for _ in 0..2000 {
        client.send_settled(b"b");
    }
    assert_eq!(client.response().unwrap().status, 200);
    assert_eq!(upstream.wait(1)[0].body.len(), 2000);
}

#[test]
fn idle_connections_are_closed_without_an_answer() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), ", idle_timeout: 200ms", "");
    let mut fresh = Client::connect(proxy.address("web"));
    let mut used = Client::connect(proxy.address("web"));
    assert_eq!(used.send(GET).response().unwrap().status, 200);
    assert_eq!(used.rest().unwrap(), b"");
    assert_eq!(fresh.rest().unwrap(), b"");
}

#[test]
fn requests_per_connection_are_counted() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), ", limits: {requests_per_connection: 3}", "");
    let mut client = Client::connect(proxy.address("web"));
    let closes: Vec<_> = (0..3).map(|_| client.send(GET).response().unwrap().closes()).collect();
    assert_eq!(closes, [false, false, true]);
    assert_eq!(client.rest().unwrap(), b"");
}

#[test]
fn connections_are_limited() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), ", limits: {connections: 2}", "");
    let mut open: Vec<_> = (0..2).map(|_| Client::connect(proxy.address("web"))).collect();
    for client in &mut open {
        assert_eq!(client.send(GET).response().unwrap().status, 200);
    }
    let refused = get(proxy.address("web"), "/a");
    assert!(refused.as_ref().map_or(true, |response| response.status == 503), "{refused:?}");
    assert_eq!(open[0].send(GET).response().unwrap().status, 200, "those that are open go on");
    open.pop();
    eventually("room for one more", || {
        get(proxy.address("web"), "/a").is_ok_and(|one| one.status == 200).then_some(())
    });
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let mut client = Client::connect(proxy.address("web"));
    let request = |number: usize| match number % 4 {
        0 => format!("GET /{number} HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        1 => format!("HEAD /{number} HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        2 => format!("POST /{number} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nGET /"),
        _ => format!(
            "PUT /{number} HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nG\r\n0\r\n\r\n"
        ),
    };
    client.send((0..200).map(request).collect::<String>());
    for number in 0..200 {
        let method = ["GET", "HEAD", "POST", "PUT"][number % 4];
        let response = client.response_to(method).unwrap();
        assert_eq!(response.value("x-seen"), Some(format!("{method} /{number} HTTP/1.1").as_str()));
    }
    assert_eq!(upstream.wait(200).len(), 200);
}

#[test]
fn a_bad_request_behind_a_good_one_ends_the_connection() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let bad = [
        "GET /b HTTP/1.1\r\n\r\n",
        "GET /b HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /b HTTP/1.1\nHost: shop.test\n\n",
        "garbage\r\n\r\n",
        "\u{0}",
    ];
    for bad in bad {
        let mut client = Client::connect(proxy.address("web"));
        client.send(format!("{GET}{bad}{GET}"));
        assert_eq!(client.response().unwrap().status, 200, "{bad:?}");
        let refused = client.response().unwrap();
        assert_eq!((refused.status, refused.closes()), (400, true), "{bad:?}");
        assert_eq!(client.rest().unwrap(), b"", "{bad:?}");
        assert_eq!(upstream.drain().len(), 1, "{bad:?}");
    }
}

#[test]
fn bytes_behind_a_body_are_the_next_request() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let mut client = Client::connect(proxy.address("web"));
    client.send(format!("POST /p HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 3\r\n\r\nabc{GET}"));
    assert_eq!(client.response().unwrap().value("x-seen"), Some("POST /p HTTP/1.1"));
    assert_eq!(client.response().unwrap().value("x-seen"), Some("GET /a HTTP/1.1"));
}

#[test]
fn a_client_that_ends_inside_a_request_leaves_nothing_whole() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let parts = [
        "GET /a HTTP/1.1\r\nHost: shop.test\r\n",
        "POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\n\r\nhell",
        "POST /a HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "POST /a HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ];
    for part in parts {
        let mut client = Client::connect(proxy.address("web"));
        client.send(part).wire().finish();
        let rest = client.rest().unwrap();
        assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 4"), "{part:?}: {}", support::latin(&rest));
        assert_eq!(get(proxy.address("web"), "/after").unwrap().status, 200, "{part:?}");
        let whole: Vec<_> =
            upstream.drain().into_iter().filter(|received| received.broken.is_none()).collect();
        assert_eq!(whole.len(), 1, "{part:?}: {whole:?}");
    }
}

#[test]
fn a_client_that_only_ends_its_side_gets_its_answer() {
    let upstream = Upstream::echo();
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let mut client = Client::connect(proxy.address("web"));
    client.send(GET).wire().finish();
    assert_eq!(client.response().unwrap().status, 200);
    assert_eq!(client.rest().unwrap(), b"");
}

#[test]
fn large_bodies_flow_both_ways_unchanged() {
    let upstream = Upstream::start(|call| {
        let Some(body) = call.body() else { return Next::Close };
        call.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())).send(body);
        Next::Keep
    });
    let proxy = Proxy::in_front_of(upstream.address(), "", "");
    let body: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
    let mut client = Client::connect(proxy.address("web"));
    client
        .send(format!("POST /a HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {}\r\n\r\n", body.len()))
        .send(&body);
    assert!(client.response().unwrap().body == body, "a body by its length comes back");
    client.send("POST /a HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n");
    for chunk in body.chunks(70_001) {
        client.send(format!("{:X};x=\"y\"\r\n", chunk.len())).send(chunk).send("\r\n");
    }
    client.send("0\r\n\r\n");
    assert!(client.response().unwrap().body == body, "a chunked body comes back");
    assert_eq!(upstream.connections(), 1, "the connection is used again");
}

#[test]
fn no_route_says_why() {
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\"}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}, quiet: {{address: \"127.0.0.1:0\", reason_header: false}}}}\n\
         routes:\n  one:\n    hosts: [shop.test]\n    match: {{path: /a/*, methods: [GET], headers: {{x-key: present}}, query: {{q: \"1\"}}, cookies: {{c: \"1\"}}}}\n    to: app\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    ));
    let whole = "x-key: 1\r\nCookie: c=1";
    let rows = [
        ("no-host", "GET /a?q=1", "other.test", whole),
        ("no-path", "GET /b?q=1", "shop.test", whole),
        ("no-method", "POST /a?q=1", "shop.test", whole),
        ("no-header", "GET /a?q=1", "shop.test", "Cookie: c=1"),
        ("no-query", "GET /a?q=2", "shop.test", whole),
        ("no-cookie", "GET /a?q=1", "shop.test", "x-key: 1\r\nCookie: c=2"),
    ];
    for (reason, line, host, fields) in rows {
        let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n\r\n");
        let mut client = Client::connect(proxy.address("web"));
        let response = client.send(&request).response().unwrap();
        assert_eq!((response.status, response.value("x-towpath-reason")), (404, Some(reason)), "{request}");
        assert!(!response.closes(), "a missing route is no reason to close");
        let quiet = Client::connect(proxy.address("quiet")).send(&request).response().unwrap();
        assert_eq!((quiet.status, quiet.value("x-towpath-reason")), (404, None), "{request}");
    }
    let mut client = Client::connect(proxy.address("web"));
    client.send(format!("GET /a/b?q=1 HTTP/1.1\r\nHost: SHOP.test:80\r\n{whole}\r\n\r\n"));
    assert_eq!(client.response().unwrap().status, 200);
    assert_eq!(upstream.drain().len(), 1, "only what has a route is forwarded");
}

#[test]
fn paths_are_normal_by_the_listeners_mode() {
    let rows = [
        ("none", "/a/../b//c%2Fd%61\\e", "/a/../b//c%2Fd%61\\e"),
        ("base", "/a/../b//c%2Fd%61\\e", "/b//c%2Fda/e"),
        ("merge-slashes", "/a/../b//c%2Fd%61", "/b/c%2Fda"),
        ("decode-and-merge-slashes", "/a/../b//c%2Fd%5C%61", "/b/c/d/a"),
        ("decode-and-merge-slashes", "/a/b%2F..%2Fc", "/a/c"),
    ];
    for (mode, sent, seen) in rows {
        let upstream = Upstream::echo();
        let proxy = Proxy::in_front_of(upstream.address(), &format!(", normalize_path: {mode}"), "");
        let response = get(proxy.address("web"), sent).unwrap();
        assert_eq!(response.value("x-seen"), Some(format!("GET {seen} HTTP/1.1").as_str()), "{mode}");
    }
}

#[test]
fn a_refusal_has_nothing_of_the_request_before_it() {
    let (_upstream, _proxy, mut client) = before(|call| call.answer());
    client.send("HEAD /a HTTP/1.1\r\nHost: shop.test\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    assert_eq!(client.response_to("HEAD").unwrap().status, 200);
    let refusal = client.response().unwrap();
    assert_eq!((refusal.status, refusal.text().trim_end()), (400, "400 bad-request"));
}
