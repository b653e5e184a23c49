//! gRPC with real clients and servers: grpcio for Python, on both sides of one proxy and of two.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use support::{PATIENCE, Proxy, installed, refusing};

/// A Python script beside this file, and what it says. It is killed when dropped.
struct Script {
    child: Child,
    said: Receiver<String>,
    stdin: ChildStdin,
}

impl Script {
    fn start(tools: &Path, name: &str, arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/grpcio").join(name);
        let mut python = Command::new(tools.join("grpcio/bin/python"));
        // no proxy of the environment stands in between, and nothing is written beside the script
        python.env("no_grpc_proxy", "*").env("PYTHONDONTWRITEBYTECODE", "1").arg(script).args(arguments);
        let mut child =
            python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("./dev test installs it");
        let (tell, said) = channel();
        let stdout = child.stdout.take().unwrap();
        thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).for_each(|line| drop(tell.send(line)));
        });
        let stdin = child.stdin.take().unwrap();
        Self { child, said, stdin }
    }

    /// Waits until it has said this, whatever it says before.
    fn hear(&self, wanted: &str) {
        while self.next() != wanted {}
    }

    fn next(&self) -> String {
        self.said.recv_timeout(PATIENCE).expect("it says something")
    }

    /// Lets it go on.
    fn go_on(&mut self) {
        self.stdin.write_all(b"\n").expect("it listens");
    }

    fn ends_well(mut self) {
        while self.said.recv_timeout(PATIENCE).is_ok() {}
        assert!(self.child.wait().unwrap().success(), "what it said stands above");
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server, and a proxy before it, which may have another one before it.
struct Stage {
    tools: PathBuf,
    server: Script,
    proxies: Vec<Proxy>,
}

impl Stage {
    /// Nothing where grpcio is not installed.
    fn set(proxies: usize, server: &[&str]) -> Option<Self> {
        let tools = installed()?;
        let server = Script::start(&tools, "server.py", server);
        let port = server.next();
        let mut next: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
        let mut stage = Self { tools, server, proxies: Vec::new() };
        for _ in 0..proxies {
            stage.proxies.push(Proxy::start(&table(next)));
            next = stage.address();
        }
        Some(stage)
    }

    /// Where clients come in.
    fn address(&self) -> SocketAddr {
        self.proxies.last().unwrap().address("web")
    }

    fn client(&self, cases: &[&str]) -> Script {
        let address = self.address().to_string();
        Script::start(&self.tools, "client.py", &[&[address.as_str()], cases].concat())
    }
}

fn table(endpoint: SocketAddr) -> String {
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2, drain: {{delay: none, spread: 100ms, timeout: 30s}}}}
listeners: {{web: {{address: \"127.0.0.1:0\"}}}}
routes:
  echo: {{match: {{grpc: {{service: test.v1.Echo}}}}, to: echo}}
  bound: {{match: {{grpc: {{service: test.v1.Bound}}}}, to: echo, timeout: 2s}}
  bound-wait: {{match: [{{grpc: {{service: test.v1.Bound, method: Wait}}}}, {{grpc: {{service: test.v1.Bound, method: Half}}}}], to: echo, timeout: 500ms}}
  nowhere: {{match: {{grpc: {{service: test.v1.Nowhere}}}}, to: nowhere}}
  closed:
    match: {{grpc: {{service: test.v1.Closed}}}}
    maintenance: {{body: \"back at noon: 100% sure, Grüße\"}}
    to: echo
  forbidden: {{match: {{grpc: {{service: test.v1.Forbidden}}}}, direct_response: {{status: 403, body: not you}}}}
clusters:
  echo: {{endpoints: [\"{endpoint}\"], protocol: h2}}
  nowhere: {{endpoints: []}}
"
    )
}

#[test]
fn calls_of_every_kind_pass_one_proxy_and_two() {
    for proxies in [1, 2] {
        let Some(stage) = Stage::set(proxies, &[]) else { return };
        stage.client(&["patterns", "metadata", "large", "errors", "time_left"]).ends_well();
        for proxy in &stage.proxies {
            let calls = "towpath_grpc_responses_total{route=\"echo\",cluster=\"echo\",subset=\"\",class=\"\",grpc_status=";
            proxy.await_metric(&format!("{calls}\"FAILED_PRECONDITION\"}}"), 1.0);
            proxy.await_metric(&format!("{calls}\"UNIMPLEMENTED\"}}"), 1.0);
            assert_eq!(proxy.metric(&format!("{calls}\"UNKNOWN\"}}")), None);
        }
    }
}

#[test]
fn what_the_proxy_says_is_what_callers_read() {
    let Some(stage) = Stage::set(1, &[]) else { return };
    stage.client(&["refusals"]).ends_well();
}

#[test]
fn deadlines_hold_and_the_server_hears_of_it() {
    for proxies in [1, 2] {
        let Some(stage) = Stage::set(proxies, &[]) else { return };
        for case in ["deadline", "route_deadline", "route_deadline_behind_a_message"] {
            stage.client(&[case]).ends_well();
            stage.server.hear("called");
            stage.server.hear("over");
        }
    }
}

#[test]
fn a_call_that_is_given_up_is_given_up_everywhere() {
    for proxies in [1, 2] {
        let Some(stage) = Stage::set(proxies, &[]) else { return };
        let mut client = stage.client(&["cancel"]);
        for _ in 0..2 {
            client.hear("begun");
            stage.server.hear("called");
            client.go_on();
            stage.server.hear("over");
            client.hear("given up");
            client.go_on();
        }
        client.ends_well();
        let calls = "towpath_grpc_responses_total{route=\"echo\",cluster=\"echo\",subset=\"\",class=\"\",grpc_status=\"CANCELLED\"}";
        stage.proxies.iter().for_each(|proxy| proxy.await_metric(calls, 2.0));
        // of one nobody had answered yet
        let gone =
            "towpath_requests_total{route=\"echo\",cluster=\"echo\",subset=\"\",class=\"\",code=\"4xx\"}";
        stage.proxies.iter().for_each(|proxy| proxy.await_metric(gone, 1.0));
    }
}

#[test]
fn a_server_that_dies_is_unavailable() {
    let Some(mut stage) = Stage::set(1, &[]) else { return };
    let mut client = stage.client(&["broken"]);
    client.hear("begun");
    stage.server.kill();
    client.go_on();
    client.ends_well();
}

#[test]
fn no_call_is_lost_while_servers_close_their_connections_and_tables_change() {
    let Some(stage) = Stage::set(2, &["300"]) else { return };
    let mut client = stage.client(&["unbroken"]);
    client.hear("begun");
    let metric = "towpath_upstream_http2_goaways_total{cluster=\"echo\"}";
    let inner = &stage.proxies[0];
    for round in 0..5 {
        for (proxy, next) in stage.proxies.iter().zip(["inner", "outer"]) {
            let table = std::fs::read_to_string(proxy.file()).unwrap();
            let before = proxy.metric("towpath_reloads_total").unwrap();
            proxy.rewrite(&format!("# {next} {round}\n{table}"));
            proxy.await_metric("towpath_reloads_total", before + 1.0);
        }
    }
    support::eventually("the server says GOAWAY", || inner.metric(metric).filter(|count| *count >= 3.0));
    client.go_on();
    client.ends_well();
}

#[test]
fn a_call_that_is_open_ends_in_peace_while_the_proxy_drains() {
    let Some(mut stage) = Stage::set(1, &[]) else { return };
    let mut client = stage.client(&["drained"]);
    client.hear("begun");
    stage.proxies[0].signal("TERM");
    stage.proxies[0].line("a drain", |line| line.contains("drain").then_some(()));
    client.go_on();
    client.ends_well();
    assert!(stage.proxies[0].wait().success());
}

#[test]
fn an_endpoint_that_is_not_there_is_unavailable() {
    let Some(tools) = installed() else { return };
    let proxy = Proxy::start(&table(refusing()));
    let address = proxy.address("web").to_string();
    Script::start(&tools, "client.py", &[&address, "absent"]).ends_well();
}
