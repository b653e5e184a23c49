//! Tables change under load: no request fails, no memory is kept, sockets stay, and a bad table changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use support::{Client, Next, Proxy, Upstream, eventually, get};

const RELOADS: usize = 1000;

/// A table that says in a header which version of it answered.
fn table(upstream: &Upstream, version: usize, listeners: &str) -> String {
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}{listeners}}}\n\
         routes: {{all: {{to: app, headers: {{response: {{set: {{x-version: \"{version}\"}}}}}}}}}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        upstream.address()
    )
}

fn version(address: SocketAddr) -> Option<usize> {
    get(address, "/version").ok()?.value("x-version")?.parse().ok()
}

fn await_version(proxy: &Proxy, wanted: usize) {
    let address = proxy.address("web");
    eventually(&format!("version {wanted}"), || (version(address) == Some(wanted)).then_some(()));
}

/// Keeps asking until told to stop. Counts answers, and notes every failure.
fn load(address: SocketAddr, stop: &AtomicBool, answers: &AtomicUsize, failures: &Mutex<Vec<String>>) {
    let mut client = Client::connect(address);
    let mut newest = 0;
    while !stop.load(Ordering::Acquire) {
        let response = client.send("GET /load HTTP/1.1\r\nHost: shop.test\r\n\r\n").response();
        let fault = match &response {
            Ok(response) if response.status == 200 && response.text() == "answer" => {
                let version = response.value("x-version").and_then(|version| version.parse::<usize>().ok());
                let stepped_back = version.is_none_or(|version| version < newest);
                newest = version.unwrap_or(newest).max(newest);
                stepped_back.then(|| format!("version {version:?} behind {newest}"))
            }
            other => Some(format!("{other:?}")),
        };
        answers.fetch_add(1, Ordering::Relaxed);
        if let Some(fault) = fault {
            failures.lock().unwrap().push(fault);
            client = Client::connect(address);
        } else if response.is_ok_and(|response| response.closes()) {
            client = Client::connect(address);
        }
    }
}

/// Memory of the process in KiB (proc(5), `VmRSS`).
fn resident(proxy: &Proxy) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", proxy.pid())).expect("the process lives");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has memory");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// Sockets that the process listens on, by inode (proc(5), `/proc/net/tcp`).
fn inode(address: SocketAddr) -> Option<String> {
    let SocketAddr::V4(v4) = address else { return None };
    let local = format!("{:08X}:{:04X}", u32::from_le_bytes(v4.ip().octets()), v4.port());
    let sockets = fs::read_to_string("/proc/net/tcp").ok()?;
    let mut rows = sockets.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.get(1) == Some(&local.as_str()) && row.get(3) == Some(&"0A"))?;
    row.get(9).map(|inode| (*inode).to_owned())
}

#[test]
fn a_storm_of_reloads_fails_no_request() {
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&table(&upstream, 0, ""));
    let address = proxy.address("web");
    let socket = inode(address).expect("the listener's socket is known");
    let (stop, answers, failures) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| load(address, &stop, &answers, &failures));
        }
        let mut before = 0;
        for number in 1..=RELOADS {
            fs::write(proxy.file().with_extension("new"), table(&upstream, number, "")).unwrap();
            fs::rename(proxy.file().with_extension("new"), proxy.file()).unwrap();
            proxy.signal("HUP");
            // every tenth is awaited, the others overtake one another
            if number % 10 == 0 {
                await_version(&proxy, number);
            }
            if number == RELOADS / 5 {
                before = resident(&proxy);
            }
        }
        let after = resident(&proxy);
        stop.store(true, Ordering::Release);
        assert!(after < before + before / 4 + 4096, "{before} KiB became {after} KiB");
    });
    let failures = failures.into_inner().unwrap();
    let (first, answers) = (&failures[..failures.len().min(5)], answers.into_inner());
    assert!(failures.is_empty(), "{} of {answers} failed, such as {first:?}", failures.len());
    assert!(answers > RELOADS, "there was load: {answers}");
    assert_eq!(inode(address), Some(socket), "the listener kept its socket");
}

/// As Kubernetes mounts a ConfigMap: the file is a link into `..data`, which is a link that is swapped.
#[test]
fn a_swapped_link_is_seen() {
    let upstream = Upstream::echo();
    let folder = tempfile::tempdir().unwrap();
    let publish = |number: usize| {
        let name = format!("..v{number}");
        fs::create_dir(folder.path().join(&name)).unwrap();
        fs::write(folder.path().join(&name).join("table.yaml"), table(&upstream, number, "")).unwrap();
        symlink(&name, folder.path().join("..tmp")).unwrap();
        fs::rename(folder.path().join("..tmp"), folder.path().join("..data")).unwrap();
        if number > 1 {
            fs::remove_dir_all(folder.path().join(format!("..v{}", number - 1))).unwrap();
        }
    };
    publish(1);
    symlink(Path::new("..data/table.yaml"), folder.path().join("table.yaml")).unwrap();
    let file = folder.path().join("table.yaml");
    let root = folder.path().to_owned();
    let proxy = Proxy::start_in(tempfile::tempdir().unwrap(), file);
    await_version(&proxy, 1);
    for number in 2..8 {
        publish(number);
        await_version(&proxy, number);
    }
    assert!(root.join("table.yaml").exists());
}

#[test]
fn every_way_of_writing_is_seen() {
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&table(&upstream, 1, ""));
    await_version(&proxy, 1);
    proxy.rewrite(&table(&upstream, 2, ""));
    await_version(&proxy, 2);
    fs::write(proxy.file(), table(&upstream, 3, "")).unwrap();
    await_version(&proxy, 3);
    // as some editors do: the old file is moved away first
    fs::rename(proxy.file(), proxy.file().with_extension("bak")).unwrap();
    fs::write(proxy.file(), table(&upstream, 4, "")).unwrap();
    await_version(&proxy, 4);
}

