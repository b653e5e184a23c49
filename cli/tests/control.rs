//! The control server as proxies see it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "the proxies here are no workers")]

#[path = "control/peer.rs"]
mod peer;
#[path = "support/lib.rs"]
mod support;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use peer::{Peer, connect, report};
use support::{Client, Control, PATIENCE, eventually};
use tonic::Code;
use towpath_wire::telemetry::{Series, Telemetry};
use towpath_wire::{Kind, Upsert};

/// A namespace with a listener, two routes and a cluster.
const SHOP: &str = "\
namespace: shop
listeners: {web: {address: \"127.0.0.1:0\"}}
routes:
  all: {to: app}
  gone: {match: {path: /gone}, direct_response: 410}
clusters: {app: {endpoints: [\"127.0.0.1:9\"]}}
";

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // each wait inside has its own patience
    runtime.block_on(async { tokio::time::timeout(5 * PATIENCE, test).await.expect("it comes to its end") })
}

/// A change of the route `all`.
fn changed(timeout: &str) -> String {
    SHOP.replace("all: {to: app}", &format!("all: {{to: app, timeout: {timeout}}}"))
}

fn has(peer: &Peer, timeout: &str) -> bool {
    peer.route("shop/all").is_some_and(|text| text.contains(&format!("\"{timeout}\"")))
}

#[test]
fn a_proxy_gets_what_the_files_say_and_then_only_what_changes() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open(&channel, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        let names: Vec<_> = peer.held.keys().map(|(kind, name)| format!("{} {name}", kind.name())).collect();
        for name in [
            "cluster shop/app",
            "endpoints shop/app",
            "listener shop/web",
            "route shop/all",
            "route shop/gone",
        ] {
            assert!(names.iter().any(|held| held == name), "{name}: {names:?}");
        }
        let before = peer.sent;
        server.write("shop.yaml", &changed("7s"));
        peer.until("the change", |peer| has(peer, "7s")).await;
        assert_eq!(peer.sent, before + 1);
        server.says("every proxy has judged the revision");
        // what is gone is removed there
        server
            .write("shop.yaml", &SHOP.replace("  gone: {match: {path: /gone}, direct_response: 410}\n", ""));
        peer.until("the removal", |peer| peer.route("shop/gone").is_none()).await;
    });
}

#[test]
fn a_broken_file_keeps_what_was_good_while_others_apply() {
    let more = "namespace: shop\nroutes: {more: {match: {path: /more}, to: app}}\n";
    let server = Control::start(&[("shop.yaml", SHOP), ("more.yaml", more)], "");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open(&channel, "p1").await;
        peer.until("all of it", |peer| peer.route("shop/more").is_some()).await;
        server.write("more.yaml", "namespace: shop\nroutes: {more: {match: {path: more}, to: app}}\n");
        server.says("what was good of it stays");
        server.write("shop.yaml", &changed("7s"));
        peer.until("the other file", |peer| has(peer, "7s")).await;
        assert!(peer.route("shop/more").unwrap().contains("/more"));
        server.write("more.yaml", &more.replace("/more", "/mended"));
        peer.until("the mended file", |peer| peer.route("shop/more").unwrap().contains("/mended")).await;
    });
}

#[test]
fn what_was_good_of_a_broken_file_is_there_after_a_restart() {
    let mut server = Control::start(&[("shop.yaml", SHOP)], "");
    run(async {
        let mut peer = Peer::open(&connect(server.push()).await, "p1").await;
        peer.until("all of it", |peer| peer.route("shop/all").is_some()).await;
        server.write("shop.yaml", "namespace: shop\nroutes: {all: {too: app}}\n");
        server.says("what was good of it stays");
        server.again();
        let mut peer = Peer::open(&connect(server.push()).await, "p2").await;
        peer.until("all of it", |peer| peer.route("shop/all").is_some_and(|text| text.contains("app"))).await;
    });
}

