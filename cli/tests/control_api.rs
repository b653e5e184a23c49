//! The control server as people and programs use it: commands, the API beneath them, tokens.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};
use support::{Client, Control, Proxy, Response, eventually, get};

const SHOP: &str = "\
# the shop
namespace: shop
listeners: {web: {address: \"127.0.0.1:0\"}}
routes:
  checkout:  # slowly
    to:
      checkout/stable: 90   # was 100
      checkout/canary: 10
clusters:
  checkout:
    subsets: {stable: {labels: {v: a}}, canary: {labels: {v: b}}}
    endpoints: [{address: 127.0.0.1:1, labels: {v: a}}, {address: 127.0.0.1:2, labels: {v: b}}]
";

const PAY: &str = "namespace: pay\nclusters: {ledger: {endpoints: [\"127.0.0.1:3\"]}}\n";

fn command(server: &Control, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    for name in ["TOWPATH_TOKEN", "TOWPATH_TOKEN_FILE", "TOWPATH_NAMESPACE"] {
        command.env_remove(name);
    }
    command.env("TOWPATH_CONTROL", server.api().to_string()).args(arguments);
    command
}

/// Exit code, stdout and stderr of a command.
fn run(server: &Control, arguments: &str) -> (i32, String, String) {
    told(&command(server, &arguments.split(' ').collect::<Vec<_>>()).output().unwrap())
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// What a command answers that has to be done.
fn done(server: &Control, arguments: &str) -> String {
    let (code, answer, complaint) = run(server, arguments);
    assert_eq!(code, 0, "{arguments}: {complaint}");
    answer
}

fn ask(server: &Control, request: &str) -> Response {
    let mut client = Client::connect(server.api());
    client.send(request);
    client.response().unwrap()
}

#[test]
fn a_number_changes_where_it_stands_and_comes_back() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    let answer = done(&server, "split checkout stable=80 canary=20 --namespace shop");
    assert_eq!(answer, "revision 2: shop.yaml (changed)\n");
    assert_eq!(
        server.read("shop.yaml"),
        SHOP.replace("stable: 90", "stable: 80").replace("canary: 10", "canary: 20")
    );
    assert_eq!(
        done(&server, "maintenance checkout on --namespace shop"),
        "revision 3: shop.yaml (changed)\n"
    );
    assert!(server.read("shop.yaml").contains("maintenance: true"));
    done(&server, "switch checkout canary --namespace shop -m autumn");
    let history: Value = serde_json::from_str(&done(&server, "history --json")).unwrap();
    let newest = &history["revisions"][0];
    assert_eq!((&newest["number"], &newest["message"]), (&json!(4), &json!("autumn")));
    assert_eq!((&newest["who"], &newest["origin"]), (&json!("local"), &json!("cli")));
    assert_eq!(done(&server, "rollback 1"), "revision 5: shop.yaml (changed)\n");
    assert_eq!(server.read("shop.yaml"), SHOP);
    let listed = done(&server, "history");
    assert!(listed.lines().nth(1).unwrap().contains("rollback 1"), "{listed}");
    let status = done(&server, "status");
    assert!(status.starts_with("revision 5, no proxy is connected"), "{status}");
}

#[test]
fn a_switch_is_taken_back_by_one_word() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    let (code, _, complaint) = run(&server, "switch checkout --back --namespace shop");
    assert_eq!(code, 2);
    assert!(complaint.contains("had no other weights before"), "{complaint}");
    done(&server, "switch checkout canary --namespace shop");
    let green = server.read("shop.yaml");
    assert!(green.contains("stable: 0   # was 100") && green.contains("canary: 100"), "{green}");
    // what else changed meanwhile stays
    done(&server, "maintenance checkout on --namespace shop");
    let answer = done(&server, "switch checkout --back --namespace shop");
    assert_eq!(answer, "revision 4: shop.yaml (changed)\n");
    let back = server.read("shop.yaml");
    assert!(back.contains("stable: 90   # was 100") && back.contains("maintenance: true"), "{back}");
    done(&server, "switch checkout --back --namespace shop");
    assert!(server.read("shop.yaml").contains("canary: 100"));
}

#[test]
fn documents_are_applied_whole_or_not_at_all() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("pay.yaml", PAY);
    write("more.yaml", "namespace: shop\nroutes: {more: {match: {path: /more}, to: checkout}}\n");
    let path = folder.path().display().to_string();
    let dry = done(&server, &format!("apply -f {path} --dry-run"));
    assert!(dry.starts_with("would change more.yaml (added), pay.yaml (added)"), "{dry}");
    let (code, changes, _) = run(&server, &format!("diff -f {path}"));
    assert_eq!(code, 1);
    assert!(changes.contains("shop + routes.more") && changes.contains("pay + clusters.ledger"), "{changes}");
    assert_eq!(
        done(&server, &format!("apply -f {path}")),
        "revision 2: more.yaml (added), pay.yaml (added)\n"
    );
    assert_eq!(server.read("pay.yaml"), PAY);
    assert_eq!(run(&server, &format!("diff -f {path}")), (0, String::new(), String::new()));
    let got = done(&server, "get cluster ledger --namespace pay");
    assert!(got.starts_with("namespace: pay\n") && got.contains("127.0.0.1:3"), "{got}");
    assert!(server.read("shop.yaml") == SHOP);

    write("more.yaml", "namespace: shop\nroutes:\n  # by whom?\n  checkout: {to: checkout/pink}\n");
    let (code, _, complaint) = run(&server, &format!("apply -f {path}"));
    assert_eq!(code, 2);
    assert!(
        complaint.contains("more.yaml:4:18: "),
        "where it was sent, not where it would stand: {complaint}"
    );
    write("more.yaml", "namespace: shop\nroutes:\n  more: {to: nowhere, tiemout: 3s}\n");
    let (code, answer, complaint) = run(&server, &format!("apply -f {path}"));
    assert_eq!((code, answer.as_str()), (2, ""));
    assert!(complaint.contains("more.yaml:3:23: unknown key `tiemout`"), "{complaint}");
    assert!(complaint.contains("did you mean `timeout`?"), "{complaint}");
    let (code, _, complaint) = run(&server, "delete cluster checkout --namespace shop");
    assert_eq!(code, 2);
    assert!(complaint.contains("there is no cluster `checkout`"), "{complaint}");
    let (code, _, complaint) = run(&server, "delete route more --namespace shop --expect 1");
    assert_eq!(code, 2);
    assert!(
        complaint.contains("the newest revision is 2 now") && complaint.contains("towpath history"),
        "{complaint}"
    );
    assert_eq!(done(&server, "delete route more --namespace shop"), "revision 3: more.yaml (changed)\n");
}

