//! Access logs: a line for each request, whatever becomes of the place where it goes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::Shutdown;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;
use support::{Client, Next, PATIENCE, Proxy, Upstream, eventually, get, refusing};

/// A table with these access logs: `/hi` is answered by the proxy, the rest by the upstream.
fn table(upstream: &Upstream, proxy: &str) -> String {
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2, {proxy}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes:\n\
         \x20 all: {{to: app}}\n\
         \x20 hi: {{match: {{path: /hi}}, direct_response: {{status: 200, body: hello}}}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    )
}

/// The lines of a file, as soon as there are so many.
fn lines(path: &Path, count: usize) -> Vec<String> {
    eventually(&format!("{count} lines in {}", path.display()), || {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        (lines.len() >= count && text.ends_with('\n')).then_some(lines)
    })
}

fn objects(path: &Path, count: usize) -> Vec<Value> {
    let lines = lines(path, count);
    assert_eq!(lines.len(), count, "{lines:?}");
    lines.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn post(proxy: &Proxy, path: &str) -> (u16, String) {
    let mut client = Client::connect(proxy.admin());
    client.send(format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
    let answer = client.response().unwrap();
    (answer.status, answer.text())
}

/// So many requests on one connection, each with an id of its own.
fn requests(proxy: &Proxy, ids: impl Iterator<Item = usize>) {
    let mut client = Client::connect(proxy.address("web"));
    for id in ids {
        client.send(format!("GET /hi HTTP/1.1\r\nHost: a.test\r\nX-Request-Id: {id}\r\n\r\n"));
        assert_eq!(client.response().unwrap().text(), "hello");
    }
}

#[test]
fn every_request_gets_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let upstream = Upstream::start(|call| {
        if call.path() == "/hold" {
            // the client goes first
            call.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
            call.body();
            let _ = call.wire().take_rest();
            return Next::Close;
        }
        call.body();
        call.send("HTTP/1.1 201 Created\r\nX-Cache: hit\r\nSet-Cookie: s=1\r\nContent-Length: 3\r\n\r\nabc");
        Next::Keep
    });
    let proxy = Proxy::start(&table(
        &upstream,
        &format!(
            "access_log: {{to: {}, fields: [time, method, path, query, status, reason, duration, first-byte, route, cluster, endpoint, attempts, request-bytes, response-bytes, client, peer, header.x-name, response-header.x-cache, response-header.content-type]}}",
            path.display()
        ),
    ));
    let mut client = Client::connect(proxy.address("web"));
    client.send("POST /a%20b?secret=1 HTTP/1.1\r\nHost: a.test\r\nX-Name: \"\\ é \u{9b}2J\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!(client.response().unwrap().status, 201);
    // a line is written after its answer: the next one waits for it, so that they stand in order
    lines(&path, 1);
    requests(&proxy, 0..1);
    lines(&path, 2);
    let mut client = Client::connect(proxy.address("web"));
    client.send("GET /hold HTTP/1.1\r\nHost: a.test\r\n\r\n");
    upstream.wait(2);
    // to leave with something unread is a reset
    client.wire().stream().peek(&mut [0]).unwrap();
    drop(client);
    let found = lines(&path, 3);
    let mut client = Client::connect(proxy.address("web"));
    client.send("GET / HTTP/9.9\r\n\r\n");
    client.rest().unwrap();
    assert!(found[0].contains(r#""header.x-name":"\"\\ é \u009b2J""#), "{}", found[0]);
    let found = objects(&path, 4);
    let first = &found[0];
    for (name, wanted) in [
        ("method", "POST".into()),
        ("path", "/a%20b".into()),
        ("query", "secret=1".into()),
        ("status", 201.into()),
        ("route", "all".into()),
        ("cluster", "app".into()),
        ("endpoint", upstream.address().to_string().into()),
        ("attempts", 1.into()),
        ("request-bytes", 2.into()),
        ("response-bytes", 3.into()),
        ("client", "127.0.0.1".into()),
        ("peer", "127.0.0.1".into()),
        ("response-header.x-cache", "hit".into()),
        ("reason", Value::Null),
        ("response-header.content-type", Value::Null),
    ] {
        assert_eq!(first[name], wanted, "{name}");
    }
    assert!(first["duration"].as_f64().unwrap() >= first["first-byte"].as_f64().unwrap(), "{first}");
    assert!(first["time"].as_str().unwrap().starts_with("20"), "{first}");
    let brief = |line: &Value| {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        (line["status"].as_u64().unwrap(), text("path"), text("reason"), text("response-header.content-type"))
    };
    let own =
        |status, path: &str, reason: &str, kind: &str| (status, path.into(), reason.into(), kind.into());
    let plain = "text/plain; charset=utf-8";
    assert_eq!(brief(&found[1]), own(200, "/hi", "direct-response", plain));
    assert_eq!(found[1]["response-bytes"], 5);
    assert_eq!(brief(&found[2]), own(499, "/hold", "client-gone", ""));
    assert_eq!(brief(&found[3]), own(505, "", "bad-version", plain));
}

#[test]
fn what_passes_through_is_logged_with_its_octets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let upstream = Upstream::start(|call| {
        if call.path() != "/up" {
            return call.answer();
        }
        call.body();
        call.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
        assert_eq!(call.wire().take(4), Ok(b"ping".to_vec()));
        call.send("pong!");
        Next::Close
    });
    let proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", access_log: {}}}\n\
         listeners:\n\
         \x20 web: {{address: \"127.0.0.1:0\"}}\n\
         \x20 db: {{address: \"127.0.0.1:0\", protocol: tcp}}\n\
         \x20 dead: {{address: \"127.0.0.1:0\", protocol: tcp}}\n\
         routes:\n\
         \x20 all: {{to: app}}\n\
         \x20 pg: {{listeners: db, to: app}}\n\
         \x20 gone: {{listeners: dead, to: refusing}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}, refusing: {{endpoints: [\"{}\"]}}}}\n",
        path.display(),
        upstream.address(),
        refusing()
    ));
    let mut client = Client::connect(proxy.address("web"));
    client.send("GET /up HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").head().unwrap();
    client.send("ping");
    assert_eq!(client.rest().unwrap(), b"pong!");
    drop(client);
    let tunnel = objects(&path, 1).remove(0);
    assert_eq!((&tunnel["status"], &tunnel["route"]), (&101.into(), &"all".into()));
    assert_eq!((&tunnel["request-bytes"], &tunnel["response-bytes"]), (&4.into(), &5.into()), "{tunnel}");

    let request = "GET / HTTP/1.0\r\n\r\n";
    let mut client = Client::connect(proxy.address("db"));
    client.send(request).wire().finish();
    let length = client.rest().unwrap().len();
    drop(client);
    let passed = objects(&path, 2).remove(1);
    for (name, wanted) in [
        ("status", Value::Null),
        ("reason", Value::Null),
        ("path", Value::Null),
        ("route", "pg".into()),
        ("cluster", "app".into()),
        ("endpoint", upstream.address().to_string().into()),
        ("client", "127.0.0.1".into()),
        ("request-bytes", request.len().into()),
        ("response-bytes", length.into()),
    ] {
        assert_eq!(passed[name], wanted, "{name}: {passed}");
    }

    drop(Client::connect(proxy.address("dead")));
    let failed = objects(&path, 3).remove(2);
    assert_eq!(
        (&failed["route"], &failed["reason"]),
        (&"gone".into(), &"connect-failure".into()),
        "{failed}"
    );
}

#[test]
fn a_full_disk_disturbs_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    symlink("/dev/full", &path).unwrap();
    let upstream = Upstream::echo();
    let log = format!("access_log: {}, limits: {{access_log_bytes: 64KiB}}", path.display());
    let proxy = Proxy::start(&table(&upstream, &log));
    let name = format!("{{log=\"{}\"}}", path.display());
    let metric = |family: &str| proxy.metric(&format!("towpath_access_log_{family}_total{name}")).unwrap();
    eventually("lines are dropped", || {
        requests(&proxy, 0..100);
        (metric("dropped") > 0.0).then_some(())
    });
    eventually("it is tried again", || (metric("failures") > 1.0).then_some(()));
    assert_eq!(metric("lines"), 0.0);
    fs::remove_file(&path).unwrap();
    proxy.line("the log is written again", |line| {
        line.contains("the access log is written again").then_some(())
    });
    // what waited is there, whole
    eventually("the lines are written", || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        text.lines()
            .for_each(|line| drop(serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("{line}"))));
        (text.lines().count() as f64 == metric("lines") && metric("lines") > 50.0).then_some(())
    });
    let told = proxy.log().lines().filter(|line| line.contains("an access log cannot be written")).count();
    assert_eq!(told, 1, "a failure is told once");
    let dropped = metric("dropped");
    requests(&proxy, 0..10);
    assert_eq!(metric("dropped"), dropped);
}