#[test]
fn after_a_restart_nothing_is_sent_again() {
    let mut server = Control::start(&[("shop.yaml", SHOP)], "");
    run(async {
        let mut peer = Peer::open(&connect(server.push()).await, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        server.again();
        assert!(peer.next().await.is_err(), "the stream has ended");
        let mut peer = peer.reopen(&connect(server.push()).await).await;
        server.write("shop.yaml", &changed("7s"));
        peer.until("the change", |peer| has(peer, "7s")).await;
        assert_eq!(peer.sent, 1, "only what it did not have");
    });
}

#[test]
fn a_proxy_with_an_older_version_gets_what_is_new_since() {
    let mut server = Control::start(&[("shop.yaml", SHOP)], "");
    run(async {
        let mut peer = Peer::open(&connect(server.push()).await, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        // while it is away one route changes, twice, one goes, and the server is another one
        server.again();
        server.write("shop.yaml", &changed("6s"));
        server.says("revision=2");
        server.write(
            "shop.yaml",
            &changed("7s").replace("  gone: {match: {path: /gone}, direct_response: 410}\n", ""),
        );
        server.says("revision=3");
        let mut peer = peer.reopen(&connect(server.push()).await).await;
        peer.until("what is new", |peer| has(peer, "7s") && peer.route("shop/gone").is_none()).await;
        assert_eq!(peer.sent, 1, "one route, in its newest version");
    });
}

#[test]
fn a_half_written_file_takes_nothing_away() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open(&channel, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        // an editor that writes in place, and is slow
        let text = changed("7s");
        let half = text.find("direct_response").unwrap();
        std::fs::write(server.mesh().join("shop.yaml"), &text[..half]).unwrap();
        server.says("what was good of it stays");
        let mut other = Peer::open(&channel, "p2").await;
        other.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        assert!(!has(&other, "7s") && other.route("shop/gone").is_some());
        std::fs::write(server.mesh().join("shop.yaml"), &text).unwrap();
        peer.until("the change", |peer| has(peer, "7s")).await;
        assert!(peer.route("shop/gone").is_some());
    });
}

#[test]
fn a_server_that_knows_nothing_yet_takes_nothing_away() {
    let full = Control::start(&[("shop.yaml", SHOP)], "");
    let empty = Control::start(&[], "");
    run(async {
        let mut peer = Peer::open(&connect(full.push()).await, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        let channel = connect(empty.push()).await;
        let mut peer = peer.reopen(&channel).await;
        let status = peer.next().await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        empty.write("shop.yaml", &changed("7s"));
        let first = loop {
            peer = peer.reopen(&channel).await;
            if let Ok(batch) = peer.next().await {
                break batch;
            }
        };
        assert!(first.removals.is_empty());
        peer.judge(&first, |_| None).await;
        peer.until("the first revision", |peer| has(peer, "7s")).await;
    });
}

#[test]
fn the_newest_stream_of_a_proxy_stays() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    run(async {
        let channel = connect(server.push()).await;
        let mut older = Peer::open(&channel, "p1").await;
        older.until("all of it", Peer::is_synced).await;
        let mut newer = Peer::open(&channel, "p1").await;
        newer.until("all of it", Peer::is_synced).await;
        let status = loop {
            match older.next().await {
                Ok(batch) => older.judge(&batch, |_| None).await,
                Err(status) => break status,
            }
        };
        assert_eq!(status.code(), Code::Aborted, "{status}");
        server.write("shop.yaml", &changed("7s"));
        newer.until("the change", |peer| has(peer, "7s")).await;
    });
}

#[test]
fn so_many_streams_are_served_and_the_rest_is_told() {
    let server = Control::start(&[("shop.yaml", SHOP)], "limits: {streams: 2}\n");
    run(async {
        let channel = connect(server.push()).await;
        let mut peers = Vec::new();
        for id in ["p1", "p2"] {
            let mut peer = Peer::open(&channel, id).await;
            peer.until("all of it", Peer::is_synced).await;
            peers.push(peer);
        }
        let status = Peer::open(&channel, "p3").await.next().await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
        drop(peers.pop());
        server.says("a proxy disconnected");
        Peer::open(&channel, "p3").await.until("all of it", Peer::is_synced).await;
    });
}

