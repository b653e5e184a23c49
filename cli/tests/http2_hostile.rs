//! What a bad peer can do by HTTP/2: each gets the error of the protocol, each is counted, and a client beside it is served.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::net::{SocketAddr, TcpListener};

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

use support::frames::{
    ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Frames, HEADERS,
    INTERNAL_ERROR, NO_ERROR, PING, PREFACE, PRIORITY, REFUSED_STREAM, RST_STREAM, SETTINGS, WHOLE,
    WINDOW_UPDATE, field, frame, grant, kept, plain, request, reset, setting, status,
};
use support::{Client, Next, PATIENCE, Proxy, Upstream, eventually, get, queued, refusing, wait};

/// A proxy with one worker, so that who attacks and who is attacked share it; `/hi` is answered by itself.
fn start(upstream: SocketAddr, listener: &str) -> Proxy {
    Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"{listener}}}}}\n\
         routes:\n  all: {{to: app}}\n  hi: {{match: {{path: /hi}}, direct_response: {{status: 200, body: hi}}}}\n\
         clusters: {{app: {{endpoints: [\"{upstream}\"]}}}}\n"
    ))
}

fn connect(proxy: &Proxy) -> Frames {
    Frames::connect(proxy.address("web"))
}

fn metric(proxy: &Proxy, name: &str, value: f64) {
    proxy.await_metric(&format!("towpath_downstream_http2_{name}{{listener=\"web\"}}"), value);
}

/// A request whose body is to come.
fn opened(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, request("POST", path))
}

#[test]
fn floods_of_control_frames_end_their_connection() {
    let (upstream, _tell) = Upstream::holding();
    let proxy = start(upstream.address(), "");
    let mut beside = connect(&proxy);
    let open = opened(1, "/held");
    let table: [(&str, &[u8], Vec<u8>); 10] = [
        ("PING (CVE-2019-9512)", &[], frame(PING, 0, 0, [1; 8])),
        ("answers to PING", &[], frame(PING, 1, 0, [1; 8])),
        ("SETTINGS (CVE-2019-9515)", &[], setting(3, 100)),
        ("SETTINGS that say nothing", &[], frame(SETTINGS, 0, 0, [])),
        ("PRIORITY (CVE-2019-9513)", &[], frame(PRIORITY, 0, 1, [0, 0, 0, 3, 7])),
        ("WINDOW_UPDATE", &[], grant(0, 1)),
        ("WINDOW_UPDATE of a stream", &open, grant(1, 1)),
        ("DATA that is empty (CVE-2019-9518)", &open, frame(DATA, 0, 1, [])),
        ("frames that nobody knows", &[], frame(0xfe, 0, 0, [1; 8])),
        ("large frames that nobody knows", &[], frame(0xfe, 0, 0, [1; 16384])),
    ];
    let floods = table.len();
    for (number, (name, first, flood)) in table.into_iter().enumerate() {
        let mut client = connect(&proxy);
        client.send(first);
        let most = 3000.min((1 << 20) / flood.len());
        for _ in 0..most.div_ceil(100) {
            client.send(flood.repeat(100));
        }
        assert_eq!(client.goodbye(), Some(ENHANCE_YOUR_CALM), "{name}");
        assert!(beside.is_served(u32::try_from(number).unwrap() * 2 + 1), "{name}");
    }
    metric(&proxy, "floods_total", floods as f64);
    metric(&proxy, "errors_total", floods as f64);
    metric(&proxy, "streams_open", 0.0);
}

#[test]
fn who_broke_the_rules_and_is_gone_keeps_no_place() {
    let proxy = start(refusing(), ", linger_timeout: 1h");
    let open = |count| proxy.await_metric("towpath_downstream_connections_open{listener=\"web\"}", count);
    let flooding = |number| {
        let mut client = connect(&proxy);
        client.send(frame(PING, 0, 0, [1; 8]).repeat(3000));
        metric(&proxy, "floods_total", number);
        client
    };
    // before it has learnt why
    drop(flooding(1.0));
    open(0.0);
    // when it has
    let mut client = flooding(2.0);
    assert_eq!(client.goodbye(), Some(ENHANCE_YOUR_CALM));
    open(1.0);
    drop(client);
    open(0.0);
    // who only has nothing more to say still learns it
    let mut client = flooding(3.0);
    client.client().wire().finish();
    open(0.0);
    assert_eq!(client.goodbye(), Some(ENHANCE_YOUR_CALM));
}

