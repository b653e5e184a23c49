//! A new process takes the place of the old one under load: no request fails, and where it cannot, the old one stays.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use support::{Client, Names, Proxy, Upstream, eventually, get};

const UPGRADES: usize = 6;

fn table(upstream: &Upstream, folder: &Path, more: &str) -> String {
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2{more}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}, local: {{address: \"unix:{}\"}}}}\n\
         routes: {{all: {{to: app}}}}\n\
         clusters: {{app: {{endpoints: [\"{}\"]}}}}\n",
        folder.join("local.sock").display(),
        upstream.address()
    )
}

/// A proxy with a listener for TCP and one on a socket's file, in a folder of its own.
fn start(upstream: &Upstream, program: Option<&Path>, more: &str) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.yaml");
    fs::write(&file, table(upstream, folder.path(), more)).unwrap();
    match program {
        Some(program) => Proxy::start_program(program, folder, file),
        None => Proxy::start_in(folder, file),
    }
}

/// Asks the admin port for an upgrade.
fn ask(proxy: &mut Proxy) -> Result<u32, String> {
    let mut admin = Client::connect(proxy.admin());
    admin.send("POST /upgrade HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    let response = admin.response().expect("an answer");
    let text = response.text();
    if response.status != 200 {
        return Err(text);
    }
    let process = text.strip_prefix("process ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    let process = process.unwrap_or_else(|| panic!("no process in {text}"));
    proxy.succeeded_by(process);
    Ok(process)
}

/// Upgrades by a signal.
fn signal(proxy: &mut Proxy) -> u32 {
    let old = proxy.pid();
    proxy.signal("USR2");
    let process = eventually("a new process serves", || {
        let log = proxy.log();
        let line = log.lines().rev().find(|line| line.contains("a new process serves"))?;
        let process = line.split("process=").nth(1)?.split_whitespace().next()?.parse().ok()?;
        // the line of the upgrade before names the process that is old now
        (process != old).then_some(process)
    });
    proxy.succeeded_by(process);
    process
}

/// What clients saw.
#[derive(Default)]
struct Seen {
    stop: AtomicBool,
    answers: AtomicUsize,
    faults: Mutex<Vec<String>>,
}

impl Seen {
    fn note(&self, outcome: Result<(), String>) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        outcome.unwrap_or_else(|fault| self.faults.lock().unwrap().push(fault));
    }

    /// Ends the clients when dropped, so that a test that fails ends too.
    fn until_dropped(&self) -> impl Drop + use<'_> {
        struct Stop<'a>(&'a AtomicBool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Release);
            }
        }
        Stop(&self.stop)
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Acquire)
    }

    fn await_more(&self) {
        let before = self.answers.load(Ordering::Relaxed);
        eventually("traffic", || (self.answers.load(Ordering::Relaxed) > before + 200).then_some(()));
    }

    fn assert_good(&self) {
        let faults = self.faults.lock().unwrap();
        let answers = self.answers.load(Ordering::Relaxed);
        assert!(faults.is_empty(), "{} of {answers} failed: {faults:#?}", faults.len());
    }
}

/// Asks again and again on one connection, until an answer says that it was the last.
fn keep_alive(address: SocketAddr, seen: &Seen) {
    let mut client = None;
    while seen.goes_on() {
        let mut open = client.take().unwrap_or_else(|| Client::connect(address));
        let response = open.send("GET /load HTTP/1.1\r\nHost: shop.test\r\n\r\n").response();
        let good =
            response.as_ref().is_ok_and(|response| response.status == 200 && response.text() == "answer");
        client = response.as_ref().is_ok_and(|response| !response.closes()).then_some(open);
        seen.note(if good { Ok(()) } else { Err(format!("keep-alive: {response:?}")) });
    }
}

/// Asks each time on a new connection.
fn anew(address: SocketAddr, seen: &Seen) {
    while seen.goes_on() {
        let response = get(address, "/load");
        let good =
            response.as_ref().is_ok_and(|response| response.status == 200 && response.text() == "answer");
        seen.note(if good { Ok(()) } else { Err(format!("anew: {response:?}")) });
    }
}

/// Asks each time on a new connection to the socket's file.
fn local(path: &Path, seen: &Seen) {
    while seen.goes_on() {
        let asked = UnixStream::connect(path).and_then(|mut stream| {
            stream.write_all(b"GET /load HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n")?;
            let mut text = String::new();
            stream.read_to_string(&mut text).map(|_| text)
        });
        let good =
            asked.as_ref().is_ok_and(|text| text.starts_with("HTTP/1.1 200 ") && text.ends_with("answer"));
        seen.note(if good { Ok(()) } else { Err(format!("local: {asked:?}")) });
    }
}