#[test]
fn who_subscribes_to_too_much_is_told() {
    let server = Control::start(&[("shop.yaml", SHOP)], "limits: {names: 2}\n");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open_for(&channel, "p1", Kind::Route, &["shop/a", "shop/b", "shop/c"]).await;
        assert_eq!(peer.next().await.unwrap_err().code(), Code::ResourceExhausted);
    });
}

#[test]
fn a_message_that_is_too_large_ends_its_stream() {
    let server = Control::start(&[("shop.yaml", SHOP)], "limits: {message_bytes: 16KiB}\n");
    run(async {
        let channel = connect(server.push()).await;
        let names: Vec<_> = (0..1000).map(|number| format!("shop/a-long-name-{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let mut peer = Peer::open_for(&channel, "p1", Kind::Route, &names).await;
        assert!(peer.next().await.is_err());
        Peer::open(&channel, "p2").await.until("all of it", Peer::is_synced).await;
    });
}

#[test]
fn a_stream_that_is_old_ends() {
    let server = Control::start(&[("shop.yaml", SHOP)], "stream_age: 200ms\n");
    run(async {
        let mut peer = Peer::open(&connect(server.push()).await, "p1").await;
        let status = loop {
            match peer.next().await {
                Ok(batch) => peer.judge(&batch, |_| None).await,
                Err(status) => break status,
            }
        };
        assert!(status.message().contains("old"), "{status}");
    });
}

#[test]
fn a_proxy_that_never_answers_or_never_stops_asking_hurts_nobody() {
    let server = Control::start(&[("shop.yaml", SHOP)], "limits: {messages_per_second: 10}\n");
    run(async {
        let channel = connect(server.push()).await;
        let mut silent = Peer::open(&channel, "silent").await;
        silent.next().await.unwrap();
        let loud = Peer::open(&channel, "loud").await;
        let flood = tokio::spawn(async move { loud.flood(10_000).await });
        let mut peer = Peer::open(&channel, "p1").await;
        for timeout in ["1s", "2s", "3s"] {
            server.write("shop.yaml", &changed(timeout));
            peer.until("the change", |peer| has(peer, timeout)).await;
        }
        assert!(!flood.is_finished(), "the flood is read slowly");
        flood.abort();
    });
}

/// Applies a document by the API, and waits: what the fleet made of it.
fn apply(server: &Control, text: &str, wait: &str) -> serde_json::Value {
    let mut client = Client::connect(server.api());
    client.send(format!(
        "POST /api/v1/apply?wait={wait} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/yaml\r\n\
         Content-Length: {}\r\n\r\n{text}",
        text.len()
    ));
    let told: serde_json::Value = serde_json::from_str(&client.response().unwrap().text()).unwrap();
    told["fleet"].clone()
}

#[test]
fn who_waits_hears_that_a_revision_was_taken_back() {
    let server = Control::start(&[("shop.yaml", SHOP)], "staged: {steps: [one, all], hold: 1m}\n");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open(&channel, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        let peer = tokio::spawn(async move {
            while let Ok(batch) = peer.next().await {
                peer.judge(&batch, |one| one.text.contains("\"7s\"").then(|| "unlucky".to_owned())).await;
            }
        });
        let fleet = apply(&server, &changed("7s"), "60s");
        assert_eq!(fleet["settled"], false, "{fleet}");
        assert!(fleet["taken_back"].as_str().unwrap().contains("unlucky"), "{fleet}");
        let fleet = apply(&server, &changed("8s"), "60s");
        assert_eq!((&fleet["settled"], &fleet["stage"]["step"]), (&true.into(), &1.into()), "{fleet}");
        peer.abort();
    });
}

#[test]
fn only_those_whom_a_change_concerns_are_waited_for() {
    let pay = "namespace: pay\nclusters: {ledger: {endpoints: [\"127.0.0.1:8\"]}}\n";
    let server = Control::start(&[("shop.yaml", SHOP), ("pay.yaml", pay)], "");
    run(async {
        let channel = connect(server.push()).await;
        let mut silent = Peer::open(&channel, "silent").await;
        silent.next().await.unwrap();
        let settled = |text: &str, wait: &str| apply(&server, text, wait)["settled"].clone();
        assert_eq!(settled(&pay.replace(":8", ":7"), "60s"), true, "it has nothing to do with that");
        assert_eq!(settled(&changed("7s"), "1s"), false);
        drop(silent);
        server.says("a proxy disconnected");
        assert_eq!(settled(&changed("8s"), "60s"), true);
    });
}

#[test]
fn a_thousand_proxies_come_back_at_once() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    run(async {
        let mut channels = Vec::new();
        for _ in 0..20 {
            channels.push(connect(server.push()).await);
        }
        let storm: Vec<_> = (0..1000)
            .map(|number| {
                let channel = channels[number % channels.len()].clone();
                tokio::spawn(async move {
                    let mut peer = Peer::open(&channel, &format!("p{number}")).await;
                    peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
                    peer
                })
            })
            .collect();
        let mut peers = Vec::new();
        for peer in storm {
            peers.push(peer.await.unwrap());
        }
        server.write("shop.yaml", &changed("7s"));
        let followed: Vec<_> = peers
            .into_iter()
            .map(|mut peer| {
                tokio::spawn(async move {
                    peer.until("the change", |peer| has(peer, "7s")).await;
                    peer
                })
            })
            .collect();
        let mut peers = Vec::new();
        for peer in followed {
            peers.push(peer.await.unwrap());
        }
        server.says("proxies=1000");
    });
}

