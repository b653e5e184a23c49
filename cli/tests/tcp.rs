//! TCP listeners: bytes that nobody looks at, from a client to an endpoint and back, each side with its own end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

use support::{Client, Dice, PATIENCE, Plain, Proxy, Upstream, eventually, get, refusing};

/// A table with the listener `db`, one route and one cluster with these endpoints. The rest are more keys, each with its
/// comma in front: of the listener, the route, the cluster.
fn table(endpoints: &[SocketAddr], listener: &str, route: &str, cluster: &str) -> String {
    let endpoints: Vec<_> = endpoints.iter().map(|address| format!("\"{address}\"")).collect();
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2, drain: {{delay: none, timeout: 2s}}}}\n\
         listeners: {{db: {{address: \"127.0.0.1:0\", protocol: tcp{listener}}}}}\n\
         routes: {{pg: {{listeners: db, to: app{route}}}}}\n\
         clusters: {{app: {{endpoints: [{}]{cluster}}}}}\n",
        endpoints.join(", ")
    )
}

fn before(endpoint: SocketAddr) -> Proxy {
    Proxy::start(&table(&[endpoint], "", "", ""))
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address("db")).expect("the listener takes connections");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// The rest of what comes, and whether it ended with a reset.
fn rest(mut stream: &TcpStream) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let reset = stream.read_to_end(&mut bytes).is_err_and(|fault| fault.kind() == ErrorKind::ConnectionReset);
    (bytes, reset)
}

/// The name of a sample of the one series.
fn series(family: &str, end: &str) -> String {
    let end = if end.is_empty() { String::new() } else { format!(",end=\"{end}\"") };
    format!("towpath_tcp_{family}{{route=\"pg\",cluster=\"app\",subset=\"\",class=\"\"{end}}}")
}

fn ended(end: &str) -> String {
    series("connections_total", end)
}

#[test]
fn bytes_go_both_ways_at_once_and_each_side_has_its_end() {
    let server = Plain::echo();
    let proxy = before(server.address());
    let (mut dice, mut sum) = (Dice(7), 0);
    for size in [1, 4096, 16 * 1024, 100_000, 10 << 20] {
        let sent: Vec<u8> = (0..size).map(|_| dice.roll(256) as u8).collect();
        let stream = connect(&proxy);
        let came = thread::scope(|scope| {
            scope.spawn(|| {
                (&stream).write_all(&sent).unwrap();
                stream.shutdown(Shutdown::Write).unwrap();
            });
            rest(&stream).0
        });
        assert!(came == sent, "{size} octets came back as {}", came.len());
        sum += size;
    }
    proxy.await_metric(&ended("closed"), 5.0);
    proxy.await_metric(&series("connections_open", ""), 0.0);
    proxy.await_metric(&series("received_bytes_total", ""), sum as f64);
    proxy.await_metric(&series("sent_bytes_total", ""), sum as f64);
    proxy.await_metric(&series("connection_duration_seconds_count", ""), 5.0);
    proxy.await_metric("towpath_downstream_received_bytes_total{listener=\"db\"}", sum as f64);
    proxy.await_metric("towpath_cluster_connections{cluster=\"app\"}", 0.0);
}

#[test]
fn a_server_may_speak_first_and_end_first() {
    let server = Plain::start(|mut stream| {
        stream.write_all(b"220 hello\r\n").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert_eq!(said, "last words");
    });
    let proxy = before(server.address());
    let mut stream = connect(&proxy);
    assert_eq!(rest(&stream), (b"220 hello\r\n".to_vec(), false), "its end comes through");
    proxy.await_metric(&series("connections_open", ""), 1.0);
    stream.write_all(b"last words").unwrap();
    drop(stream);
    proxy.await_metric(&ended("closed"), 1.0);
}

#[test]
fn a_reset_comes_through_on_either_side() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let server = Plain::start(move |stream| {
        let mut word = [0; 4];
        (&stream).read_exact(&mut word).unwrap();
        (&stream).write_all(&word).unwrap();
        if word == *b"wait" {
            tell.lock().unwrap().send(rest(&stream).1).unwrap();
        } else {
            // whoever closes with something unread resets
            stream.peek(&mut [0]).unwrap();
        }
    });
    let proxy = before(server.address());
    let mut stream = connect(&proxy);
    stream.write_all(b"goon and on").unwrap();
    assert!(rest(&stream).1, "the client sees the endpoint's reset");
    proxy.await_metric(&ended("reset"), 1.0);

    let mut stream = connect(&proxy);
    stream.write_all(b"wait").unwrap();
    stream.peek(&mut [0]).unwrap();
    drop(stream);
    assert!(told.recv_timeout(PATIENCE).unwrap(), "the endpoint sees the client's reset");
    proxy.await_metric(&ended("client-gone"), 1.0);
}

