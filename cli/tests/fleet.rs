//! A proxy whose table comes from a control server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the server here is no worker")]

#[path = "fleet/server.rs"]
mod server;
#[path = "support/lib.rs"]
mod support;

use std::cell::Cell;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use server::Server;
use support::{Client, Proxy, Upstream, eventually, get};
use towpath_wire::Kind;

const WEB: (Kind, &str, &str) = (Kind::Listener, "shop/web", r#"{"address":"127.0.0.1:0"}"#);

fn endpoints(upstream: &Upstream) -> String {
    format!("[\"{}\"]", upstream.address())
}

/// A proxy of the namespace `shop`, with more of `control`.
fn proxy(server: SocketAddr, control: &str) -> Proxy {
    Proxy::start(&format!(
        "proxy: {{id: p7, namespace: shop, workers: 2, admin: \"127.0.0.1:0\", control: {{address: \"{server}\"{control}}}}}\n"
    ))
}

fn stored(state: &Path) -> String {
    format!(", state: {}", state.display())
}

fn answer(proxy: &Proxy, path: &str) -> (u16, String) {
    let answer = get(proxy.address("web"), path).unwrap();
    (answer.status, answer.text())
}

/// What `/config` says of the fleet.
fn place(proxy: &Proxy) -> serde_json::Value {
    let page = get(proxy.admin(), "/config").unwrap().text();
    serde_json::from_str::<serde_json::Value>(&page).unwrap()["fleet"].clone()
}

#[test]
fn the_first_table_comes_from_the_server() {
    let app = Upstream::saying("app");
    let server = Server::start(&[]);
    let proxy = proxy(server.address(), "");
    let waiting = get(proxy.admin(), "/ready").unwrap();
    assert_eq!(waiting.status, 503);
    assert!(waiting.text().contains("waiting for the first route table"), "{}", waiting.text());
    server.put(&[
        WEB,
        (Kind::Route, "shop/all", r#"{"to":"app"}"#),
        (Kind::Cluster, "shop/app", "{}"),
        (Kind::Endpoints, "shop/app", &endpoints(&app)),
    ]);
    proxy.await_ready();
    assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()));
    server.settled();
    let place = place(&proxy);
    assert_eq!(
        (&place["connection"]["state"], &place["table"]),
        (&"connected".into(), &"received".into()),
        "{place}"
    );
}

