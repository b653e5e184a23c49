//! What a bad peer can do by HTTP/2: each gets the error of the protocol, each is counted, and a client beside it is served.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::net::SocketAddr;

use support::frames::{
    CANCEL, DATA, END_HEADERS, ENHANCE_YOUR_CALM, Frames, HEADERS, PING, PRIORITY, SETTINGS, WHOLE, frame,
    grant, plain, request, reset, setting,
};
use support::{Proxy, Upstream, refusing};

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