#[test]
fn a_file_that_may_not_grow_ends_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let upstream = Upstream::echo();
    let log = format!("access_log: {}", path.display());
    let proxy = Proxy::start_by(&["prlimit", "--fsize=4096"], &table(&upstream, &log));
    let name = format!("{{log=\"{}\"}}", path.display());
    let metric = |family: &str| proxy.metric(&format!("towpath_access_log_{family}_total{name}"));
    requests(&proxy, 0..100);
    eventually("the file is full", || (metric("failures")? > 0.0).then_some(()));
    assert_eq!(fs::metadata(&path).unwrap().len(), 4096);
    // another file may grow as far again, and the line that was cut is in it whole
    fs::rename(&path, folder.path().join("a.log.1")).unwrap();
    eventually("it goes on", || (fs::metadata(&path).ok()?.len() == 4096).then_some(()));
    let text = fs::read_to_string(&path).unwrap();
    serde_json::from_str::<Value>(text.lines().next().unwrap()).unwrap();
    requests(&proxy, 100..110);
}

/// Ends the traffic when dropped, also by a test that fails.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn rotation_loses_no_line() {
    const ROTATIONS: usize = 6;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let upstream = Upstream::echo();
    let log = format!("access_log: {{to: {}, template: '%{{request-id}}'}}", path.display());
    let proxy = Proxy::start(&table(&upstream, &log));
    let rotated = AtomicBool::new(false);
    let total = thread::scope(|scope| {
        let traffic = scope.spawn(|| {
            let mut next = 0;
            while !rotated.load(Ordering::Relaxed) {
                requests(&proxy, next..next + 50);
                next += 50;
            }
            next
        });
        let done = Done(&rotated);
        for number in 0..ROTATIONS {
            let old = folder.path().join(format!("a.log.{number}"));
            lines(&path, 20);
            fs::rename(&path, &old).unwrap();
            if number % 2 == 0 {
                proxy.signal("USR1");
                eventually("a new file", || path.exists().then_some(()));
            } else {
                assert_eq!(post(&proxy, "/logs/reopen"), (200, "opened anew: 1\n".to_owned()));
                assert!(path.exists(), "the page answers when it is done");
            }
        }
        drop(done);
        traffic.join().unwrap()
    });
    let files = (0..ROTATIONS).map(|number| folder.path().join(format!("a.log.{number}"))).chain([path]);
    let files: Vec<_> = files.collect();
    let seen = eventually("every request is in one of the files", || {
        let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
        let ids: Vec<usize> =
            text.lines().map(|line| line.parse().unwrap_or_else(|_| panic!("{line}"))).collect();
        (ids.len() >= total).then_some(ids)
    });
    assert_eq!(seen.len(), total);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), (0..total).collect());
}