/// How often the control thread waited for something so far (proc(5), `/proc/PID/task/TID/status`).
fn waits(proxy: &Proxy) -> u64 {
    let pid = proxy.pid();
    let status = fs::read_to_string(format!("/proc/{pid}/task/{pid}/status")).expect("the process lives");
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.and_then(|count| count.trim().parse().ok()).expect("a number")
}

#[test]
fn a_busy_log_beside_the_table_wakes_nobody() {
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&table(&upstream, 1, ""));
    await_version(&proxy, 1);
    let mut log = fs::File::create(proxy.folder().join("access.log")).unwrap();
    let mut client = Client::connect(proxy.address("web"));
    let before = waits(&proxy);
    for _ in 0..2000 {
        writeln!(log, "a line").unwrap();
        // a worker answers, so that a control thread that wakes has the time to
        assert!(client.send("GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n").response().is_ok());
    }
    let during = waits(&proxy) - before;
    // it looks at the memory ten times a second
    assert!(during < 500, "it woke {during} times for 2000 lines");
    proxy.rewrite(&table(&upstream, 2, ""));
    await_version(&proxy, 2);
}

#[test]
fn listeners_come_and_go() {
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&table(&upstream, 1, ""));
    let (web, socket) = (proxy.address("web"), inode(proxy.address("web")));
    let mut open = Client::connect(web);
    assert_eq!(open.send("GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n").response().unwrap().status, 200);

    proxy.rewrite(&table(&upstream, 2, ", more: {address: \"127.0.0.1:0\"}"));
    let more = proxy.address("more");
    assert_eq!(eventually("the new listener answers", || version(more)), 2);
    assert_eq!(open.send("GET /b HTTP/1.1\r\nHost: shop.test\r\n\r\n").response().unwrap().status, 200);

    proxy.rewrite(&table(&upstream, 3, ""));
    await_version(&proxy, 3);
    eventually("the listener is gone", || TcpStream::connect(more).is_err().then_some(()));
    assert_eq!(open.send("GET /c HTTP/1.1\r\nHost: shop.test\r\n\r\n").response().unwrap().status, 200);
    assert_eq!(inode(web), socket, "an unchanged listener keeps its socket");
}

#[test]
fn a_bad_table_changes_nothing_and_is_told() {
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&table(&upstream, 1, ""));
    await_version(&proxy, 1);
    assert_eq!(proxy.metric("towpath_config_rejected"), Some(0.0));
    let bad = [
        "routes: [",
        "",
        "listeners: {web: {adress: 127.0.0.1:0}}\n",
        &table(&upstream, 2, "").replace("to: app", "to: nowhere"),
        &table(&upstream, 2, "").replace("x-version", "x version"),
    ];
    for (number, text) in bad.into_iter().enumerate() {
        let before = proxy.metric("towpath_reloads_rejected_total").unwrap_or(0.0);
        proxy.rewrite(text);
        proxy.signal("HUP");
        eventually(&format!("bad table {number} is counted"), || {
            (proxy.metric("towpath_reloads_rejected_total")? > before).then_some(())
        });
        assert_eq!(version(proxy.address("web")), Some(1), "the old table stays");
        assert_eq!(proxy.metric("towpath_config_rejected"), Some(1.0));
        let config = get(proxy.admin(), "/config").unwrap().text();
        assert!(config.contains("\"rejected\"") && config.contains("faults"), "{config}");
        assert_eq!(get(proxy.admin(), "/ready").unwrap().status, 200);
    }
    proxy.line("the fault", |line| line.contains("nowhere").then_some(()));
    proxy.rewrite(&table(&upstream, 5, ""));
    await_version(&proxy, 5);
    assert_eq!(proxy.metric("towpath_config_rejected"), Some(0.0));
}