/// Whether the process is there and runs (proc(5), `/proc/PID/stat`).
fn runs(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

#[test]
fn no_request_fails_while_processes_take_turns() {
    let upstream = Upstream::echo();
    let mut proxy = start(&upstream, None, "");
    let (address, admin) = (proxy.address("web"), proxy.admin());
    let socket = proxy.folder().join("local.sock");
    let seen = Seen::default();
    let mut processes = vec![proxy.pid()];
    thread::scope(|scope| {
        let _clients = seen.until_dropped();
        for _ in 0..4 {
            scope.spawn(|| keep_alive(address, &seen));
            scope.spawn(|| anew(address, &seen));
        }
        scope.spawn(|| local(&socket, &seen));
        for upgrade in 0..UPGRADES {
            seen.await_more();
            processes.push(if upgrade % 2 == 0 { signal(&mut proxy) } else { ask(&mut proxy).unwrap() });
            let ready = get(admin, "/ready").expect("the admin port went over");
            assert_eq!(ready.status, 200, "{}", ready.text());
        }
        seen.await_more();
    });
    seen.assert_good();

    let (last, old) = processes.split_last().unwrap();
    for process in old {
        eventually("the old ones end", || (!runs(*process)).then_some(()));
    }
    assert!(runs(*last) && socket.exists());
    proxy.signal("INT");
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
    assert!(!socket.exists(), "the last one takes the file with it");
}

/// Passes questions on to a name server; once `slow`, each only after clients have got 200 further answers.
fn relay(questions: &UdpSocket, server: SocketAddr, slow: &AtomicBool, seen: &Seen) {
    let onward = UdpSocket::bind("127.0.0.1:0").unwrap();
    for socket in [questions, &onward] {
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    }
    let mut packet = [0; 2048];
    while seen.goes_on() {
        let Ok((length, from)) = questions.recv_from(&mut packet) else { continue };
        let due = seen.answers.load(Ordering::Relaxed) + 200;
        while slow.load(Ordering::Acquire) && seen.goes_on() && seen.answers.load(Ordering::Relaxed) < due {
            thread::yield_now();
        }
        onward.send_to(&packet[..length], server).unwrap();
        if let Ok(length) = onward.recv(&mut packet) {
            questions.send_to(&packet[..length], from).unwrap();
        }
    }
}

#[test]
fn a_new_process_serves_when_it_knows_the_names() {
    let upstream = Upstream::echo();
    let names = Names::start("127.0.0.1 app.test\n", &[]);
    let questions = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (seen, slow) = (&Seen::default(), &AtomicBool::new(false));
    let mut proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 2, dns: {{servers: \"{}\"}}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{all: {{to: app}}}}\n\
         clusters: {{app: {{dns: {{name: app.test, port: {}, family: v4}}}}}}\n",
        questions.local_addr().unwrap(),
        upstream.address().port()
    ));
    let (address, admin) = (proxy.address("web"), proxy.admin());
    thread::scope(|scope| {
        let _clients = seen.until_dropped();
        scope.spawn(|| relay(&questions, names.address(), slow, seen));
        eventually("the first answer", || (get(admin, "/ready").ok()?.status == 200).then_some(()));
        slow.store(true, Ordering::Release);
        for _ in 0..2 {
            scope.spawn(move || keep_alive(address, seen));
            scope.spawn(move || anew(address, seen));
        }
        for upgrade in 0..4 {
            _ = if upgrade % 2 == 0 { signal(&mut proxy) } else { ask(&mut proxy).unwrap() };
            let ready = get(admin, "/ready").expect("the admin port went over");
            assert_eq!(ready.status, 200, "{}", ready.text());
        }
        seen.await_more();
    });
    seen.assert_good();
}

#[test]
fn a_name_without_an_answer_does_not_hold_an_upgrade_up_for_ever() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut proxy = Proxy::start(&format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1, dns: {{servers: \"{}\", startup_timeout: 300ms}}}}\n\
         listeners: {{web: {{address: \"127.0.0.1:0\"}}}}\n\
         routes: {{all: {{to: app}}}}\n\
         clusters: {{app: {{dns: {{name: app.test, port: 80}}}}}}\n",
        silent.local_addr().unwrap(),
    ));
    ask(&mut proxy).unwrap();
    assert_eq!(get(proxy.admin(), "/ready").unwrap().status, 200);
    assert_eq!(get(proxy.address("web"), "/").unwrap().status, 503);
}

#[test]
fn what_is_open_is_finished_by_the_old_one() {
    let (upstream, tell) = Upstream::holding();
    let mut proxy = start(&upstream, None, "");
    let mut held = Client::connect(proxy.address("web"));
    held.send("GET /held HTTP/1.1\r\nHost: shop.test\r\n\r\n");
    let head = held.head().unwrap();
    let old = proxy.pid();
    let new = ask(&mut proxy).unwrap();
    assert!(new != old && runs(old), "it has something to finish");
    tell.send(()).unwrap();
    assert_eq!(held.body("GET", head).unwrap().text(), "halfhalf");
    eventually("the old one ends", || (!runs(old)).then_some(()));
    assert!(runs(new));
}

#[test]
fn a_new_process_that_cannot_serve_changes_nothing() {
    let upstream = Upstream::echo();
    let folder = tempfile::tempdir().unwrap();
    let program = copy(folder.path());
    let mut proxy = start(&upstream, Some(&program), "");
    let (address, old) = (proxy.address("web"), proxy.pid());
    let refused = |what: &str, proxy: &mut Proxy| {
        let fault = ask(proxy).unwrap_err();
        assert!(fault.contains(what), "{fault}");
        assert_eq!(proxy.pid(), old);
        assert_eq!(get(address, "/").unwrap().text(), "answer");
        assert_eq!(get(proxy.admin(), "/ready").unwrap().status, 200);
    };

    let good = fs::read_to_string(proxy.file()).unwrap();
    proxy.rewrite("listeners: {web: {addres: 1}}\n");
    refused("ended before it served (exit status: 2): its log says why", &mut proxy);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let held = std::net::TcpListener::bind(taken).unwrap();
    proxy.rewrite(
        &good.replace("local: {address:", &format!("more: {{address: \"{taken}\"}}, local: {{address:")),
    );
    refused("ended before it served (exit status: 1)", &mut proxy);
    drop(held);
    proxy.rewrite(&good);
    put(&program, "no program", 0o644);
    refused("cannot be started", &mut proxy);
    put(&program, "#!/bin/sh\nexit 7\n", 0o755);
    refused("ended before it served (exit status: 7)", &mut proxy);
    let metrics = get(proxy.admin(), "/metrics").unwrap().text();
    assert!(metrics.contains("\ntowpath_upgrades_failed_total 4\n"), "{metrics}");

    copy(folder.path());
    let new = ask(&mut proxy).expect("a good program takes over");
    eventually("the old one ends", || (!runs(old)).then_some(()));
    assert!(runs(new));
    assert_eq!(get(address, "/").unwrap().text(), "answer");
}

#[test]
fn a_new_process_that_hangs_is_stopped() {
    let upstream = Upstream::echo();
    let folder = tempfile::tempdir().unwrap();
    let program = copy(folder.path());
    let mut proxy = start(&upstream, Some(&program), ", upgrade_timeout: 400ms");
    let old = proxy.pid();
    put(&program, "#!/bin/sh\nexec sleep 600\n", 0o755);
    let fault = ask(&mut proxy).unwrap_err();
    assert_eq!(fault.trim_end(), "the new process does not serve after 400ms, and was stopped");
    let hung = proxy.line("a new process starts", |line| {
        line.split_once("a new process starts process=")?.1.split_whitespace().next()?.parse().ok()
    });
    assert!(!runs(hung) && runs(old));
    assert_eq!(get(proxy.address("web"), "/").unwrap().text(), "answer");
    assert_eq!(proxy.metric("towpath_upgrades_failed_total"), Some(1.0));
}

/// Puts a program in the place of another one, as a package does.
fn put(program: &Path, text: &str, mode: u32) {
    let fresh = program.with_extension("new");
    fs::write(&fresh, text).unwrap();
    fs::set_permissions(&fresh, fs::Permissions::from_mode(mode)).unwrap();
    fs::rename(&fresh, program).unwrap();
}

/// Puts the binary into a folder, as a package does: a new file is renamed over the old one.
fn copy(folder: &Path) -> PathBuf {
    let (program, fresh) = (folder.join("towpath"), folder.join("towpath.fresh"));
    fs::copy(env!("CARGO_BIN_EXE_towpath"), &fresh).unwrap();
    fs::rename(&fresh, &program).unwrap();
    program
}
