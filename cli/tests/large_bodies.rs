//! Bodies that pass from socket to socket without being seen, and what follows them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

use support::{Call, Client, Next, Proxy, Upstream, before, eventually};

const SIZE: usize = 3_000_001;

/// Octets of which no stretch is like another.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..size.div_ceil(8)).flat_map(|_| word()).take(size).collect()
}

fn head(size: usize) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
}

/// Answers `/a` with noise, and everything else with what came.
fn echo(call: &mut Call<'_>) -> Next {
    let Some(body) = call.body() else { return Next::Close };
    let body = if call.path() == "/a" { noise(SIZE) } else { body };
    call.send(head(body.len())).send(body);
    Next::Keep
}

fn spliced(proxy: &Proxy) -> f64 {
    proxy.metric("towpath_spliced_bytes_total").expect("the metric is there")
}

fn await_spliced(proxy: &Proxy, least: usize) {
    eventually("most of the body goes the short way", || (spliced(proxy) >= least as f64).then_some(()));
}

const GET: &str = "GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n";
const SMALL: &str = "GET /b HTTP/1.1\r\nHost: shop.test\r\n\r\n";

#[test]
fn both_directions_are_whole_and_connections_live_on() {
    let (upstream, proxy, mut client) = before(echo);
    for _ in 0..3 {
        let response = client.send(GET).response().unwrap();
        assert!(response.body == noise(SIZE), "the answer is what the upstream sent");
    }
    await_spliced(&proxy, SIZE / 10);
    let before_upload = spliced(&proxy) as usize;
    let body = noise(SIZE);
    let mut writer = client.wire().stream().try_clone().unwrap();
    let text = format!("POST /echo HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {SIZE}\r\n\r\n");
    // a request right behind the body must not become part of it
    let sent = body.clone();
    let sender = thread::spawn(move || {
        [text.as_bytes(), &sent, SMALL.as_bytes()].iter().for_each(|part| writer.write_all(part).unwrap());
    });
    assert!(client.response().unwrap().body == body, "the request is what the client sent");
    assert_eq!(client.response().unwrap().body, b"", "the next request is one of its own");
    sender.join().unwrap();
    await_spliced(&proxy, before_upload + SIZE / 10);
    let connections: Vec<_> = upstream.drain().iter().map(|received| received.connection).collect();
    assert_eq!(connections, [0; 5], "one upstream connection serves them all");
}

#[test]
fn a_body_that_ends_with_the_connection_is_whole() {
    let (_upstream, proxy, mut client) = before(|call| {
        call.body();
        call.send("HTTP/1.1 200 OK\r\n\r\n").send(noise(SIZE));
        Next::Close
    });
    client.send("GET /a HTTP/1.0\r\nHost: shop.test\r\n\r\n");
    let answer = client.rest().unwrap();
    assert!(answer.ends_with(&noise(SIZE)), "{} octets came", answer.len());
    await_spliced(&proxy, SIZE / 10);
}

#[test]
fn tunnels_take_the_short_way_when_much_flows() {
    let (_upstream, proxy, mut client) = before(|call| {
        call.body();
        call.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n");
        let all = call.wire().take(SIZE).unwrap();
        call.send(all);
        Next::Close
    });
    client.send("GET /a HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n");
    assert_eq!(client.response().unwrap().status, 101);
    let mut writer = client.wire().stream().try_clone().unwrap();
    let sender = thread::spawn(move || {
        writer.write_all(&noise(SIZE)).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    assert!(client.rest().unwrap() == noise(SIZE), "what went up came down");
    sender.join().unwrap();
    await_spliced(&proxy, SIZE / 10);
}

#[test]
fn an_upstream_that_breaks_off_is_seen() {
    let (_upstream, proxy, mut client) = before(|call| {
        call.body();
        call.send(head(SIZE)).send(&noise(SIZE)[..SIZE - 1]);
        Next::Close
    });
    let response = client.send(GET).response().unwrap();
    assert!(response.broken.is_some(), "the connection ends before the body");
    assert!(response.body == noise(SIZE)[..SIZE - 1], "what came whole is passed on");
    await_spliced(&proxy, SIZE / 10);
}

#[test]
fn a_client_that_goes_takes_its_upstream_along() {
    let (told, gone) = channel();
    let told = Mutex::new(told);
    let (_upstream, proxy, mut client) = before(move |call| {
        call.body();
        call.send(head(100 * SIZE));
        while call.wire().stream().write_all(&noise(SIZE)).is_ok() {}
        told.lock().unwrap().send(()).unwrap();
        Next::Close
    });
    client.send(GET);
    let mut some = vec![0; SIZE];
    client.wire().stream().read_exact(&mut some).unwrap();
    drop(client);
    gone.recv_timeout(support::PATIENCE).expect("the upstream's connection ends too");
    await_spliced(&proxy, SIZE / 10);
}

#[test]
fn a_client_that_stands_still_costs_no_memory() {
    let (_upstream, proxy, mut client) = before(|call| {
        call.body();
        call.send(head(20 * SIZE));
        (0..20).for_each(|_| {
            call.send(noise(SIZE));
        });
        Next::Keep
    });
    client.send(GET);
    await_spliced(&proxy, 1);
    let resident = proxy.metric("process_resident_memory_bytes").unwrap();
    assert!(resident < 64e6, "{resident} octets");
    let response = client.response().unwrap();
    assert_eq!(response.body.len(), 20 * SIZE);
    let part = noise(SIZE);
    assert!(response.body.chunks(SIZE).all(|chunk| chunk == part), "nothing was lost while it stood still");
}

#[test]
fn unix_sockets_take_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("app.sock");
    let _upstream = Upstream::start_at(&socket, echo);
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: 127.0.0.1:0}}\nlisteners: {{web: {{address: 127.0.0.1:0}}}}\nroutes: {{all: {{to: app}}}}\nclusters: {{app: {{endpoints: [\"unix:{}\"]}}}}\n",
        socket.display()
    ));
    let mut client = Client::connect(proxy.address("web"));
    assert!(client.send(GET).response().unwrap().body == noise(SIZE));
    assert_eq!(client.send(SMALL).response().unwrap().body, b"");
    await_spliced(&proxy, SIZE / 10);
}
