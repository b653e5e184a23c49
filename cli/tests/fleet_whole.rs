//! The control server and proxies together, each a process of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use support::{Client, Control, Proxy, Upstream, eventually, get};

/// A namespace in which everything goes to one cluster, and one in which another one is lent.
fn shop(app: &Upstream, more: &str) -> String {
    format!(
        "namespace: shop\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes:\n  all: {{to: app}}\n{more}\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        app.address()
    )
}

fn pay(ledger: &Upstream) -> String {
    format!(
        "namespace: pay\n\
         clusters: {{ledger: {{endpoints: [\"{}\"], timeout: 5s}}}}\n\
         grants: {{shop: {{from: shop, clusters: [ledger]}}}}\n",
        ledger.address()
    )
}

fn proxy(server: &Control, id: &str, control: &str) -> Proxy {
    Proxy::start(&format!(
        "proxy: {{id: {id}, namespace: shop, workers: 2, admin: \"127.0.0.1:0\", control: {{address: \"{}\"{control}}}}}\n",
        server.push()
    ))
}

fn stored(state: &Path) -> String {
    format!(", state: {}", state.display())
}

fn text(proxy: &Proxy, path: &str) -> String {
    get(proxy.address("web"), path).unwrap().text()
}

const LEDGER: &str = "  ledger: {match: {path: /ledger}, to: \"pay:ledger\"}\n";

#[test]
fn two_proxies_follow_the_files_across_namespaces() {
    let (app, ledger) = (Upstream::saying("app"), Upstream::saying("ledger"));
    let server = Control::start(&[("shop.yaml", &shop(&app, "")), ("pay.yaml", &pay(&ledger))], "");
    let proxies = ["p1", "p2"].map(|id| proxy(&server, id, ""));
    proxies.iter().for_each(Proxy::await_ready);
    assert!(proxies.iter().all(|proxy| text(proxy, "/ledger") == "app"));
    server.write("shop.yaml", &shop(&app, LEDGER));
    for proxy in &proxies {
        eventually("it follows", || (text(proxy, "/ledger") == "ledger").then_some(()));
    }
    // what is wrong stays with the server, and what is good goes on
    server.write("shop.yaml", &shop(&app, "  bad: {to: nowhere}\n"));
    server.write("pay.yaml", &pay(&app));
    for proxy in &proxies {
        eventually("the other namespace follows", || (text(proxy, "/ledger") == "app").then_some(()));
    }
}

#[test]
fn the_server_is_killed_and_no_request_fails() {
    let (app, state) = (Upstream::saying("app"), tempfile::tempdir().unwrap());
    let mut server = Control::start(&[("shop.yaml", &shop(&app, ""))], "");
    let proxy = proxy(&server, "p1", &stored(state.path()));
    proxy.await_ready();
    let (over, web) = (AtomicBool::new(false), proxy.address("web"));
    thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut client = Client::connect(web);
            while !over.load(Ordering::SeqCst) {
                client.send("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
                assert_eq!(client.response().expect("an answer").status, 200);
            }
        });
        server.again();
        eventually("it is lost and there again", || {
            (client.is_finished() || proxy.metric("towpath_control_connects_total")? >= 2.0).then_some(())
        });
        server.write("shop.yaml", &shop(&app, "  new: {match: {path: /new}, direct_response: 204}\n"));
        eventually("it follows", || {
            (client.is_finished() || get(web, "/new").ok()?.status == 204).then_some(())
        });
        over.store(true, Ordering::SeqCst);
        client.join().expect("no request fails");
    });
}

#[test]
fn a_host_is_fetched_from_the_server() {
    let app = Upstream::saying("app");
    let routes = "  other: {hosts: [other.test], match: {path: /*}, direct_response: 204}\n";
    let server = Control::start(
        &[("shop.yaml", &shop(&app, routes).replace("all: {to", "all: {hosts: [shop.test], to"))],
        "",
    );
    let proxy = proxy(&server, "p1", ", on_demand: true");
    proxy.await_ready();
    assert_eq!(text(&proxy, "/"), "app");
    let answer = |host: &str| {
        let mut client = Client::connect(proxy.address("web"));
        client.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        client.response().unwrap().status
    };
    assert_eq!((answer("other.test"), answer("unknown.test")), (204, 404));
}