#[test]
fn a_revision_that_a_proxy_rejects_is_taken_back_before_others_get_it() {
    let server = Control::start(&[("shop.yaml", SHOP)], "staged: {steps: [one, all], hold: 1m}\n");
    run(async {
        let channel = connect(server.push()).await;
        let asked = Arc::new(AtomicUsize::new(0));
        for id in ["p1", "p2", "p3"] {
            let mut peer = Peer::open(&channel, id).await;
            peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
            let asked = Arc::clone(&asked);
            tokio::spawn(async move {
                let unlucky = |one: &Upsert| one.text.contains("\"7s\"");
                while let Ok(batch) = peer.next().await {
                    asked.fetch_add(usize::from(batch.upserts.iter().any(unlucky)), Ordering::SeqCst);
                    peer.judge(&batch, |one| unlucky(one).then(|| "this timeout is unlucky".to_owned()))
                        .await;
                }
            });
        }
        server.write("shop.yaml", &changed("7s"));
        let line = server.says("a staged revision is taken back");
        assert!(line.contains("rejects the route shop/all: this timeout is unlucky"), "{line}");
        eventually("the file says what was before", || (server.read("shop.yaml") == SHOP).then_some(()));
        server.says("revision 2 taken back");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn what_other_namespaces_changed_meanwhile_is_not_taken_back() {
    let pay = "namespace: pay\nclusters: {ledger: {endpoints: [\"127.0.0.1:8\"]}}\n";
    let server =
        Control::start(&[("shop.yaml", SHOP), ("pay.yaml", pay)], "staged: {steps: [one, all], hold: 1m}\n");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open(&channel, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        server.write("shop.yaml", &changed("7s"));
        let batch = peer.next().await.unwrap();
        // while the proxy thinks about it, somebody else changes what is theirs
        let theirs = pay.replace(":8", ":7");
        server.write("pay.yaml", &theirs);
        server.says("revision=3");
        peer.judge(&batch, |_| Some("no".to_owned())).await;
        eventually("the file says what was before", || (server.read("shop.yaml") == SHOP).then_some(()));
        assert!(server.says("revision 3 taken back").contains("revision=4"));
        assert_eq!(server.read("pay.yaml"), theirs);
    });
}

#[test]
fn where_the_source_cannot_be_told_the_proxies_keep_what_was_and_others_go_on() {
    let shop = |more: &str| {
        let ledger = "  ledger: {match: {path: /ledger}, to: \"pay:ledger\"}\n";
        SHOP.replace("all: {to: app}\n", &format!("all: {{to: app{more}}}\n{ledger}"))
    };
    let pay = |port: u16| {
        format!(
            "namespace: pay\nclusters: {{ledger: {{endpoints: [\"127.0.0.1:{port}\"]}}}}\n\
             grants: {{shop: {{from: shop, clusters: [ledger]}}}}\n"
        )
    };
    let mut server = Control::start(
        &[("shop.yaml", &shop("")), ("pay.yaml", &pay(7))],
        "staged: {steps: [one, all], hold: 100ms}\n",
    );
    // where a change is noted before it is written
    std::fs::create_dir(server.mesh().join(".towpath-journal.new")).unwrap();
    let unlucky = |one: &Upsert| one.text.contains("\"7s\"").then(|| "this timeout is unlucky".to_owned());
    let port = |peer: &Peer, port: &str| {
        let endpoints = peer.held.get(&(Kind::Endpoints, "pay/ledger".into()));
        endpoints.is_some_and(|text| text.contains(port))
    };
    run(async {
        let mut peer = Peer::open(&connect(server.push()).await, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && port(peer, ":7")).await;
        server.write("shop.yaml", &shop(", timeout: 7s"));
        loop {
            let batch = peer.next().await.unwrap();
            let is_unlucky = batch.upserts.iter().any(|one| unlucky(one).is_some());
            peer.judge(&batch, unlucky).await;
            if is_unlucky {
                break;
            }
        }
        server.says("the source could not be told");
        server.write("pay.yaml", &pay(8));
        peer.until_but("what others changed", unlucky, |peer| port(peer, ":8")).await;
        assert!(server.read("shop.yaml").contains("7s"), "the file stays as it is");
        // another server knows of it
        server.again();
        let mut other = Peer::open(&connect(server.push()).await, "p2").await;
        other.until("all of it", |peer| peer.is_synced() && port(peer, ":8")).await;
        assert!(other.route("shop/all").is_some_and(|text| !text.contains("7s")), "{:?}", other.held);
        let mut peer = peer.reopen(&connect(server.push()).await).await;
        server.write("shop.yaml", &shop(", timeout: 9s"));
        let changed = |peer: &Peer| has(peer, "9s");
        tokio::join!(
            peer.until_but("what was changed there", unlucky, changed),
            other.until_but("what was changed there", unlucky, changed)
        );
    });
}

#[test]
fn more_failures_take_a_revision_back() {
    let server = Control::start(&[("shop.yaml", SHOP)], "staged: {steps: [one, all], hold: 1m}\n");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open(&channel, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        let (reports, _wishes) = report(&channel).await;
        let counted = |requests: u64, failures: u64| Telemetry {
            id: "p1".into(),
            namespace: "shop".into(),
            series: vec![Series {
                route: "all".into(),
                codes: vec![0, requests - failures, 0, 0, failures],
                failures,
                ..Series::default()
            }],
            ..Telemetry::default()
        };
        reports.send(counted(100, 1)).await.unwrap();
        server.write("shop.yaml", &changed("7s"));
        peer.until("the change", |peer| has(peer, "7s")).await;
        let failing = tokio::spawn(async move {
            // as long as anybody listens
            while reports.send(counted(100, 30)).await.is_ok() {
                tokio::task::yield_now().await;
            }
        });
        peer.until("what was before", |peer| !has(peer, "7s")).await;
        let line = server.says("a staged revision is taken back");
        assert!(line.contains("requests failed"), "{line}");
        failing.abort();
    });
}

#[test]
fn a_host_is_told_to_those_who_ask() {
    let hosts =
        SHOP.replace("all: {", "all: {hosts: [a.test], ").replace("gone: {", "gone: {hosts: [c.test], ");
    let server = Control::start(&[("shop.yaml", &hosts)], "");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open_for(&channel, "p1", Kind::Host, &["shop/a.test", "shop/b.test"]).await;
        let mut removed = Vec::new();
        while removed.is_empty() || peer.held.is_empty() {
            let batch = peer.next().await.unwrap();
            removed.extend(batch.removals.iter().map(|name| name.to_string()));
            peer.judge(&batch, |_| None).await;
        }
        assert!(removed.contains(&"shop/b.test".to_owned()), "{removed:?}");
        let text = &peer.held[&(Kind::Host, "shop/a.test".into())];
        assert!(text.contains("shop/all") && text.contains("shop/app"), "{text}");
    });
}

