//! What the process does for itself when there is too much of everything: connections, memory, files, questions.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::fs;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use support::{Client, Next, PATIENCE, Proxy, Upstream, eventually, get};

const GET: &str = "GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n";

/// A proxy that answers by itself. `process` is more keys of `proxy`, `listener` of the listener.
fn table(process: &str, listener: &str) -> String {
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2{process}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"{listener}}}}}\n\
         routes: {{all: {{direct_response: {{status: 200, body: hi}}}}}}\n"
    )
}

/// Asks on a connection that stays open.
fn asked(client: &mut Client) -> Option<u16> {
    client.send(GET).response().ok().map(|response| response.status)
}

#[test]
fn so_many_connections_may_be_open() {
    for (process, listener) in [(", limits: {connections: 2}", ""), ("", ", limits: {connections: 2}")] {
        let proxy = Proxy::start(&table(process, listener));
        let address = proxy.address("web");
        let mut open = [0, 1].map(|_| Client::connect(address));
        assert_eq!(open.each_mut().map(asked), [Some(200); 2]);
        let mut refused = Client::connect(address);
        assert_eq!(asked(&mut refused), None, "the third one is closed");
        assert_eq!(proxy.metric("towpath_downstream_connections_refused_total{listener=\"web\"}"), Some(1.0));
        assert_eq!(open.each_mut().map(asked), [Some(200); 2], "those that are open are not disturbed");
        drop(open);
        eventually("there is room again", || asked(&mut Client::connect(address)));
    }
}

#[test]
fn traffic_leaves_files_for_the_rest() {
    let (tell, told) = channel::<()>();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |call| {
        call.body();
        // nobody is answered until the test lets go
        let _ = told.lock().unwrap().recv_timeout(PATIENCE);
        Next::Close
    });
    let routes = format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{own: {{match: {{path: /a}}, direct_response: 200}}, all: {{to: app}}}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    );
    let proxy = Proxy::start_by(&["prlimit", "--nofile=64"], &routes);
    proxy.line("the warning", |line| line.contains("the limit on open files lets in fewer").then_some(()));
    let held: Vec<_> = (0..200)
        .map(|_| {
            let mut client = Client::connect(proxy.address("web"));
            client.send("GET /held HTTP/1.1\r\nHost: shop.test\r\n\r\n");
            client
        })
        .collect();
    let admin: Vec<_> = (0..100).map(|_| Client::connect(proxy.admin())).collect();
    assert_eq!(get(proxy.admin(), "/live").unwrap().text(), "live\n");
    proxy.await_metric("towpath_downstream_connections_open{listener=\"web\"}", 16.0);
    proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 16.0);
    proxy.await_metric("towpath_downstream_connections_refused_total{listener=\"web\"}", 184.0);
    assert_eq!(proxy.metric("process_max_fds"), Some(64.0));
    assert!(proxy.metric("process_open_fds").is_some_and(|open| open < 64.0));
    assert_eq!(proxy.metric("towpath_listener_errors_total"), Some(0.0), "nobody ran out of files");
    drop((held, admin, tell));
    eventually("traffic recovers", || (get(proxy.address("web"), "/a").ok()?.status == 200).then_some(()));
}

#[test]
fn without_memory_requests_are_turned_away() {
    let proxy = Proxy::start(&table(", limits: {memory: 1MiB}", ""));
    let address = proxy.address("web");
    proxy.await_metric("towpath_memory_pressure", 2.0);
    let response = get(address, "/a").unwrap();
    assert_eq!((response.status, response.value("x-towpath-reason")), (503, Some("overload")));
    assert_eq!(response.value("retry-after"), Some("5"));
    let mut client = Client::connect(address);
    let answer = client.send(GET).response().unwrap();
    assert!(answer.closes(), "no connection is kept");
    let grpc = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n";
    let answer = Client::connect(address).send(grpc).response().unwrap();
    assert_eq!((answer.status, answer.value("grpc-status")), (200, Some("14")));
    assert_eq!(get(proxy.admin(), "/ready").unwrap().status, 200, "the admin port is not concerned");
    let question = r#"{"url": "/a"}"#;
    let asked =
        format!("POST /explain HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{question}", question.len());
    let explained = Client::connect(proxy.admin()).send(asked).response_to("POST").unwrap().text();
    assert!(
        explained.contains("\"reason\":\"overload\"") || explained.contains("\"reason\": \"overload\""),
        "{explained}"
    );
    proxy.rewrite(&table(", limits: {memory: none}", ""));
    proxy.await_metric("towpath_memory_pressure", 0.0);
    assert_eq!(asked_twice(&proxy), [Some(200); 2]);
}

