//! A control server and its proxies, both the real ones: what happens to requests while the server has trouble.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use support::{Client, Control, Proxy, Upstream, eventually, get, installed};

/// What the shop's proxies run; `more` stands behind the route `all`.
fn shop(upstream: &Upstream, more: &str) -> String {
    format!(
        "namespace: shop\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes:\n\
         \x20 all: {{to: app{more}}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    )
}

/// Answers of the route `all` that are told apart by a header.
fn marked(word: &str) -> String {
    format!(", headers: {{response: {{set: {{x-table: {word}}}}}}}")
}

fn proxy(server: SocketAddr, id: &str) -> Proxy {
    launched(&["env"], server, id)
}

/// A proxy that is started by a program which runs the command behind its arguments.
fn launched(launcher: &[&str], server: SocketAddr, id: &str) -> Proxy {
    let table = format!(
        "proxy: {{id: {id}, namespace: shop, workers: 1, admin: \"127.0.0.1:0\", control: {{address: \"{server}\"}}}}\n"
    );
    let proxy = Proxy::start_by(launcher, &table);
    proxy.await_ready();
    proxy
}

/// Whether answers of the proxy have this mark.
fn runs(proxy: &Proxy, word: &str) -> bool {
    get(proxy.address("web"), "/").unwrap().value("x-table") == Some(word)
}

/// Requests one after another on connections of their own, until it is told to stop. Every one must be answered well.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
}