#[test]
fn hosts_stay_known_when_a_proxy_comes_to_another_view() {
    let server = Control::start(&[("shop.yaml", &SHOP.replace("all: {", "all: {hosts: [a.test], "))], "");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open_for(&channel, "p1", Kind::Host, &["shop/a.test"]).await;
        peer.until("the host", |peer| !peer.held.is_empty()).await;
        // another listener is another view, and the host is served by another cluster now
        let more = SHOP.replace("all: {to: app", "all: {hosts: [a.test], to: other");
        let more = more.replace("{web: {", "{more: {address: \"127.0.0.1:0\"}, web: {");
        server.write("shop.yaml", &more.replace("{app: {", "{other: {endpoints: []}, app: {"));
        let batch = peer.next().await.unwrap();
        assert!(batch.removals.is_empty(), "{batch:?}");
        assert!(batch.upserts[0].text.contains("shop/other"), "{batch:?}");
    });
}

#[test]
fn a_host_that_was_asked_for_during_a_stage_stays_known_after_it() {
    let text = SHOP.replace("all: {", "all: {hosts: [a.test, c.test], ");
    let server = Control::start(&[("shop.yaml", &text)], "staged: {steps: [one, all], hold: 300ms}\n");
    run(async {
        let channel = connect(server.push()).await;
        let mut peers = Vec::new();
        for id in ["p1", "p2"] {
            let mut peer = Peer::open_for(&channel, id, Kind::Host, &["shop/b.test"]).await;
            peer.until("the host", |peer| !peer.held.is_empty()).await;
            peers.push(peer);
        }
        server.write(
            "shop.yaml",
            &text.replace("to: app", "to: other").replace("{app: {", "{other: {endpoints: []}, app: {"),
        );
        server.says("a staged revision goes further");
        // only one of them has the revision by now
        for (peer, host) in peers.iter_mut().zip(["shop/a.test", "shop/c.test"]) {
            peer.want(Kind::Host, &[host]).await;
        }
        let followed: Vec<_> = peers
            .into_iter()
            .map(|mut peer| {
                tokio::spawn(async move {
                    while !peer.held.values().any(|text| text.contains("shop/other")) {
                        let batch = peer.next().await.unwrap();
                        assert!(batch.removals.is_empty(), "{batch:?}");
                        peer.judge(&batch, |_| None).await;
                    }
                    peer
                })
            })
            .collect();
        let mut peers = Vec::new();
        for peer in followed {
            peers.push(peer.await.unwrap());
        }
    });
}

