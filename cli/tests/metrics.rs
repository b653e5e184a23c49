//! What a proxy says of its traffic, read by those who will read it: Prometheus's own checker and Python's client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use support::{Client, Proxy, Upstream, eventually, get, installed};

const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0";

/// A proxy whose routes lead to subsets, apart for synthetic traffic, and one that answers itself.
fn start(upstream: &Upstream) -> Proxy {
    Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2, id: \"a\\\"b\"}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}, quiet: {{address: \"127.0.0.1:0\"}}}}\n\
         routes:\n\
         \x20 shop: {{to: {{app/v1: 1, app/v2: 0}}}}\n\
         \x20 load: {{match: {{headers: {{x-load: present}}}}, class: synthetic, to: app/v1}}\n\
         \x20 gone: {{match: {{path: /gone}}, direct_response: 410}}\n\
         clusters:\n\
         \x20 app:\n\
         \x20   endpoints: [{{address: \"{}\", labels: {{v: one}}}}]\n\
         \x20   subsets: {{v1: {{labels: {{v: one}}}}, v2: {{labels: {{v: one}}}}}}\n",
        upstream.address()
    ))
}

fn scrape(proxy: &Proxy, accept: &str) -> String {
    let mut client = Client::connect(proxy.admin());
    client.send(format!("GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"));
    client.response().unwrap().text()
}

/// The value of the sample with this name and these labels.
fn value(text: &str, sample: &str) -> f64 {
    let found = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    found
        .and_then(|value| value.split(' ').next()?.parse().ok())
        .unwrap_or_else(|| panic!("no {sample} in\n{text}"))
}

/// Requests of every kind on two connections, told to the last by a scrape.
fn traffic(proxy: &Proxy) -> String {
    let mut client = Client::connect(proxy.address("web"));
    for head in ["GET /a", "GET /gone", "POST /b"] {
        client.send(format!(
            "{head} HTTP/1.1\r\nHost: a.test\r\nX-Request-Id: id-1\r\nContent-Length: 0\r\n\r\n"
        ));
        client.response().unwrap();
    }
    client.send("GET /c HTTP/1.1\r\nHost: a.test\r\nX-Load: 1\r\n\r\n");
    client.response().unwrap();
    assert_eq!(get(proxy.address("web"), "/gone").unwrap().status, 410);
    drop(client);
    eventually("both connections are counted to their end", || {
        let text = scrape(proxy, "");
        (value(&text, "towpath_downstream_connections_open{listener=\"web\"}") == 0.0).then_some(text)
    })
}

#[test]
fn requests_and_connections_are_counted_where_they_belong() {
    let upstream = Upstream::echo();
    let proxy = start(&upstream);
    let text = traffic(&proxy);
    let requests = |route, cluster, subset, class, code| {
        value(
            &text,
            &format!(
                "towpath_requests_total{{route=\"{route}\",cluster=\"{cluster}\",subset=\"{subset}\",class=\"{class}\",code=\"{code}\"}}"
            ),
        )
    };
    assert_eq!(requests("shop", "app", "v1", "", "2xx"), 2.0);
    assert_eq!(requests("load", "app", "v1", "synthetic", "2xx"), 1.0);
    assert_eq!(requests("gone", "", "", "", "4xx"), 2.0);
    let first =
        "towpath_request_first_byte_seconds_count{route=\"shop\",cluster=\"app\",subset=\"v1\",class=\"\"}";
    assert_eq!(value(&text, first), 2.0);
    assert!(!text.contains("first_byte_seconds_count{route=\"gone\""), "no upstream answered");
    let listener = |name: &str, listener| {
        value(&text, &format!("towpath_downstream_{name}_total{{listener=\"{listener}\"}}"))
    };
    assert_eq!((listener("connections", "web"), listener("connections", "quiet")), (2.0, 0.0));
    assert!(listener("received_bytes", "web") > 200.0 && listener("sent_bytes", "web") > 200.0);
    let cluster = |name: &str| value(&text, &format!("towpath_{name}{{cluster=\"app\"}}"));
    assert_eq!((cluster("upstream_connections_total"), cluster("upstream_reused_total")), (1.0, 2.0));
    assert_eq!((cluster("cluster_connections"), cluster("cluster_pending")), (1.0, 0.0));
    assert_eq!(cluster("cluster_connections_limit"), 1024.0);
    let busy: f64 = (0..2)
        .map(|worker| value(&text, &format!("towpath_worker_busy_seconds_total{{worker=\"{worker}\"}}")))
        .sum();
    assert!(busy > 0.0, "{busy}");
}