/// What makes everything go to `upstream`.
fn table(upstream: &Upstream) -> Vec<(Kind, &'static str, String)> {
    vec![
        (WEB.0, WEB.1, WEB.2.to_owned()),
        (Kind::Route, "shop/all", r#"{"to":"app"}"#.to_owned()),
        (Kind::Cluster, "shop/app", "{}".to_owned()),
        (Kind::Endpoints, "shop/app", endpoints(upstream)),
    ]
}

fn borrowed<'a>(table: &'a [(Kind, &'a str, String)]) -> Vec<(Kind, &'a str, &'a str)> {
    table.iter().map(|(kind, name, text)| (*kind, *name, text.as_str())).collect()
}

/// A server that sends everything to `upstream`, and a proxy that is ready.
fn serving(upstream: &Upstream, control: &str) -> (Server, Proxy) {
    let server = Server::start(&borrowed(&table(upstream)));
    let proxy = proxy(server.address(), control);
    proxy.await_ready();
    (server, proxy)
}

/// Asks for a page of this host.
fn ask(proxy: &Proxy, host: &str) -> (u16, String) {
    let mut client = Client::connect(proxy.address("web"));
    client.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
    let answer = client.response().unwrap();
    let reason = answer.value("x-towpath-reason").map(str::to_owned);
    (answer.status, reason.unwrap_or_else(|| answer.text()))
}

#[test]
fn changes_cost_no_request() {
    let (one, two) = (Upstream::saying("one"), Upstream::saying("two"));
    let (server, proxy) = serving(&one, "");
    let (over, asked) = (AtomicBool::new(false), AtomicU32::new(0));
    let web = proxy.address("web");
    thread::scope(|scope| {
        let _end = End(&over);
        let clients: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    while !over.load(Ordering::SeqCst) {
                        let answer = get(web, "/").expect("an answer");
                        assert_eq!(answer.status, 200, "{answer:?}");
                        asked.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        let (first, second) = (endpoints(&one), endpoints(&two));
        for round in 0..5 {
            // only endpoints; then a new cluster and the route that goes there; then back, and the cluster is gone
            server.put(&[(Kind::Endpoints, "shop/app", &second)]);
            server.settled();
            server.put(&[
                (Kind::Cluster, "shop/other", "{}"),
                (Kind::Endpoints, "shop/other", &first),
                (Kind::Route, "shop/all", r#"{"to":"other","timeout":"10s"}"#),
            ]);
            server.settled();
            eventually("it goes to the other one", || (answer(&proxy, "/").1 == "one").then_some(()));
            server.put(&[(Kind::Route, "shop/all", r#"{"to":"app"}"#)]);
            server.remove(&[(Kind::Cluster, "shop/other"), (Kind::Endpoints, "shop/other")]);
            server.settled();
            eventually("it goes back", || (answer(&proxy, "/").1 == "two").then_some(()));
            let before = asked.load(Ordering::SeqCst);
            eventually("requests go on", || {
                (asked.load(Ordering::SeqCst) > before || clients.iter().any(|one| one.is_finished()))
                    .then_some(())
            });
            assert!(clients.iter().all(|one| !one.is_finished()), "round {round}");
        }
    });
}

/// Tells clients that it is over, also when the test fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn what_is_wrong_is_rejected_and_the_rest_goes_live() {
    let app = Upstream::saying("app");
    let (server, proxy) = serving(&app, "");
    server.put(&[
        (Kind::Route, "shop/all", r#"{"to":"app","timeot":"1s"}"#),
        (
            Kind::Route,
            "shop/new",
            r#"{"match":{"path":"/new"},"direct_response":{"status":200,"body":"new"}}"#,
        ),
        (Kind::Cluster, "shop/odd", "{]"),
        (Kind::Route, "pay/all", r#"{"to":"app"}"#),
    ]);
    eventually("it is live", || (answer(&proxy, "/new").1 == "new").then_some(()));
    assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()), "the last good one stays");
    let said = server.rejection(Kind::Route, "shop/all");
    assert!(said.contains("timeot") && said.contains("(1:13)"), "{said}");
    assert!(server.rejection(Kind::Cluster, "shop/odd").contains("not JSON"));
    assert!(server.rejection(Kind::Route, "pay/all").contains("namespace"));
    assert!(!server.rejects(Kind::Route, "shop/new"));
    eventually("it is shown", || (place(&proxy)["rejected"].as_array()?.len() == 2).then_some(()));
    proxy
        .line("the rejection", |line| (line.contains("rejected") && line.contains("shop/all")).then_some(()));
    proxy.await_metric("towpath_control_resources{type=\"route\",state=\"rejected\"}", 1.0);
    // mended
    server.put(&[(Kind::Route, "shop/all", r#"{"to":"app","timeout":"1s"}"#)]);
    eventually("it is taken", || (!server.rejects(Kind::Route, "shop/all")).then_some(()));
}

#[test]
fn what_names_others_waits_for_them_and_what_is_needed_is_held() {
    let app = Upstream::saying("app");
    let (server, proxy) = serving(&app, "");
    server.put(&[(Kind::Route, "shop/late", r#"{"match":{"path":"/late"},"to":"late"}"#)]);
    server.settled();
    assert_eq!(answer(&proxy, "/late"), (200, "app".to_owned()), "it waits, and nobody sees it");
    assert_eq!(place(&proxy)["waiting"][0]["name"], "shop/late");
    assert!(!server.rejects(Kind::Route, "shop/late"));
    let late = Upstream::saying("late");
    server.put(&[(Kind::Cluster, "shop/late", "{}"), (Kind::Endpoints, "shop/late", &endpoints(&late))]);
    eventually("it is live", || (answer(&proxy, "/late").1 == "late").then_some(()));
    // the other way round
    server.remove(&[(Kind::Cluster, "shop/late"), (Kind::Endpoints, "shop/late")]);
    eventually("it is held", || place(&proxy)["held"][0]["name"].as_str().map(str::to_owned));
    assert_eq!(answer(&proxy, "/late"), (200, "late".to_owned()));
    server.remove(&[(Kind::Route, "shop/late")]);
    eventually("all is gone", || (answer(&proxy, "/late").1 == "app").then_some(()));
    eventually("nothing is open", || (place(&proxy)["held"].as_array()?.is_empty()).then_some(()));
}

#[test]
fn without_the_server_traffic_goes_on_and_nothing_is_sent_again() {
    let app = Upstream::saying("app");
    let (server, proxy) = serving(&app, "");
    server.settled();
    let address = server.address();
    drop(server);
    proxy.await_metric("towpath_control_connected", 0.0);
    assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()));
    assert_eq!(get(proxy.admin(), "/ready").unwrap().status, 200);
    let place = place(&proxy);
    assert_eq!(place["connection"]["state"], "lost", "{place}");
    let server = Server::start_at(address, &borrowed(&table(&app)));
    server.settled();
    assert_eq!(server.resources(), 0, "it has all of it already");
    proxy.await_metric("towpath_control_connected", 1.0);
    proxy.await_metric("towpath_control_table_age_seconds", 0.0);
}

#[test]
fn what_was_rejected_is_forgotten_when_the_server_is_back_at_what_is_live() {
    let app = Upstream::saying("app");
    let bad = [
        (Kind::Route, "shop/all", r#"{"to":"app","timeot":"1s"}"#),
        (Kind::Endpoints, "shop/app", "[\"nowhere\"]"),
    ];
    for (kind, name, text) in bad {
        let (server, proxy) = serving(&app, "");
        server.put(&[(kind, name, text)]);
        server.rejection(kind, name);
        eventually("it is shown", || (place(&proxy)["rejected"].as_array()?.len() == 1).then_some(()));
        let address = server.address();
        drop(server);
        proxy.await_metric("towpath_control_connected", 0.0);
        let _server = Server::start_at(address, &borrowed(&table(&app)));
        eventually("it is gone", || place(&proxy)["rejected"].as_array()?.is_empty().then_some(()));
        assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()));
    }
}

#[test]
fn the_last_good_table_is_there_before_the_server_is() {
    let (app, state) = (Upstream::saying("app"), tempfile::tempdir().unwrap());
    let file = state.path().join("last-good.yaml");
    let (server, first) = serving(&app, &stored(state.path()));
    server.put(&[(Kind::Settings, "shop/settings", r#"{"defaults":{"timeout":"7s"}}"#)]);
    eventually("it is stored", || fs::read_to_string(&file).ok()?.contains("7s").then_some(()));
    let address = server.address();
    drop((first, server));
    // it is a route table like any other
    let checked = Command::new(env!("CARGO_BIN_EXE_towpath")).arg("check").arg(&file).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));

    let proxy = proxy(address, &stored(state.path()));
    proxy.await_ready();
    assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()));
    proxy.await_metric("towpath_control_table_stored", 1.0);
    let shown = place(&proxy);
    assert!(shown["table"] == "stored" && shown["age"].is_string(), "{shown}");
    let mut table = table(&app);
    table.push((Kind::Settings, "shop/settings", r#"{"defaults":{"timeout":"7s"}}"#.to_owned()));
    let server = Server::start_at(address, &borrowed(&table));
    server.settled();
    assert_eq!(server.resources(), 0, "it has all of it already");
    proxy.await_metric("towpath_control_table_stored", 0.0);
}

#[test]
fn what_is_no_table_of_this_proxy_is_not_used() {
    let (app, state) = (Upstream::saying("app"), tempfile::tempdir().unwrap());
    let file = state.path().join("last-good.yaml");
    let (server, first) = serving(&app, &stored(state.path()));
    let whole = eventually("it is stored", || fs::read_to_string(&file).ok());
    drop(first);
    let foreign = whole.replace("# proxy shop/p7", "# proxy shop/p8");
    for text in [&whole[..whole.len() / 2], &foreign, "proxy: {}\n", ""] {
        fs::write(&file, text).unwrap();
        server.hush(true);
        let proxy = proxy(server.address(), &stored(state.path()));
        proxy.line("the refusal", |line| line.contains("the stored table is not used").then_some(()));
        assert_eq!(get(proxy.admin(), "/startup").unwrap().status, 503);
        server.hush(false);
        proxy.await_ready();
    }
}

#[test]
fn a_full_disk_disturbs_no_request() {
    let (app, folder) = (Upstream::saying("app"), tempfile::tempdir().unwrap());
    // nothing can be made below a file
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (_server, proxy) = serving(&app, &stored(&file.join("state")));
    proxy.line("the failure", |line| line.contains("cannot be stored").then_some(()));
    assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()));
    let failed = || proxy.metric("towpath_control_store_failures_total").filter(|count| *count > 0.0);
    eventually("it is counted", failed);
}

#[test]
fn listeners_come_and_go_and_one_without_its_address_is_rejected() {
    let app = Upstream::saying("app");
    let (server, proxy) = serving(&app, "");
    server.put(&[(Kind::Listener, "shop/second", r#"{"address":"127.0.0.1:0"}"#)]);
    assert_eq!(get(proxy.address("second"), "/").unwrap().text(), "app");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!(r#"{{"address":"{}"}}"#, taken.local_addr().unwrap());
    server.put(&[
        (Kind::Listener, "shop/third", &text),
        (
            Kind::Route,
            "shop/new",
            r#"{"match":{"path":"/new"},"direct_response":{"status":200,"body":"new"}}"#,
        ),
    ]);
    let said = server.rejection(Kind::Listener, "shop/third");
    assert!(said.contains("cannot listen"), "{said}");
    eventually("the rest is live", || (answer(&proxy, "/new").1 == "new").then_some(()));
    server.remove(&[(Kind::Listener, "shop/second")]);
    proxy.line("it is closed", |line| (line.contains("closed") && line.contains("second")).then_some(()));
    assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()));
}

#[test]
fn a_renamed_listener_keeps_its_port_and_two_can_change_places() {
    let app = Upstream::saying("app");
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (one, two) = (free(), free());
    let at = |address: SocketAddr| format!(r#"{{"address":"{address}"}}"#);
    let says = |listener: &str| {
        format!(
            r#"{{"listeners":["{listener}"],"match":{{"path":"/who"}},"direct_response":{{"status":200,"body":"{listener}"}}}}"#
        )
    };
    let (server, proxy) = serving(&app, "");
    let body = |address| get(address, "/who").ok().map(|answer| answer.text());
    let become_ = |address, text: &str| {
        eventually(&format!("{address} is {text}"), || (body(address)? == text).then_some(()));
    };
    server.put(&[
        (Kind::Listener, "shop/a", &at(one)),
        (Kind::Listener, "shop/b", &at(two)),
        (Kind::Route, "shop/ra", &says("a")),
        (Kind::Route, "shop/rb", &says("b")),
    ]);
    become_(one, "a");
    become_(two, "b");
    server.put(&[(Kind::Listener, "shop/a", &at(two)), (Kind::Listener, "shop/b", &at(one))]);
    become_(one, "b");
    become_(two, "a");
    // what comes first finds the address in use, and has it when it is left
    server.put(&[(Kind::Listener, "shop/c", &at(one)), (Kind::Route, "shop/rc", &says("c"))]);
    server.rejection(Kind::Listener, "shop/c");
    server.remove(&[(Kind::Listener, "shop/b"), (Kind::Route, "shop/rb")]);
    become_(one, "c");
    assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()));
}

#[test]
fn a_stored_table_goes_live_without_the_listener_whose_port_is_taken() {
    let (app, state) = (Upstream::saying("app"), tempfile::tempdir().unwrap());
    let file = state.path().join("last-good.yaml");
    let (server, first) = serving(&app, &stored(state.path()));
    let second = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    server.put(&[
        (Kind::Listener, "shop/second", &format!(r#"{{"address":"{second}"}}"#)),
        (Kind::Route, "shop/its", r#"{"listeners":["second"],"match":{"path":"/its"},"to":"app"}"#),
    ]);
    eventually("it is stored", || fs::read_to_string(&file).ok()?.contains("its").then_some(()));
    let address = server.address();
    drop((first, server));
    let _taken = TcpListener::bind(second).unwrap();
    let proxy = proxy(address, &stored(state.path()));
    proxy.await_ready();
    assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()));
    assert_eq!(place(&proxy)["rejected"][0]["name"], "shop/second");
    proxy
        .line("the reason", |line| (line.contains("cannot listen") && line.contains("second")).then_some(()));
}

const ON_DEMAND: &str = ", on_demand: true, hold: 300ms, limits: {waiting: 1}";

#[test]
fn a_host_is_fetched_with_its_first_request() {
    let (app, state) = (Upstream::saying("app"), tempfile::tempdir().unwrap());
    let control = format!("{ON_DEMAND}{}", stored(state.path()));
    let server = Server::start(&borrowed(&table(&app)));
    let served = r#"{"routes":["shop/all"],"clusters":["shop/app"]}"#;
    server.put(&[
        (Kind::Host, "shop/a.test", served),
        (Kind::Cluster, "shop/other", "{}"),
        (Kind::Endpoints, "shop/other", "[]"),
    ]);
    let first = proxy(server.address(), &control);
    first.await_ready();
    assert_eq!(place(&first)["resources"]["cluster"]["live"], 0, "nobody has asked");
    assert_eq!(ask(&first, "a.test"), (200, "app".to_owned()));
    assert_eq!(place(&first)["resources"]["cluster"]["live"], 1, "only what serves the host");
    assert_eq!(
        ask(&first, "b.test"),
        (404, "no-host".to_owned()),
        "a route for all hosts is not there for this one"
    );
    assert_eq!(ask(&first, &"x".repeat(300)), (404, "no-host".to_owned()));
    // it comes to be there, and then it goes
    server.put(&[(Kind::Host, "shop/b.test", served)]);
    eventually("it is there", || (ask(&first, "b.test").0 == 200).then_some(()));
    let file = state.path().join("last-good.yaml");
    eventually("it is stored", || fs::read_to_string(&file).ok()?.contains("b.test").then_some(()));
    let address = server.address();
    drop((first, server));
    // what was known is known without the server
    let proxy = proxy(address, &control);
    proxy.await_ready();
    assert_eq!(ask(&proxy, "b.test"), (200, "app".to_owned()));
    assert_eq!(ask(&proxy, "c.test"), (503, "host-pending".to_owned()));
}

#[test]
fn a_host_is_waited_for_so_long_and_by_so_many() {
    let app = Upstream::saying("app");
    let server = Server::start(&borrowed(&table(&app)));
    let proxy = proxy(server.address(), ON_DEMAND);
    proxy.await_ready();
    server.settled();
    server.hush(true);
    let mut first = Client::connect(proxy.address("web"));
    first.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    eventually("it waits", || proxy.metric("towpath_host_waits_total").filter(|waits| *waits == 1.0));
    // either the first one waits still, or it has given up, and so will this one
    let (status, reason) = ask(&proxy, "a.test");
    assert!(status == 503 && ["host-limit", "host-pending"].contains(&reason.as_str()), "{reason}");
    assert_eq!(first.response().unwrap().value("x-towpath-reason"), Some("host-pending"));
}

#[test]
fn a_server_can_make_a_proxy_hold_so_much() {
    let app = Upstream::saying("app");
    let (server, proxy) = serving(&app, ", limits: {table_bytes: 64KiB, message_bytes: 128KiB}");
    let large = format!(
        r#"{{"match":{{"path":"/large"}},"respond":{{"status":200,"body":"{}"}}}}"#,
        "x".repeat(70 << 10)
    );
    server.put(&[(Kind::Route, "shop/large", &large)]);
    assert!(server.rejection(Kind::Route, "shop/large").contains("table_bytes"));
    let larger = format!(r#"{{"direct_response":{{"status":200,"body":"{}"}}}}"#, "x".repeat(140 << 10));
    server.put(&[(Kind::Route, "shop/large", &larger)]);
    proxy.line("the end of the stream", |line| {
        (line.contains("is lost") && line.contains("message")).then_some(())
    });
    assert_eq!(answer(&proxy, "/"), (200, "app".to_owned()));
}

#[test]
fn another_process_takes_over_with_the_stored_table() {
    let (app, state) = (Upstream::saying("app"), tempfile::tempdir().unwrap());
    let (server, mut proxy) = serving(&app, &stored(state.path()));
    let web = proxy.address("web");
    eventually("it is stored", || state.path().join("last-good.yaml").exists().then_some(()));
    let mut client = Client::connect(proxy.admin());
    client.send("POST /upgrade HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n");
    let answered = client.response().unwrap();
    assert_eq!(answered.status, 200, "{}", answered.text());
    let process = answered.text().split_whitespace().find_map(|word| word.parse().ok()).expect("its id");
    proxy.succeeded_by(process);
    assert_eq!(get(web, "/").unwrap().text(), "app", "at the same address");
    eventually("it is connected", || (server.streams() >= 2).then_some(()));
}

#[test]
fn what_is_counted_goes_to_the_server() {
    let app = Upstream::saying("app");
    let (server, proxy) = serving(&app, "");
    eventually("it reports", || (!server.reports().is_empty()).then_some(()));
    for _ in 0..3 {
        answer(&proxy, "/");
    }
    eventually("they are counted, once", || (told(&server) == 3).then_some(()));
    let last = server.reports().pop().unwrap();
    let state = last.state.unwrap();
    assert_eq!((last.id.as_str(), last.namespace.as_str(), state.generation), ("p7", "shop", 1));
    assert!(state.connected_millis.is_some() && !state.from_disk);
    assert!(state.live.iter().any(|live| live.kind == "route" && live.count == 1), "{state:?}");
    let sequences: Vec<_> = server.reports().iter().map(|report| report.sequence).collect();
    assert!(sequences.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{sequences:?}");
}

/// Requests to the route `all` of which the server was told.
fn told(server: &Server) -> u64 {
    let series = server.reports().into_iter().flat_map(|report| report.series);
    series.filter(|one| one.route == "all" && one.cluster == "app").map(|one| one.codes[1]).sum()
}

/// Whether another route than `all` answers; what it answers is counted.
fn other(proxy: &Proxy, path: &str, asked: &Cell<u64>) -> Option<()> {
    let other = answer(proxy, path).0 == 204;
    asked.set(asked.get() + u64::from(!other));
    other.then_some(())
}

#[test]
fn what_was_counted_last_of_a_route_that_goes_is_told() {
    let app = Upstream::saying("app");
    let (server, proxy) = serving(&app, "");
    // of the table that is live
    eventually("it reports", || {
        server.reports().last()?.state.as_ref().is_some_and(|state| state.generation == 1).then_some(())
    });
    let asked = Cell::new(0);
    let other = |path: &str| other(&proxy, path, &asked);
    for _ in 0..3 {
        other("/");
    }
    server.put(&[(Kind::Route, "shop/other", r#"{"direct_response":204}"#)]);
    server.remove(&[(Kind::Route, "shop/all"), (Kind::Cluster, "shop/app"), (Kind::Endpoints, "shop/app")]);
    eventually("it is gone", || other("/"));
    eventually("they are told, once", || (told(&server) == asked.get()).then_some(()));
    let connections = || -> u64 {
        let clusters = server.reports().into_iter().flat_map(|report| report.clusters);
        let counts = clusters.filter(|cluster| cluster.name == "app").flat_map(|cluster| cluster.counts);
        counts.filter(|count| count.name == "towpath_upstream_connections").map(|count| count.count).sum()
    };
    assert!((1..=asked.get()).contains(&connections()), "{}", connections());
}

#[test]
fn a_proxy_that_ends_stores_its_table_and_tells_what_it_counted() {
    let (app, state) = (Upstream::saying("app"), tempfile::tempdir().unwrap());
    let (server, mut proxy) = serving(&app, &stored(state.path()));
    let file = state.path().join("last-good.yaml");
    eventually("it is stored", || file.exists().then_some(()));
    eventually("it reports", || (!server.reports().is_empty()).then_some(()));
    let asked = Cell::new(0);
    let other = |path: &str| other(&proxy, path, &asked);
    for _ in 0..3 {
        other("/");
    }
    server.put(&[(Kind::Route, "shop/new", r#"{"match":{"path":"/new"},"direct_response":204}"#)]);
    eventually("it is live", || other("/new"));
    proxy.signal("INT");
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
    assert!(fs::read_to_string(&file).unwrap().contains("/new"), "what was live last");
    assert_eq!(told(&server), asked.get());
}

#[test]
fn a_request_that_waits_for_its_host_gets_it_though_the_proxy_drains() {
    let app = Upstream::saying("app");
    let server = Server::start(&borrowed(&table(&app)));
    server.put(&[(Kind::Host, "shop/a.test", r#"{"routes":["shop/all"],"clusters":["shop/app"]}"#)]);
    let mut proxy = proxy(server.address(), ", on_demand: true, hold: 20s");
    proxy.await_ready();
    server.settled();
    server.hush(true);
    let mut client = Client::connect(proxy.address("web"));
    client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    eventually("it waits", || proxy.metric("towpath_host_waits_total").filter(|waits| *waits == 1.0));
    proxy.signal("INT");
    proxy.line("the drain", |line| line.contains("nothing new is taken").then_some(()));
    server.hush(false);
    let answer = client.response().unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "app"));
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
}