impl Load {
    fn on(proxy: &Proxy) -> Self {
        let (stop, answered) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (stopped, counted, address) = (Arc::clone(&stop), Arc::clone(&answered), proxy.address("web"));
        let thread = thread::spawn(move || {
            let mut client = Client::connect(address);
            while !stopped.load(Ordering::SeqCst) {
                client.send("GET /load HTTP/1.1\r\nHost: a.test\r\n\r\n");
                assert_eq!(client.response().expect("an answer").status, 200);
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { stop, answered, thread }
    }

    /// Waits for so many more answers.
    fn more(&self, count: usize) {
        let until = self.answered.load(Ordering::SeqCst) + count;
        eventually("more answers", || {
            (self.thread.is_finished() || self.answered.load(Ordering::SeqCst) >= until).then_some(())
        });
        assert!(!self.thread.is_finished(), "a request failed");
    }

    fn end(self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("no request failed");
    }
}

#[test]
fn a_server_that_is_killed_and_started_again_under_load_costs_no_request() {
    let upstream = Upstream::echo();
    let mut server = Control::start(&[("shop.yaml", &shop(&upstream, &marked("one")))], "");
    let proxies = ["p1", "p2"].map(|id| proxy(server.push(), id));
    let loads = proxies.each_ref().map(Load::on);
    assert!(proxies.iter().all(|proxy| runs(proxy, "one")));
    for word in ["two", "three"] {
        server.again();
        loads.iter().for_each(|load| load.more(50));
        server.write("shop.yaml", &shop(&upstream, &marked(word)));
        for proxy in &proxies {
            eventually("the change", || runs(proxy, word).then_some(()));
        }
    }
    loads.into_iter().for_each(Load::end);
}

#[test]
fn a_revision_that_every_proxy_rejects_is_taken_back_and_costs_no_request() {
    let upstream = Upstream::echo();
    let first = shop(&upstream, &marked("one"));
    let server = Control::start(&[("shop.yaml", &first)], "staged: {steps: [one, all], hold: 1m}\n");
    let proxies = ["p1", "p2"].map(|id| proxy(server.push(), id));
    let loads = proxies.each_ref().map(Load::on);
    // an address that is taken
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = format!("listeners: {{more: {{address: \"{}\"}}, web:", taken.local_addr().unwrap());
    server.write("shop.yaml", &first.replace("listeners: {web:", &other));
    let line = server.says("a staged revision is taken back");
    assert!(line.contains("rejects the listener shop/more"), "{line}");
    eventually("the file says what was before", || (server.read("shop.yaml") == first).then_some(()));
    loads.iter().for_each(|load| load.more(50));
    loads.into_iter().for_each(Load::end);
    assert!(proxies.iter().all(|proxy| runs(proxy, "one")));
}

#[test]
fn clocks_that_jump_cost_no_request_and_no_revision() {
    let Some(tools) = installed() else { return };
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let jump = |offset: &str| {
        let fresh = clock.with_extension("new");
        std::fs::write(&fresh, offset).unwrap();
        std::fs::rename(&fresh, &clock).unwrap();
    };
    jump("+0d");
    // the directory is called after the machine
    let library = tools.join("usr/lib").read_dir().unwrap().filter_map(Result::ok);
    let library = library.map(|machine| machine.path().join("faketime/libfaketimeMT.so.1"));
    let library = library.filter(|library| library.exists()).max().expect("./dev test unpacks it");
    let launcher = [
        "env".to_owned(),
        format!("LD_PRELOAD={}", library.display()),
        format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()),
        "FAKETIME_NO_CACHE=1".to_owned(),
        // what measures how long things take goes on, as the kernel's does
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ];
    let launcher: Vec<&str> = launcher.iter().map(String::as_str).collect();
    let upstream = Upstream::echo();
    let server = Control::launched(&launcher, &[("shop.yaml", &shop(&upstream, &marked("one")))], "");
    let proxies = ["p1", "p2"].map(|id| launched(&launcher, server.push(), id));
    let loads = proxies.each_ref().map(Load::on);
    for (offset, word) in [("+30d", "two"), ("-30d", "three"), ("+0d", "four")] {
        jump(offset);
        server.write("shop.yaml", &shop(&upstream, &marked(word)));
        for proxy in &proxies {
            eventually("the change", || runs(proxy, word).then_some(()));
        }
        loads.iter().for_each(|load| load.more(20));
    }
    loads.into_iter().for_each(Load::end);
    let history = api(&server, "/api/v1/revisions");
    let numbers: Vec<_> =
        history["revisions"].as_array().unwrap().iter().map(|one| one["number"].as_u64()).collect();
    assert_eq!(numbers, [Some(4), Some(3), Some(2), Some(1)], "{history}");
    let time = |at: usize| history["revisions"][at]["time_ms"].as_u64().unwrap();
    assert!(
        time(2) > time(3) + 86_400_000 && time(1) + 86_400_000 < time(3),
        "the clock did jump: {history}"
    );
    let proxies = api(&server, "/api/v1/proxies");
    let listed = proxies["proxies"].as_array().unwrap();
    assert!(listed.len() == 2 && listed.iter().all(|one| one["revision"] == 4), "{proxies}");
}

/// What the API has on a page.
fn api(server: &Control, page: &str) -> serde_json::Value {
    // it wants to be called by its own name
    let mut client = Client::connect(server.api());
    client.send(format!("GET {page} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.api()));
    serde_json::from_str(&client.response().unwrap().text()).unwrap()
}

#[test]
fn what_proxies_count_is_known_to_the_server() {
    let upstream = Upstream::echo();
    let server = Control::start(&[("shop.yaml", &shop(&upstream, ""))], "");
    let proxies = ["p1", "p2"].map(|id| proxy(server.push(), id));
    for proxy in proxies.iter().cycle().take(10) {
        assert_eq!(get(proxy.address("web"), "/").unwrap().status, 200);
    }
    let told = eventually("ten requests", || {
        let told = api(&server, "/api/v1/metrics?window=60s");
        let of_route = told["series"].as_array()?.iter().find(|series| series["route"] == "all")?.clone();
        (of_route["requests"] == 10).then_some(of_route)
    });
    assert_eq!((&told["namespace"], &told["cluster"]), (&"shop".into(), &"app".into()));
    assert!(told["p99_ms"].as_f64().is_some_and(|p99| p99 > 0.0), "{told}");
    assert!(told["response_bytes"].as_u64().is_some_and(|octets| octets > 0), "{told}");
}