#[test]
fn counts_survive_a_reload_and_go_with_what_they_count() {
    let upstream = Upstream::echo();
    let proxy = start(&upstream);
    traffic(&proxy);
    let table = std::fs::read_to_string(proxy.file()).unwrap();
    proxy.rewrite(&table.replace(", quiet: {address: \"127.0.0.1:0\"}", ""));
    let text = eventually("the listener is gone", || {
        let text = scrape(&proxy, "");
        (!text.contains("listener=\"quiet\"")).then_some(text)
    });
    assert_eq!(value(&text, "towpath_downstream_connections_total{listener=\"web\"}"), 2.0);
    assert_eq!(value(&text, "towpath_upstream_connections_total{cluster=\"app\"}"), 1.0);
}

#[test]
fn a_bucket_shows_one_of_its_requests() {
    let upstream = Upstream::echo();
    let proxy = start(&upstream);
    let shop = |text: &str| {
        let buckets = text
            .lines()
            .filter(|line| line.starts_with("towpath_request_duration_seconds_bucket{route=\"shop\""));
        buckets
            .filter_map(|line| Some(line.split_once(" # ")?.1.split(' ').next()?.to_owned()))
            .collect::<Vec<_>>()
    };
    let mut client = Client::connect(proxy.address("web"));
    let mut send = |fields: &str| {
        client.send(format!("GET / HTTP/1.1\r\nHost: a.test\r\nX-Request-Id: id-7\r\n{fields}\r\n"));
        client.response().unwrap();
    };
    send("");
    assert!(shop(&scrape(&proxy, OPENMETRICS)).is_empty(), "nobody had asked");
    // a request is recorded after its answer, and may so have been the one that was asked for before the next is
    eventually("the request is recorded", || {
        send("");
        let text = scrape(&proxy, OPENMETRICS);
        shop(&text).contains(&"{request_id=\"id-7\"}".to_owned()).then_some(())
    });
    eventually("the trace is recorded", || {
        send("Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
        let text = scrape(&proxy, OPENMETRICS);
        shop(&text).contains(&"{trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"}".to_owned()).then_some(())
    });
}

/// Gives a program a text to read. It must be content, and is asked to say nothing when it is.
fn reads(mut program: Command, text: &str) {
    let mut child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "{program:?}: {}\n{said}\n{text}", output.status);
}

#[test]
fn prometheus_has_no_complaint() {
    let Some(tools) = installed() else { return };
    let upstream = Upstream::echo();
    let proxy = start(&upstream);
    let text = traffic(&proxy);
    let mut promtool = Command::new(tools.join("usr/bin/promtool"));
    promtool.args(["check", "metrics"]);
    reads(promtool, &text);
}

#[test]
fn python_reads_openmetrics() {
    let Some(tools) = installed() else { return };
    let upstream = Upstream::echo();
    let proxy = start(&upstream);
    traffic(&proxy);
    scrape(&proxy, OPENMETRICS);
    traffic(&proxy);
    let text = scrape(&proxy, OPENMETRICS);
    assert!(text.contains(" # {request_id=\"id-1\"}"), "{text}");
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", tools.join("usr/lib/python3/dist-packages")).env("PYTHONDONTWRITEBYTECODE", "1");
    python.arg("-c").arg(
        "import sys\n\
         from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
         families = {family.name: family for family in parse(sys.stdin.read())}\n\
         buckets = families['towpath_request_duration_seconds'].samples\n\
         assert any(sample.exemplar and sample.exemplar.labels == {'request_id': 'id-1'} for sample in buckets), buckets\n\
         assert families['towpath_build'].samples[0].labels['id'] == 'a\"b'\n",
    );
    reads(python, &text);
}