#[test]
fn the_example_is_what_it_says() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/examples/control");
    let read = |name: &str| std::fs::read_to_string(examples.join(name)).unwrap();
    let (shop, payments) = (read("mesh/shop.yaml"), read("mesh/payments.yaml"));
    let settings = read("control.yaml");
    let staged = settings.split_once("\nstaged:").unwrap().1;
    let server =
        Control::start(&[("shop.yaml", &shop), ("payments.yaml", &payments)], &format!("staged:{staged}"));
    run(async {
        let channel = connect(server.push()).await;
        let mut edge = Peer::labelled(&channel, "edge", &[("role", "edge")]).await;
        edge.until("its table", |peer| peer.route("shop/pay").is_some() && peer.is_synced()).await;
        let names: Vec<_> = edge.held.keys().map(|(kind, name)| format!("{} {name}", kind.name())).collect();
        for name in
            ["listener shop/web", "cluster payments/ledger", "endpoints shop/checkout", "route shop/shop"]
        {
            assert!(names.iter().any(|held| held == name), "{name}: {names:?}");
        }
        assert!(!names.iter().any(|held| held.ends_with("vault")), "{names:?}");
        let mut sidecar = Peer::labelled(&channel, "sidecar", &[("role", "sidecar")]).await;
        sidecar.until("its table", |peer| peer.route("shop/shop").is_some() && peer.is_synced()).await;
        assert!(sidecar.route("shop/pay").is_none(), "its scope does not reach it");
        assert!(!server.log().contains("WARN"), "{}", server.log());
    });
}