#[test]
fn a_new_table_adds_changes_and_ends_logs() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one.log", "two.log"].map(|name| folder.path().join(name));
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&table(&upstream, ""));
    let live = |generation: f64| proxy.await_metric("towpath_config_generation", generation);
    requests(&proxy, 0..1);
    assert_eq!(post(&proxy, "/logs/reopen"), (200, "no access log goes to a file\n".to_owned()));
    proxy.signal("USR1");
    proxy.line("the signal is heard", |line| line.contains("SIGUSR1").then_some(()));

    proxy.rewrite(&table(
        &upstream,
        &format!("access_log: {{to: {}, template: 'a %{{request-id}}'}}", one.display()),
    ));
    live(2.0);
    requests(&proxy, 1..2);
    assert_eq!(lines(&one, 1), ["a 1"]);
    let both = format!(
        "access_log: [{{to: {}, template: 'b %{{request-id}}'}}, {{to: {}, template: '%{{path}}', when: {{status: 404}}}}]",
        one.display(),
        two.display()
    );
    proxy.rewrite(&table(&upstream, &both));
    live(3.0);
    requests(&proxy, 2..3);
    assert_eq!(lines(&one, 2), ["a 1", "b 2"]);
    proxy.rewrite(&table(&upstream, &format!("access_log: {}", two.display())));
    live(4.0);
    requests(&proxy, 3..4);
    assert_eq!(objects(&two, 1)[0]["path"], "/hi");
    assert_eq!(lines(&one, 2), ["a 1", "b 2"]);
    let open = || fs::read_dir(format!("/proc/{}/fd", proxy.pid())).unwrap();
    eventually("the file of the log that is gone is closed", || {
        let mut files = open().filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        (!files.any(|file| file == one)).then_some(())
    });
}