#[test]
fn a_taken_port_keeps_the_old_table() {
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&table(&upstream, 1, ""));
    await_version(&proxy, 1);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    proxy.rewrite(&table(&upstream, 2, &format!(", more: {{address: \"{address}\"}}")));
    proxy.signal("HUP");
    eventually("it is told", || (proxy.metric("towpath_config_rejected")? > 0.0).then_some(()));
    proxy.line("the port", |line| line.contains(&address.to_string()).then_some(()));
    assert_eq!(version(proxy.address("web")), Some(1));
    drop(taken);
    proxy.signal("HUP");
    await_version(&proxy, 2);
    assert_eq!(version(address), Some(2), "the same table is good once the port is free");
}

#[test]
fn a_missing_file_changes_nothing() {
    let upstream = Upstream::echo();
    let proxy = Proxy::start(&table(&upstream, 1, ""));
    await_version(&proxy, 1);
    fs::remove_file(proxy.file()).unwrap();
    proxy.signal("HUP");
    eventually("it is told", || (proxy.metric("towpath_config_rejected")? > 0.0).then_some(()));
    assert_eq!(version(proxy.address("web")), Some(1));
    proxy.rewrite(&table(&upstream, 2, ""));
    await_version(&proxy, 2);
}

#[test]
fn a_request_keeps_the_table_it_began_with() {
    let upstream = Upstream::start(|call| {
        if call.path() == "/version" {
            return call.answer();
        }
        call.body();
        call.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
        // the rest follows when the test closes its request
        if call.wire().has_more().is_ok() { Next::Close } else { Next::Keep }
    });
    let proxy = Proxy::start(&table(&upstream, 1, ""));
    let mut slow = Client::connect(proxy.address("web"));
    let head = slow.send("GET /slow HTTP/1.1\r\nHost: shop.test\r\n\r\n").head().unwrap();
    assert_eq!(head.value("x-version"), Some("1"));
    proxy.rewrite(&table(&upstream, 2, ""));
    await_version(&proxy, 2);
    assert_eq!(support::latin(&slow.wire().take_until(b"part").unwrap()), "4\r\npart", "it goes on");
}

/// Listeners with these addresses, each with a route that says its name.
fn named(listeners: &[(&str, SocketAddr)]) -> String {
    let (mut doors, mut routes) = (String::new(), String::new());
    for (name, address) in listeners {
        doors.push_str(&format!("  {name}: {{address: \"{address}\"}}\n"));
        routes.push_str(&format!(
            "  {name}: {{listeners: [{name}], direct_response: {{status: 200, body: {name}}}}}\n"
        ));
    }
    format!("proxy: {{admin: \"127.0.0.1:0\", workers: 1}}\nlisteners:\n{doors}routes:\n{routes}")
}

#[test]
fn listeners_change_names_and_places_and_no_port_closes() {
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (one, two) = (free(), free());
    let proxy = Proxy::start(&named(&[("a", one), ("b", two)]));
    assert_eq!([proxy.address("a"), proxy.address("b")], [one, two]);
    let says = |address, wanted: &str| {
        // whoever comes while they change is answered as well
        let text = || get(address, "/").expect("an answer").text();
        eventually(&format!("{address} is {wanted}"), || (text() == wanted).then_some(()));
    };
    says(one, "a");
    let sockets = [inode(one), inode(two)];
    proxy.rewrite(&named(&[("a", two), ("b", one)]));
    says(one, "b");
    says(two, "a");
    proxy.rewrite(&named(&[("c", two), ("b", one)]));
    says(two, "c");
    says(one, "b");
    assert_eq!([inode(one), inode(two)], sockets, "they are the same sockets");
    assert!(!proxy.log().contains("refused"), "{}", proxy.log());
}