#[test]
fn an_urgent_octet_holds_up_nothing_behind_it() {
    let (tell, told) = channel();
    let tell = Mutex::new(tell);
    let server = Plain::start(move |stream| tell.lock().unwrap().send(rest(&stream).0).unwrap());
    let proxy = before(server.address());
    let mut stream = connect(&proxy);
    // so much that it goes by splice(2), on either side of the octet
    let (before, after) = (vec![b'a'; 4 << 20], vec![b'b'; 4 << 20]);
    stream.write_all(&before).unwrap();
    rustix::net::send(&stream, b"!", rustix::net::SendFlags::OOB).unwrap();
    stream.write_all(&after).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert!(told.recv_timeout(PATIENCE).unwrap() == [before, after].concat());
    proxy.await_metric(&ended("closed"), 1.0);
}

#[test]
fn another_endpoint_takes_what_the_first_one_refuses() {
    let server = Plain::saying("alive");
    let dead = [refusing(), refusing()];
    let proxy = Proxy::start(&table(&[dead[0], dead[1], server.address()], "", "", ""));
    for _ in 0..20 {
        let mut word = [0; 5];
        connect(&proxy).read_exact(&mut word).unwrap();
        assert_eq!(&word, b"alive");
    }
    let failures = proxy.metric("towpath_upstream_connect_failures_total{cluster=\"app\"}").unwrap();
    assert!(failures > 0.0, "nobody came to a dead endpoint");
    assert_eq!(server.connections(), 20);
}

#[test]
fn so_many_endpoints_are_tried_and_then_it_is_over() {
    let dead: Vec<_> = (0..3).map(|_| refusing()).collect();
    let proxy = Proxy::start(&table(&dead, "", "", ", limits: {connect_attempts: 2}"));
    assert_eq!(rest(&connect(&proxy)), (Vec::new(), true));
    proxy.await_metric(&ended("connect-failure"), 1.0);
    proxy.await_metric("towpath_upstream_connect_failures_total{cluster=\"app\"}", 2.0);
    let line = proxy.line("the reason", |line| line.contains("connection closed").then(|| line.to_owned()));
    assert!(line.contains("reason=connect-failure") && line.contains("route=\"pg\""), "{line}");
}

#[test]
fn whoever_cannot_be_carried_is_reset_and_counted() {
    let server = Plain::echo();
    for (route, cluster, reason) in [
        (", match: {source: 10.0.0.0/8}", "", "no-source"),
        (", maintenance: true", "", "maintenance"),
        ("", ", limits: {connections: 1, pending: 0}", "pending-limit"),
        (", pending_timeout: 20ms", ", limits: {connections: 1}", "pending-timeout"),
    ] {
        let proxy = Proxy::start(&table(&[server.address()], "", route, cluster));
        let mut first = connect(&proxy);
        if cluster.is_empty() {
            assert_eq!(rest(&first), (Vec::new(), true), "{reason}");
        } else {
            first.write_all(b"one").unwrap();
            first.peek(&mut [0]).unwrap();
            assert_eq!(rest(&connect(&proxy)), (Vec::new(), true), "{reason}");
        }
        let what = match reason {
            "no-source" => format!(
                "towpath_tcp_connections_total{{route=\"\",cluster=\"\",subset=\"\",class=\"\",end=\"{reason}\"}}"
            ),
            "maintenance" => format!(
                "towpath_tcp_connections_total{{route=\"pg\",cluster=\"\",subset=\"\",class=\"\",end=\"{reason}\"}}"
            ),
            _ => ended(reason),
        };
        proxy.await_metric(&what, 1.0);
    }
    let proxy = Proxy::start(&table(&[], "", "", ""));
    assert_eq!(rest(&connect(&proxy)), (Vec::new(), true));
    proxy.await_metric(&ended("no-endpoint"), 1.0);
}

#[test]
fn who_waits_for_a_place_gets_the_next_one() {
    let server = Plain::echo();
    let proxy = Proxy::start(&table(&[server.address()], "", "", ", limits: {connections: 1}"));
    let mut first = connect(&proxy);
    first.write_all(b"one").unwrap();
    first.peek(&mut [0]).unwrap();
    let mut second = connect(&proxy);
    second.write_all(b"two").unwrap();
    proxy.await_metric("towpath_cluster_pending{cluster=\"app\"}", 1.0);
    drop(first);
    let mut word = [0; 3];
    second.read_exact(&mut word).unwrap();
    assert_eq!(&word, b"two");
}