#[test]
fn a_collector_may_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("collector.sock");
    let upstream = Upstream::echo();
    let log = format!("access_log: {{to: \"unix:{}\", template: '%{{request-id}}'}}", path.display());
    let proxy = Proxy::start(&table(&upstream, &log));
    requests(&proxy, 0..3);
    let mut wanted = 0;
    for _ in 0..2 {
        let listener = UnixListener::bind(&path).unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut collector = BufReader::new(stream);
        for _ in 0..3 {
            let mut line = String::new();
            collector.read_line(&mut line).unwrap();
            assert_eq!(line, format!("{wanted}\n"));
            wanted += 1;
        }
        // a process that another test starts has this end too for a moment: to drop it would not be enough
        collector.get_ref().shutdown(Shutdown::Both).unwrap();
        drop(listener);
        fs::remove_file(&path).unwrap();
        requests(&proxy, wanted..wanted + 3);
    }
}

#[test]
fn a_reader_of_stdout_that_does_not_read_holds_up_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, file) = (folder.path().join("pipe"), folder.path().join("a.log"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let upstream = Upstream::echo();
    let log = format!("access_log: [stdout, {}], limits: {{access_log_bytes: 512KiB}}", file.display());
    // opened for both, so that it is open without a reader
    let launch = format!("exec \"$0\" \"$@\" 1<>'{}'", pipe.display());
    let proxy = Proxy::start_by(&["sh", "-c", &launch], &table(&upstream, &log));
    let dropped = |log: &str| proxy.metric(&format!("towpath_access_log_dropped_total{{log=\"{log}\"}}"));
    let mut sent = 0;
    eventually("lines are dropped", || {
        requests(&proxy, sent..sent + 100);
        sent += 100;
        (dropped("stdout")? > 0.0).then_some(())
    });
    // the other log has each line, and the queue is not that of the first
    assert_eq!(objects(&file, sent).len(), sent);
    assert_eq!(dropped(&file.display().to_string()), Some(0.0));
}

#[test]
fn the_end_of_a_process_is_logged_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let (upstream, go) = Upstream::holding();
    let log = format!("access_log: {{to: {}, template: '%{{path}} %{{status}}'}}", path.display());
    let mut proxy = Proxy::start(&table(&upstream, &log));
    let mut client = Client::connect(proxy.address("web"));
    client.send("GET /held HTTP/1.1\r\nHost: a.test\r\n\r\n");
    upstream.wait(1);
    proxy.signal("INT");
    proxy.line("it drains", |line| line.contains("draining").then_some(()));
    go.send(()).unwrap();
    client.response().unwrap();
    assert!(proxy.wait().success());
    assert_eq!(fs::read_to_string(&path).unwrap(), "/held 200\n");
}

#[test]
fn every_proxy_draws_the_same_sample() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::echo();
    let drawn = ["one", "two"].map(|name| {
        let path = folder.path().join(name);
        let log = format!(
            "access_log: {{to: {}, template: '%{{request-id}}', when: {{sample: 20%}}}}",
            path.display()
        );
        let mut proxy = Proxy::start(&table(&upstream, &log));
        requests(&proxy, 0..200);
        proxy.signal("INT");
        assert!(proxy.wait().success());
        fs::read_to_string(&path).unwrap()
    });
    assert_eq!(drawn[0], drawn[1]);
    let count = drawn[0].lines().count();
    assert!((20..60).contains(&count), "{count} of 200");
}

#[test]
fn colours_are_for_terminals() {
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&table(&upstream, "access_log: {to: stdout, format: short}"));
    get(proxy.address("web"), "/a").unwrap();
    let line = proxy.line("the line", |line| line.contains(" GET /a").then(|| line.to_owned()));
    assert!(!line.contains('\x1b'), "no colours where nobody looks: {line}");
    assert!(line.ends_with(&format!("GET /a  all → {}", upstream.address())), "{line}");
}