#[test]
fn what_the_state_has_no_room_for_is_not_written_into_the_files() {
    let server = Control::limited(4 << 10, &[("shop.yaml", SHOP)]);
    let apply = |text: &str| {
        let body = json!({"documents": [{"name": "shop.yaml", "text": text}]}).to_string();
        let head = "POST /api/v1/apply?replace=true HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
        ask(&server, &format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).status
    };
    let (mut last, mut number, mut revisions) = (SHOP.to_owned(), 0, 1);
    // each file is small enough, and the store has to keep all of them
    loop {
        number += 1;
        let text = format!("{SHOP}# {number} {}\n", "x".repeat(700_000));
        match apply(&text) {
            200 => (last, revisions) = (text, revisions + 1),
            status => break assert_eq!(status, 507),
        }
    }
    assert!(number > 1 && server.read("shop.yaml") == last, "the file is as it was");
    assert_eq!(apply(SHOP), 200, "what has room is taken");
    assert_eq!(server.read("shop.yaml"), SHOP);
    let history: Value = serde_json::from_str(&done(&server, "history --json")).unwrap();
    let who: Vec<_> = history["revisions"].as_array().unwrap().iter().map(|one| &one["who"]).collect();
    assert_eq!((who.len(), who.iter().filter(|who| ***who == json!("files")).count()), (revisions + 1, 1));
}