#[test]
fn small_messages_that_nobody_takes_harm_no_other_request() {
    let (upstream, _tell) = Upstream::holding();
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes:\n  all: {{to: app, pending_timeout: none}}\n  hi: {{match: {{path: /hi}}, direct_response: {{status: 200, body: hi}}}}\n\
         clusters: {{app: {{limits: {{connections: 1}}, endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    ));
    let mut client = connect(&proxy);
    // one has the connection, and the other waits for it with all that it sends
    client.send(frame(HEADERS, WHOLE, 1, request("GET", "/held")));
    client.send(opened(3, "/held"));
    client.send(frame(DATA, 0, 3, b"12345").repeat(8000));
    assert!(client.is_served(5));
    metric(&proxy, "streams_open", 2.0);
    metric(&proxy, "errors_total", 0.0);
}

#[test]
fn a_steady_pulse_is_no_flood() {
    let proxy = start(refusing(), ", limits: {control_frames: 100}");
    let mut client = connect(&proxy);
    for number in 0..200 {
        let stream = number * 2 + 1;
        client.send(
            [frame(PRIORITY, 0, stream, [0, 0, 0, 0, 7]), grant(0, 2), frame(PING, 0, 0, [0; 8])].concat(),
        );
        assert!(client.is_served(stream));
    }
    metric(&proxy, "floods_total", 0.0);
}

#[test]
fn requests_that_are_taken_back_end_their_connection() {
    let (upstream, _tell) = Upstream::holding();
    let proxy = start(upstream.address(), ", limits: {resets: 10}");
    let mut beside = connect(&proxy);
    // before anybody has seen them (CVE-2023-44487)
    let mut client = connect(&proxy);
    let rapid = (0..200).map(|number| number * 2 + 1);
    let rapid = rapid.map(|stream| [frame(HEADERS, WHOLE, stream, plain()), reset(stream, CANCEL)].concat());
    client.send(rapid.collect::<Vec<_>>().concat());
    assert_eq!(client.goodbye(), Some(ENHANCE_YOUR_CALM));
    assert!(beside.is_served(1));
    // each after it was seen
    let mut client = connect(&proxy);
    for number in 0..11 {
        let stream = number * 2 + 1;
        client.client().send_settled(&frame(HEADERS, WHOLE, stream, request("GET", "/held")));
        client.client().send_settled(&reset(stream, CANCEL));
    }
    assert_eq!(client.goodbye(), Some(ENHANCE_YOUR_CALM));
    assert!(beside.is_served(3));
    // who is answered may take back what he does not want any more
    let mut client = connect(&proxy);
    for number in 0..30 {
        let stream = number * 2 + 1;
        assert!(client.is_served(stream));
        client.send(reset(stream, CANCEL));
    }
    assert!(client.is_served(101));
    metric(&proxy, "floods_total", 2.0);
}

#[test]
fn who_makes_us_reset_is_ended_too() {
    let (upstream, _tell) = Upstream::holding();
    let proxy = start(upstream.address(), "");
    // CVE-2025-8671: a window that overflows, of a request that goes on at the endpoint
    let mut client = connect(&proxy);
    let made = (0..300).map(|number| number * 2 + 1);
    let made = made.map(|stream| [opened(stream, "/held"), grant(stream, i32::MAX as u32)].concat());
    client.send(made.collect::<Vec<_>>().concat());
    assert_eq!(client.goodbye(), Some(ENHANCE_YOUR_CALM));
    assert!(connect(&proxy).is_served(1));
    metric(&proxy, "floods_total", 1.0);
    metric(&proxy, "streams_open", 0.0);
}

#[test]
fn so_many_requests_of_a_connection_may_be_open() {
    let (upstream, tell) = Upstream::holding();
    let proxy = start(upstream.address(), ", limits: {streams: 2}");
    let mut client = connect(&proxy);
    for stream in [1, 3, 5] {
        client.send(frame(HEADERS, WHOLE, stream, request("GET", "/held")));
    }
    let refused = client.await_frame(RST_STREAM, 5).unwrap();
    assert_eq!(refused.code(), Some(REFUSED_STREAM), "it may be sent again");
    metric(&proxy, "streams_open", 2.0);
    metric(&proxy, "refused_total", 1.0);
    tell.send(()).unwrap();
    tell.send(()).unwrap();
    metric(&proxy, "streams_open", 0.0);
}

#[test]
fn thousands_of_requests_that_stand_still_are_not_held() {
    let (upstream, _tell) = Upstream::holding();
    let proxy = start(upstream.address(), "");
    let mut client = connect(&proxy);
    for stream in (1..700).step_by(2) {
        client.send(opened(stream, "/held"));
    }
    // as many as may be open are; who goes on asking does not want to be told
    metric(&proxy, "streams_open", 100.0);
    assert!(connect(&proxy).is_served(1));
    metric(&proxy, "refused_total", 250.0);
    for stream in (701..800).step_by(2) {
        client.send(opened(stream, "/held"));
    }
    assert_eq!(client.goodbye(), Some(ENHANCE_YOUR_CALM));
    metric(&proxy, "streams_open", 0.0);
    metric(&proxy, "floods_total", 1.0);
}

#[test]
fn heads_are_no_larger_than_they_may_be() {
    let proxy = start(refusing(), "");
    let mut beside = connect(&proxy);
    // one large field, and thousands of octets that each say it once more (CVE-2016-6581)
    let bomb = |times: usize| [plain(), kept("x-bomb", &"x".repeat(4000)), vec![0xbe; times]].concat();
    let mut client = connect(&proxy);
    client.send(frame(HEADERS, WHOLE, 1, bomb(10_000)));
    assert_eq!(client.goodbye(), Some(ENHANCE_YOUR_CALM));
    // one that is only too large is answered
    for times in [16, 40] {
        let mut client = connect(&proxy);
        client.send(frame(HEADERS, WHOLE, 1, bomb(times)));
        assert_eq!(status(&client.await_frame(HEADERS, 1).unwrap()), 431, "{times}");
        assert!(client.is_served(3));
    }
    // one of them was a request, and the other was not even that
    metric(&proxy, "oversized_total", 1.0);
    // frames without an end (CVE-2024-27316), with something in them and without
    for more in [field("x", "x".repeat(16_000)), Vec::new()] {
        let mut client = connect(&proxy);
        client.send(frame(HEADERS, END_STREAM, 1, plain()));
        for _ in 0..100 {
            client.send(frame(CONTINUATION, 0, 1, &more));
        }
        assert_eq!(client.goodbye(), Some(ENHANCE_YOUR_CALM));
    }
    assert!(beside.is_served(1));
    metric(&proxy, "floods_total", 3.0);
}

#[test]
fn who_is_slow_to_begin_is_not_waited_for() {
    let timeouts = ", header_timeout: 300ms, idle_timeout: 300ms, linger_timeout: 100ms";
    let proxy = start(refusing(), timeouts);
    // a hello without an end
    let mut client = Client::connect(proxy.address("web"));
    client.send(&PREFACE[..20]);
    client.rest().expect("it is not waited for");
    metric(&proxy, "errors_total", 1.0);
    // a head without an end
    let mut client = connect(&proxy);
    client.send(frame(HEADERS, END_STREAM, 1, &plain()[..5]));
    assert_eq!(client.goodbye(), Some(NO_ERROR));
    client.client().rest().expect("it is not waited for");
    // nothing at all, though there is a pulse
    let mut client = connect(&proxy);
    client.send(frame(PING, 0, 0, [0; 8]));
    assert_eq!(client.goodbye(), Some(NO_ERROR));
    client.client().rest().expect("it is not waited for");
    proxy.await_metric("towpath_downstream_lingers_cut_total{listener=\"web\"}", 2.0);
}

#[test]
fn who_is_slow_in_the_middle_is_not_waited_for() {
    let upstream = Upstream::start(|call| {
        if call.path() == "/large" {
            call.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").send(vec![b'x'; 1_000_000]);
            return Next::Close;
        }
        call.answer()
    });
    let proxy = start(upstream.address(), ", body_timeout: 300ms");
    // a body that stands still
    let mut client = connect(&proxy);
    client.send([opened(1, "/up"), frame(DATA, 0, 1, "some of it")].concat());
    assert_eq!(status(&client.await_frame(HEADERS, 1).unwrap()), 408);
    proxy.await_metric("towpath_local_replies_total{reason=\"body-timeout\"}", 1.0);
    // an answer that is not read: no room at all, room for one octet, for all but the last of them
    for room in [0_u32, 1, 999_999] {
        let mut client = Frames::connect_with(proxy.address("web"), &setting(4, room));
        client.send(grant(0, 1 << 30));
        client.send(frame(HEADERS, WHOLE, 1, request("GET", "/large")));
        assert_eq!(broken_off(&mut client, 1), (room as usize, Some(INTERNAL_ERROR)));
        client.send(setting(4, 65535));
        assert!(client.is_served(3));
    }
    metric(&proxy, "streams_open", 0.0);
}

#[test]
fn an_answer_may_be_read_octet_by_octet() {
    let proxy = start(refusing(), ", limits: {control_frames: 100}");
    let mut client = Frames::connect_with(proxy.address("web"), &setting(4, 0));
    client.send(frame(HEADERS, WHOLE, 1, plain()));
    client.await_frame(HEADERS, 1).expect("a head");
    for octet in *b"hi" {
        client.send(grant(1, 1));
        assert_eq!(client.await_frame(DATA, 1).expect("an octet").payload, [octet]);
    }
}

#[test]
fn a_client_may_not_send_more_than_what_is_taken_from_it() {
    const WINDOW: usize = 16 << 10;
    let (tell, told) = channel();
    let told = Mutex::new(told);
    let (say, said) = channel();
    let say = Mutex::new(say);
    let upstream = Upstream::start(move |call| {
        let held = call.wire().held();
        let ends = (call.wire().stream().local_addr().unwrap(), call.wire().stream().peer_addr().unwrap());
        say.lock().unwrap().send((ends, held)).unwrap();
        // nothing is read any more
        wait(&told);
        Next::Close
    });
    let proxy = start(upstream.address(), ", limits: {stream_window: 16KiB}");
    let mut client = connect(&proxy);
    client.await_frame(SETTINGS, 0).expect("the window");
    client.send(frame(SETTINGS, ACK, 0, []));
    let long = [request("POST", "/"), field("content-length", (1 << 30).to_string())].concat();
    client.send(frame(HEADERS, END_HEADERS, 1, long));
    let ((endpoint, outlet), held) = said.recv_timeout(PATIENCE).unwrap();
    let (mut sent, mut room, mut quiet) = (0, WINDOW, 0);
    while quiet < 50 {
        if room > 0 {
            client.send(frame(DATA, 0, 1, vec![b'x'; room.min(WINDOW)]));
            sent += room.min(WINDOW);
            room -= room.min(WINDOW);
        }
        client.send(frame(PING, 0, 0, [0; 8]));
        while let Some(seen) = client.next().filter(|seen| seen.kind != PING) {
            if (seen.kind, seen.stream) == (WINDOW_UPDATE, 1) {
                room += u32::from_be_bytes(seen.payload.try_into().unwrap()) as usize;
            }
        }
        // what is on its way to the endpoint, first where it comes from, so that nothing is missed
        let waiting = queued(outlet, endpoint).1 as usize;
        let passed = held + waiting + queued(endpoint, outlet).0 as usize;
        assert!(sent <= passed + WINDOW, "{sent} were sent, and {passed} passed on");
        quiet = if room == 0 && waiting > 0 { quiet + 1 } else { 0 };
    }
    assert!(sent > 2 * WINDOW, "{sent}");
    tell.send(()).unwrap();
}

/// How much of a stream's answer comes before it is reset, and the code.
fn broken_off(client: &mut Frames, stream: u32) -> (usize, Option<u32>) {
    let mut count = 0;
    loop {
        let seen = client.next().expect("a reset");
        match seen.kind {
            DATA if seen.stream == stream => count += seen.payload.len(),
            RST_STREAM if seen.stream == stream => return (count, seen.code()),
            _ => {}
        }
    }
}

#[test]
fn of_answers_that_stand_still_little_is_held() {
    const STREAMS: usize = 40;
    const ANSWER: usize = 12 << 10;
    let (say, said) = channel();
    let say = Mutex::new(say);
    let upstream = Upstream::start(move |call| {
        let ends = (call.wire().stream().peer_addr().unwrap(), call.wire().stream().local_addr().unwrap());
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {ANSWER}\r\n\r\n").into_bytes();
        call.send([head, vec![b'x'; ANSWER]].concat());
        say.lock().unwrap().send(ends).unwrap();
        // it stays as long as the proxy does
        let _ = call.wire().has_more();
        Next::Close
    });
    let proxy = start(upstream.address(), "");
    let mut client = Frames::connect_with(proxy.address("web"), &setting(4, 0));
    for number in 0..STREAMS {
        let stream = u32::try_from(number).unwrap() * 2 + 1;
        client.send(frame(HEADERS, WHOLE, stream, request("GET", "/large")));
    }
    let heads = std::iter::from_fn(|| client.next()).filter(|seen| seen.kind == HEADERS);
    assert_eq!(heads.take(STREAMS).count(), STREAMS, "every one is answered");
    let ends: Vec<_> = (0..STREAMS).map(|_| said.recv_timeout(PATIENCE).unwrap()).collect();
    let held = eventually("the answers have arrived", || {
        ends.iter().try_fold(0, |sum, (proxy, endpoint)| {
            let arrived = queued(*endpoint, *proxy).1 == 0;
            arrived.then(|| sum + ANSWER - (queued(*proxy, *endpoint).0 as usize).min(ANSWER))
        })
    });
    // a few in full, since it is not known yet that they stand still; of all others a first piece
    assert!(held <= 4 * ANSWER + STREAMS * 512, "{held} of {} octets were read", STREAMS * ANSWER);
    assert!(connect(&proxy).is_served(1));
    // who grants room again gets everything
    client.send([setting(4, 1 << 20), grant(0, 1 << 20)].concat());
    let rest = std::iter::from_fn(|| client.next()).filter(|seen| seen.kind == DATA);
    let whole = rest.filter(|seen| seen.flags & END_STREAM != 0).take(STREAMS);
    assert_eq!(whole.count(), STREAMS);
}

#[test]
fn endpoints_may_not_flood_either() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = listener.local_addr().unwrap();
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\nlisteners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{all: {{to: app}}}}\nclusters: {{app: {{endpoints: [\"{endpoint}\"], protocol: h2}}}}\n"
    ));
    let bad = thread::spawn(move || {
        let mut frames = Frames::accept(&listener);
        frames.await_frame(HEADERS, 1).expect("a request");
        frames.send(frame(PING, 0, 0, [0; 8]).repeat(3000));
        frames.client().rest().expect("the end");
    });
    let answer = get(proxy.address("web"), "/").unwrap();
    assert_eq!(answer.status, 502);
    bad.join().unwrap();
    proxy.await_metric("towpath_upstream_http2_errors_total{cluster=\"app\"}", 1.0);
}