#[test]
fn so_many_connections_of_a_tcp_listener_may_be_open() {
    let server = Plain::echo();
    let proxy = Proxy::start(&table(&[server.address()], ", limits: {connections: 1}", "", ""));
    let mut first = connect(&proxy);
    first.write_all(b"one").unwrap();
    first.peek(&mut [0]).unwrap();
    assert_eq!(rest(&connect(&proxy)).0, b"");
    proxy.await_metric("towpath_downstream_connections_refused_total{listener=\"db\"}", 1.0);
}

#[test]
fn a_connection_that_stands_still_ends() {
    let server = Plain::echo();
    let proxy = Proxy::start(&table(&[server.address()], "", ", tunnel_idle_timeout: 50ms", ""));
    let mut stream = connect(&proxy);
    stream.write_all(b"one").unwrap();
    assert_eq!(rest(&stream), (b"one".to_vec(), false), "nothing was on its way");
    proxy.await_metric(&ended("idle-timeout"), 1.0);

    // it never says its own end
    let kept = Mutex::new(Vec::new());
    let silent = Plain::start(move |stream| kept.lock().unwrap().push(stream));
    let half = Proxy::start(&table(&[silent.address()], "", ", tunnel_half_closed_timeout: 50ms", ""));
    let stream = connect(&half);
    half.await_metric(&series("connections_open", ""), 1.0);
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&stream).0, b"");
    half.await_metric(&series("connections_open", ""), 0.0);
}

#[test]
fn without_memory_connections_are_turned_away() {
    let server = Plain::echo();
    let table =
        table(&[server.address()], "", "", "").replace("workers: 2", "workers: 2, limits: {memory: 1MiB}");
    let proxy = Proxy::start(&table);
    proxy.await_metric("towpath_memory_pressure", 2.0);
    assert_eq!(rest(&connect(&proxy)), (Vec::new(), true));
    let route = "route=\"pg\",cluster=\"\",subset=\"\",class=\"\"";
    proxy.await_metric(&format!("towpath_tcp_connections_total{{{route},end=\"overload\"}}"), 1.0);
}

/// Sends a word and waits for it to come back.
fn echoed(mut stream: &TcpStream, word: &[u8]) {
    stream.write_all(word).unwrap();
    let mut back = vec![0; word.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, word);
}

#[test]
fn a_reload_leaves_what_is_open_and_moves_what_comes() {
    let (old, new) = (Plain::echo(), Plain::saying("new"));
    let proxy = before(old.address());
    let open = connect(&proxy);
    echoed(&open, b"before");
    proxy.rewrite(&table(&[new.address()], "", "", ""));
    proxy.await_metric("towpath_config_generation", 2.0);
    echoed(&open, b"after");
    let mut word = [0; 3];
    connect(&proxy).read_exact(&mut word).unwrap();
    assert_eq!(&word, b"new");
}