#[test]
fn a_namespace_that_goes_back_leaves_what_cannot_be_read_alone() {
    let server = Control::start(&[("shop.yaml", SHOP), ("pay.yaml", PAY)], "");
    assert_eq!(
        done(&server, "split checkout stable=50 canary=50 --namespace shop"),
        "revision 2: shop.yaml (changed)\n"
    );
    server.write("pay.yaml", "namespace: pay\nclusters: {");
    server.says("pay.yaml");
    let answer = done(&server, "rollback 1 --namespace shop");
    assert!(answer.contains("shop.yaml (changed)") && !answer.contains("pay.yaml"), "{answer}");
    assert_eq!(server.read("shop.yaml"), SHOP);
    assert_eq!(server.read("pay.yaml"), "namespace: pay\nclusters: {");
}

#[test]
fn what_cannot_be_done_says_what_to_do() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    for (arguments, expected, words) in [
        ("get pod", 2, "`pod` is no kind: there are `settings`, `listener`"),
        ("get route nope", 2, "there is no route `nope`; `towpath get route` lists them"),
        ("split checkout pink=1 --namespace shop", 2, "has no destination `pink`: it has `checkout/stable`"),
        ("split checkout pink", 2, "the weight is missing: stable=80"),
        ("rollback 99", 2, "there is no revision 99; 1 to 1 are kept"),
        ("apply -f /nowhere.yaml", 2, "/nowhere.yaml"),
        ("status --control nowhere", 2, "`nowhere` is no address of a control server"),
        (
            "status --control 127.0.0.1:1",
            1,
            "the control server 127.0.0.1:1 cannot be asked (--control or TOWPATH_CONTROL",
        ),
        ("status --token-file /nowhere", 2, "cannot read the token in /nowhere"),
    ] {
        let (code, answer, complaint) = run(&server, arguments);
        assert_eq!((code, answer.as_str()), (expected, ""), "{arguments}: {complaint}");
        assert!(complaint.contains(words), "{arguments}: {complaint}");
    }
}

#[test]
fn tokens_let_in_and_keep_apart() {
    let token = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        let (code, token, settings) =
            told(&command.args(["control", "token"]).args(arguments).output().unwrap());
        assert_eq!(code, 0, "{settings}");
        let line = settings.lines().find(|line| line.contains("digest")).expect("the line for the settings");
        (token.trim().to_owned(), format!("{line}\n"))
    };
    let (pay, first) = token(&["pay-ci", "--namespace", "pay", "--scope", "write"]);
    let (all, second) = token(&["ops", "--scope", "admin"]);
    let mut server =
        Control::start(&[("shop.yaml", SHOP), ("pay.yaml", PAY)], &format!("tokens:\n{first}{second}"));
    let with = |token: &str, arguments: &str| {
        let mut command = command(&server, &arguments.split(' ').collect::<Vec<_>>());
        told(&command.env("TOWPATH_TOKEN", token).output().unwrap())
    };
    let (code, _, complaint) = run(&server, "status");
    assert_eq!(code, 2);
    assert!(complaint.contains("a token is wanted") && complaint.contains("TOWPATH_TOKEN"), "{complaint}");
    assert_eq!(with("towpath_0123", "status").0, 2);
    let (code, seen, _) = with(&pay, "get");
    assert_eq!(code, 0);
    assert!(seen.contains("ledger") && !seen.contains("checkout"), "{seen}");
    let (code, _, complaint) = with(&pay, "split checkout stable=1 --namespace shop");
    assert_eq!(code, 2);
    assert!(complaint.contains("does not allow this") && !complaint.contains("checkout"), "{complaint}");
    assert_eq!(with(&pay, "delete cluster ledger --namespace pay").0, 0);
    assert_eq!(with(&all, "split checkout stable=1 --namespace shop").0, 0);
    let audit = |token: &str| {
        ask(
            &server,
            &format!("GET /api/v1/audit HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"),
        )
    };
    assert_eq!(audit(&pay).status, 403);
    let lines = audit(&all).text();
    for words in ["\"who\":\"pay-ci\"", "\"who\":\"ops\"", "no token was shown", "the token is not known"] {
        assert!(lines.contains(words), "{words}: {lines}");
    }
    let log = server.process().log();
    for secret in [&pay, &all] {
        assert!(!lines.contains(secret.as_str()) && !log.contains(secret.as_str()));
    }
}