#[test]
fn a_source_that_disappears_takes_nothing_away() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open(&channel, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        let away = server.mesh().with_extension("away");
        std::fs::rename(server.mesh(), &away).unwrap();
        server.says("what the source said before stays");
        let mut other = Peer::open(&channel, "p2").await;
        other.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        std::fs::write(away.join("shop.yaml"), changed("7s")).unwrap();
        std::fs::rename(&away, server.mesh()).unwrap();
        peer.until("the change", |peer| has(peer, "7s")).await;
        assert!(peer.route("shop/gone").is_some());
    });
}

#[test]
fn what_cannot_be_kept_is_not_pushed_and_what_runs_goes_on() {
    let server = Control::limited(8 << 10, &[("shop.yaml", SHOP)]);
    run(async {
        let channel = connect(server.push()).await;
        let mut peer = Peer::open(&channel, "p1").await;
        peer.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        // a text that the store has no room for
        let letters = "x".repeat(12 << 20);
        server.write("shop.yaml", &format!("{}# {letters}\n", changed("8s")));
        server.says("cannot be kept, so it is not pushed");
        let mut other = Peer::open(&channel, "p2").await;
        other.until("all of it", |peer| peer.is_synced() && peer.held.len() >= 5).await;
        assert!(!has(&other, "8s"));
        server.write("shop.yaml", &changed("7s"));
        peer.until("what has room", |peer| has(peer, "7s")).await;
    });
}

#[test]
fn the_end_is_said_and_comes() {
    let mut server = Control::start(&[("shop.yaml", SHOP)], "");
    run(async {
        let mut peer = Peer::open(&connect(server.push()).await, "p1").await;
        peer.until("all of it", Peer::is_synced).await;
        server.process().signal("TERM");
        let status = loop {
            match peer.next().await {
                Ok(batch) => peer.judge(&batch, |_| None).await,
                Err(status) => break status,
            }
        };
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        drop(peer);
        assert!(server.process().wait().success());
    });
}

#[test]
fn what_cannot_be_used_is_said() {
    let towpath = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_towpath")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("bad.yaml"), "source: {directory: mesh}\nlimits: {stream: 1}\n").unwrap();
    let (code, told) = towpath(&["control", "-c", &path("bad.yaml")]);
    assert_eq!(code, Some(2));
    assert!(told.contains("bad.yaml:2:10") && told.contains("did you mean `streams`?"), "{told}");
    let (code, told) = towpath(&["control", "--source", &path("nowhere"), "--state", &path("state")]);
    assert_eq!(code, Some(1));
    assert!(told.contains("cannot read the directory") && told.contains("nowhere"), "{told}");
    let (code, told) = towpath(&["control", "--store", "--push", "localhost"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("# --push"), "{told}");
    let (code, _) = towpath(&["control"]);
    assert_eq!(code, Some(2));
}