#[test]
fn a_listener_may_change_what_it_speaks() {
    let (plain, upstream) = (Plain::echo(), Upstream::echo());
    let proxy = before(plain.address());
    let address = proxy.address("db");
    let open = connect(&proxy);
    echoed(&open, b"before");
    let http = table(&[upstream.address()], "", "", "").replace("protocol: tcp", "protocol: http");
    proxy.rewrite(&http);
    proxy.await_metric("towpath_config_generation", 2.0);
    assert_eq!(get(address, "/a").unwrap().text(), "answer");
    let mut kept = Client::connect(address);
    assert_eq!(kept.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n").response().unwrap().status, 200);
    echoed(&open, b"after");
    proxy.rewrite(&table(&[plain.address()], "", "", ""));
    proxy.await_metric("towpath_config_generation", 3.0);
    echoed(&connect(&proxy), b"GET / HTTP/1.1\r\n\r\n");
    kept.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(kept.rest().unwrap(), b"", "there are no requests any more");
}

#[test]
fn a_drain_lets_connections_go_on_and_then_cuts_them() {
    let server = Plain::echo();
    let mut proxy = before(server.address());
    let address = proxy.address("db");
    let open = connect(&proxy);
    echoed(&open, b"before");
    proxy.signal("TERM");
    eventually("nothing new is taken", || TcpStream::connect(address).is_err().then_some(()));
    echoed(&open, b"while it drains");
    assert!(rest(&open).1, "what did not end is seen to be cut");
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
}

#[test]
fn shares_are_kept_among_connections() {
    let (one, other) = (Plain::saying("1"), Plain::saying("2"));
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
         listeners: {{db: {{address: \"127.0.0.1:0\", protocol: tcp}}}}\n\
         routes: {{pg: {{listeners: db, to: {{one: 90, other: 10}}}}}}\n\
         clusters: {{one: {{endpoints: [\"{}\"]}}, other: {{endpoints: [\"{}\"]}}}}\n",
        one.address(),
        other.address()
    ));
    const ALL: usize = 1000;
    for _ in 0..ALL {
        connect(&proxy).read_exact(&mut [0]).unwrap();
    }
    assert_eq!(one.connections() + other.connections(), ALL);
    // 100 are expected; to be off by 50 has a chance of less than one in a million
    assert!((50..=150).contains(&other.connections()), "{} of {ALL}", other.connections());
    let counted = |cluster: &str| {
        let labels = format!("route=\"pg\",cluster=\"{cluster}\",subset=\"\",class=\"\"");
        let name = format!("towpath_tcp_connections_total{{{labels},end=\"closed\"}}");
        eventually("all have ended", || proxy.metric(&name))
    };
    eventually("each is counted once", || (counted("one") + counted("other") == ALL as f64).then_some(()));
    assert_eq!(counted("other"), other.connections() as f64);
}

#[test]
fn unix_sockets_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let (front, back) = (folder.path().join("front.sock"), folder.path().join("back.sock"));
    let listener = UnixListener::bind(&back).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let _ = std::io::copy(&mut &stream, &mut &stream);
        }
    });
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\n\
         listeners: {{db: {{address: \"unix:{}\", protocol: tcp}}}}\n\
         routes: {{pg: {{listeners: db, to: app}}}}\n\
         clusters: {{app: {{endpoints: [\"unix:{}\"]}}}}\n",
        front.display(),
        back.display()
    ));
    proxy.line("listening", |line| line.contains("front.sock").then_some(()));
    let mut stream = UnixStream::connect(&front).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"by sockets").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut back = Vec::new();
    stream.read_to_end(&mut back).unwrap();
    assert_eq!(back, b"by sockets");
    proxy.await_metric(&ended("closed"), 1.0);
}

#[test]
fn another_process_takes_what_comes_while_what_is_open_goes_on() {
    let server = Plain::echo();
    let mut proxy = before(server.address());
    let open = connect(&proxy);
    echoed(&open, b"before");
    let mut admin = Client::connect(proxy.admin());
    let text = admin
        .send("POST /upgrade HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        .response()
        .unwrap()
        .text();
    let process = text.strip_prefix("process ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    proxy.succeeded_by(process.unwrap_or_else(|| panic!("no process in {text}")));
    echoed(&connect(&proxy), b"to the new one");
    echoed(&open, b"by the old one");
}

/// A real Redis on a port of its own. It is killed when dropped.
struct Redis(Child);

impl Redis {
    fn start() -> (Self, SocketAddr) {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
        // the server and the tool that checks its files are one program, which goes by its name
        let mut command = Command::new("redis-check-rdb");
        command.arg0("redis-server").args(["--port", &free.port().to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--appendonly", "no"]).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self(command.spawn().expect("redis-tools is installed by ./dev test"));
        eventually("Redis listens", || TcpStream::connect(free).ok());
        (server, free)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn redis_is_served_as_it_is() {
    if support::installed().is_none() {
        return;
    }
    let (_redis, address) = Redis::start();
    let proxy = before(address);
    let port = proxy.address("db").port().to_string();
    let cli = |arguments: &[&str]| {
        let output = Command::new("redis-cli").args(["-p", &port]).args(arguments).output();
        String::from_utf8(output.expect("redis-tools is installed by ./dev test").stdout).unwrap()
    };
    assert_eq!(cli(&["ping"]).trim(), "PONG");
    assert_eq!(cli(&["set", "a", &"x".repeat(100_000)]).trim(), "OK");
    assert_eq!(cli(&["strlen", "a"]).trim(), "100000");
    let bench = Command::new("redis-benchmark")
        .args(["-p", &port, "-n", "2000", "-c", "20", "-P", "8", "-t", "set,get", "-d", "4096", "--csv"])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&bench.stdout).into_owned();
    assert!(bench.status.success() && told.contains("\"GET\""), "{told}");
    proxy.await_metric(&series("connections_open", ""), 0.0);
}