#[test]
fn events_tell_of_changes() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    let mut watching = command(&server, &["events", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let stdout = watching.stdout.take().unwrap();
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    // a change each time until one is heard of: when the command has begun to listen, nobody tells
    let line = eventually("an event", || {
        for weight in ["50", "60"] {
            done(&server, &format!("split checkout stable={weight} --namespace shop"));
        }
        lines.try_recv().ok()
    });
    let event: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["kind"], json!("revision"), "{event}");
    assert!(event["message"].as_str().unwrap().contains("by local: split checkout"), "{event}");
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[test]
fn what_is_no_request_of_the_api_is_refused() {
    let server = Control::start(&[("shop.yaml", SHOP)], "limits: {api_body_bytes: 1KiB}\n");
    let host = "Host: 127.0.0.1\r\n";
    let long = "x".repeat(200_000);
    let body = "routes: {}".repeat(200);
    let rows = [
        (format!("GET /live HTTP/1.1\r\n{host}\r\n"), 200),
        (format!("GET /ready HTTP/1.1\r\n{host}\r\n"), 200),
        (format!("GET /metrics HTTP/1.1\r\n{host}\r\n"), 200),
        (format!("GET /nothing HTTP/1.1\r\n{host}\r\n"), 404),
        (format!("GET /api/v1/apply HTTP/1.1\r\n{host}\r\n"), 405),
        (format!("GET /api/v1/status HTTP/1.1\r\n{host}Origin: http://evil.example\r\n\r\n"), 403),
        ("GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(), 403),
        (format!("GET /api/v1/status?wiat=1s HTTP/1.1\r\n{host}\r\n"), 400),
        (format!("GET /api/v1/resources?namespace=../x HTTP/1.1\r\n{host}\r\n"), 400),
        (format!("GET /live HTTP/1.1\r\n{host}X-Long: {long}\r\n\r\n"), 431),
        (
            format!(
                "POST /api/v1/apply HTTP/1.1\r\n{host}Content-Type: application/yaml\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
            413,
        ),
        (
            format!(
                "POST /api/v1/apply HTTP/1.1\r\n{host}Content-Type: application/yaml\r\nTransfer-Encoding: chunked\r\n\r\n\
                 {:x}\r\n{body}\r\n0\r\n\r\n",
                body.len()
            ),
            413,
        ),
        ("nonsense\r\n\r\n".to_owned(), 400),
    ];
    for (request, status) in rows {
        let shown: String = request.chars().take(100).collect();
        assert_eq!(ask(&server, &request).status, status, "{shown}");
    }
}

#[test]
fn the_audit_log_is_printed_whole() {
    let server = Control::start(&[("shop.yaml", SHOP), ("pay.yaml", PAY)], "");
    done(&server, "split checkout stable=80 --namespace shop -m more");
    assert_eq!(run(&server, "delete cluster none --namespace pay").0, 2);
    let all = done(&server, "audit");
    let lines: Vec<_> = all.lines().collect();
    assert_eq!(lines.len(), 3, "{all}");
    assert!(lines[0].ends_with(" files by directory: change accepted as revision 1"), "{all}");
    assert!(lines[1].ends_with(" local by cli: change accepted as revision 2: more"), "{all}");
    assert!(lines[2].contains(" local by cli: change refused: there is no cluster `none`"), "{all}");
    let json = done(&server, "audit --json --since 1");
    let numbers = json.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["number"].clone());
    assert_eq!(numbers.collect::<Vec<_>>(), [json!(2), json!(3)]);
    assert_eq!(done(&server, "audit --namespace pay").lines().collect::<Vec<_>>(), [lines[0], lines[2]]);
    let history = done(&server, "history --namespace pay");
    assert!(history.contains("pay.yaml") && !history.contains("more"), "{history}");
}

#[test]
fn a_source_that_would_be_too_large_stays_as_it_was() {
    for (limit, more, reason) in [
        ("source_documents: 2", "namespace: more\n".to_owned(), "there are more than 2 documents"),
        ("source_bytes: 4KiB", format!("# {}\nnamespace: more\n", "x".repeat(4000)), "more than 4096 octets"),
    ] {
        let server =
            Control::start(&[("shop.yaml", SHOP), ("pay.yaml", PAY)], &format!("limits: {{{limit}}}\n"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("more.yaml");
        std::fs::write(&path, &more).unwrap();
        let apply = || run(&server, &format!("apply -f {} -m big", path.display()));
        let (code, _, complaint) = apply();
        assert_eq!(code, 2, "{complaint}");
        assert!(complaint.contains(reason), "{complaint}");
        server.write("more.yaml", &more);
        server.says(reason);
        let metrics = || ask(&server, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").text();
        let troubles = |count: u32| {
            let line = format!("\ntowpath_control_source_troubles {count}\n");
            eventually(&line, || metrics().contains(&line).then_some(()));
        };
        troubles(1);
        let told = metrics();
        assert!(told.contains("\ntowpath_control_changes_refused_total 1\n"), "{told}");
        let (code, _, complaint) = apply();
        assert_eq!(code, 2, "{complaint}");
        assert!(
            complaint.contains("the source cannot be read now") && complaint.contains(reason),
            "{complaint}"
        );
        server.remove("more.yaml");
        troubles(0);
        done(&server, "split checkout stable=70 --namespace shop");
    }
}

#[test]
fn the_table_of_a_fleet_can_be_watched() {
    let server = Control::start(&[("shop.yaml", SHOP)], "");
    let (code, table, complaint) = run(&server, &format!("top --once --control {}", server.api()));
    assert_eq!((code, complaint.as_str()), (0, ""));
    assert!(table.starts_with("0 proxies, the last 1s\n"), "{table}");
}

#[test]
fn so_many_connections_to_the_api_may_be_open() {
    let server = Control::start(&[("shop.yaml", SHOP)], "limits: {api_connections: 2}\n");
    let ask = |client: &mut Client| {
        client.send("GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        client.response().map(|answer| answer.status)
    };
    let mut clients: Vec<_> = (0..3).map(|_| Client::connect(server.api())).collect();
    assert_eq!(ask(&mut clients[2]), Ok(200));
    assert!(ask(&mut clients[0]).is_err(), "the oldest one has made room");
    assert_eq!(ask(&mut clients[1]), Ok(200));
    clients[2].send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    let metrics = clients[2].response().unwrap().text();
    assert!(metrics.contains("\ntowpath_control_api_displaced_total 1\n"), "{metrics}");
}

#[test]
fn a_proxy_takes_a_change_and_tells_of_its_requests() {
    let shop = SHOP.replace("routes:\n", "routes:\n  fixed: {match: {path: /fixed}, direct_response: 200}\n");
    let server = Control::start(&[("shop.yaml", &shop)], "");
    let state = tempfile::tempdir().unwrap();
    let (push, folder) = (server.push().to_string(), state.path().display().to_string());
    let proxy = Proxy::by_flags(&[
        "--control",
        &push,
        "--id",
        "p1",
        "--namespace",
        "shop",
        "--state",
        &folder,
        "--admin",
        "127.0.0.1:0",
    ]);
    let connected = || done(&server, "proxies").contains("p1     shop       connected").then_some(());
    eventually("the proxy is listed", connected);
    let answer = done(&server, "split checkout stable=80 canary=20 --namespace shop --wait");
    assert_eq!(answer, "revision 2: shop.yaml (changed)\njudged by 1 of 1 proxies\n");
    let status: Value = serde_json::from_str(&done(&server, "status --json")).unwrap();
    let objects = status["objects"].as_array().unwrap();
    assert!(!objects.is_empty() && objects.iter().all(|one| one["applied"] == json!(1)), "{status}");
    assert_eq!((&status["fleet"]["settled"], &status["fleet"]["current"]), (&json!(true), &json!(1)));
    assert_eq!(get(proxy.address("web"), "/fixed").unwrap().status, 200);
    let request = "GET /api/v1/metrics?route=fixed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    let series = eventually("the request is told of", || {
        let traffic: Value = serde_json::from_str(&ask(&server, request).text()).unwrap();
        traffic["series"].get(0).filter(|series| series["requests"] != json!(0)).cloned()
    });
    assert_eq!((&series["namespace"], &series["requests"]), (&json!("shop"), &json!(1)), "{series}");
}