#[test]
fn with_little_memory_left_no_connection_is_kept() {
    let proxy = Proxy::start(&table(", limits: {memory: none}", ""));
    let mut kept = Client::connect(proxy.address("web"));
    assert!(!kept.send(GET).response().unwrap().closes());
    eventually("the first stage", || {
        let resident = proxy.metric("process_resident_memory_bytes")?;
        let limit = (resident / 0.94).round();
        proxy.rewrite(&table(&format!(", limits: {{memory: {limit}B}}"), ""));
        proxy.await_metric("towpath_memory_limit_bytes", limit);
        // what is given back may have been enough; then it is tried again with less
        let mut stages = (0..200).filter_map(|_| proxy.metric("towpath_memory_pressure"));
        (stages.find(|stage| *stage > 0.0) == Some(1.0)).then_some(())
    });
    for client in [&mut kept, &mut Client::connect(proxy.address("web"))] {
        let answer = client.send(GET).response().unwrap();
        assert_eq!((answer.status, answer.closes()), (200, true));
    }
    assert!(proxy.metric("towpath_memory_pressures_total").is_some_and(|count| count >= 1.0));
    proxy.rewrite(&table(", limits: {memory: none}", ""));
    proxy.await_metric("towpath_memory_pressure", 0.0);
    assert!(!Client::connect(proxy.address("web")).send(GET).response().unwrap().closes());
}

/// Two requests on one connection.
fn asked_twice(proxy: &Proxy) -> [Option<u16>; 2] {
    let mut client = Client::connect(proxy.address("web"));
    [asked(&mut client), asked(&mut client)]
}

#[test]
fn memory_that_clients_took_comes_back() {
    let listener = ", limits: {header_bytes: 1MiB}, header_timeout: 1h";
    let proxy = Proxy::start(&table(", limits: {memory: 64MiB}", listener));
    assert_eq!(asked_twice(&proxy), [Some(200); 2]);
    let head = format!("GET /a HTTP/1.1\r\nHost: a\r\nA: {}", "b".repeat(1_000_000));
    let mut greedy = Vec::new();
    eventually("the memory is full", || {
        let mut client = Client::connect(proxy.address("web"));
        client.send(&head);
        greedy.push(client);
        (proxy.metric("towpath_memory_pressure") == Some(2.0)).then_some(())
    });
    let answer = get(proxy.address("web"), "/a").unwrap();
    assert_eq!((answer.status, answer.value("x-towpath-reason")), (503, Some("overload")));
    drop(greedy);
    eventually("memory comes back", || (asked_twice(&proxy) == [Some(200); 2]).then_some(()));
    assert!(proxy.metric("towpath_memory_pressures_total").is_some_and(|count| count >= 1.0));
}

#[test]
fn a_flood_of_questions_does_not_disturb_traffic() {
    let proxy = Proxy::start(&table(", limits: {admin_connections: 8}", ""));
    let admin = proxy.admin();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    let silent = [0; 4].map(|_| Client::reach(admin));
                    let _ = get(admin, "/metrics");
                    drop(silent);
                }
            });
        }
        let mut client = Client::connect(proxy.address("web"));
        let answers: Vec<_> = (0..500).map(|_| asked(&mut client)).collect();
        over.store(true, Ordering::Release);
        assert!(answers.iter().all(|answer| *answer == Some(200)), "{answers:?}");
    });
    // who holds all places and says nothing does not keep a probe out
    let _silent: Vec<_> = (0..20).map(|_| Client::connect(admin)).collect();
    assert_eq!(get(admin, "/live").unwrap().text(), "live\n");
    assert!(proxy.metric("towpath_admin_connections_displaced_total").is_some_and(|count| count >= 12.0));
}

#[test]
fn a_scrape_that_never_reads_ends() {
    let proxy = Proxy::start(&table(", admin_timeout: 200ms", ""));
    let mut scrape = Client::connect(proxy.admin());
    let mut stream = scrape.wire().stream().try_clone().unwrap();
    // who does not get rid of its answers reads no more questions, so this waits, too, until the connection ends
    while stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n").is_ok() {}
    proxy.await_metric("towpath_admin_timeouts_total", 1.0);
    assert_eq!(asked_twice(&proxy), [Some(200); 2]);
}

#[test]
fn who_asks_the_admin_port_and_stops_is_given_up() {
    let proxy = Proxy::start(&table(", admin_timeout: 50ms", ""));
    let mut silent = Client::connect(proxy.admin());
    silent.send("GET /live HTTP/1.1\r\nHos");
    silent.rest().unwrap();
    proxy.await_metric("towpath_admin_timeouts_total", 1.0);
}

#[test]
fn as_many_files_are_taken_as_the_system_grants() {
    let proxy = Proxy::start_by(&["prlimit", "--nofile=200:300"], &table("", ""));
    proxy.address("web");
    let limits = fs::read_to_string(format!("/proc/{}/limits", proxy.pid())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().nth(3), Some("300"), "{files}");
    assert_eq!(proxy.metric("process_max_fds"), Some(300.0));
    // half of all is for traffic: two pipes of each worker, and half of the rest for clients
    assert_eq!(proxy.metric("towpath_downstream_connections_limit"), Some(71.0));
}
