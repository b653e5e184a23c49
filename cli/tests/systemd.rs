//! Under systemd, or whoever speaks as it does: sockets that were opened before the process, and what it tells of itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "support/lib.rs"]
mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::UdpSocket;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::Command;

use support::{Client, PATIENCE, Proxy, get};

/// Opens two ports as `sd_listen_fds(3)` has it, with the names of its first argument, and becomes the rest of them.
const LAUNCHER: &str = "
import os, socket, sys
ports = [socket.create_server(('127.0.0.1', 0)) for _ in range(2)]
for number, port in enumerate(ports, 3):
    os.dup2(port.fileno(), number)
    os.set_inheritable(number, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2', LISTEN_FDNAMES=sys.argv[1])
os.execv(sys.argv[2], sys.argv[2:])
";

fn table(address: &str) -> String {
    format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1, drain: {{delay: none, spread: none, timeout: 5s}}}}\n\
         listeners: {{web: {{address: \"{address}\"}}}}\n\
         routes: {{all: {{direct_response: {{status: 200, body: hi}}}}}}\n"
    )
}

#[test]
fn ports_that_were_opened_before_are_used_by_their_names() {
    // nobody could open this address: port 1 of a network that is nobody's
    let launcher = ["python3", "-c", LAUNCHER, "web:admin"];
    let mut proxy = Proxy::start_by(&launcher, &table("192.0.2.1:1"));
    let (address, admin) = (proxy.address("web"), proxy.admin());
    assert_eq!(get(address, "/").unwrap().text(), "hi");
    assert_eq!(get(admin, "/ready").unwrap().status, 200);

    // they go on to the process that takes the place
    let mut client = Client::connect(admin);
    client.send("POST /upgrade HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    let text = client.response().unwrap().text();
    let process = text.strip_prefix("process ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    proxy.succeeded_by(process.unwrap_or_else(|| panic!("{text}")));
    assert_eq!(get(address, "/").unwrap().text(), "hi");
    assert_eq!(get(admin, "/ready").unwrap().status, 200);
    proxy.signal("TERM");
    proxy.wait();
    assert!(get(address, "/").is_err(), "nobody holds the port any more");
}

#[test]
fn a_port_that_is_for_nobody_is_said() {
    let proxy = Proxy::start_by(&["python3", "-c", LAUNCHER, "web:stray"], &table("192.0.2.1:1"));
    assert_eq!(get(proxy.address("web"), "/").unwrap().text(), "hi");
    let line =
        proxy.line("is for no listener", |line| line.contains("is for no listener").then(|| line.to_owned()));
    assert!(line.contains("stray"), "{line}");
}

#[test]
fn systemd_itself_passes_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("web.sock");
    let listen = format!("--listen={}", path.display());
    let launcher = ["systemd-socket-activate", &listen, "--fdname=web"];
    let proxy = Proxy::start_by(&launcher, &table("127.0.0.1:0"));
    // the first connection starts the proxy, and is served by it
    let mut stream = support::eventually("it listens", || UnixStream::connect(&path).ok());
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("hi"), "{text}\n{}", proxy.log());
}

#[test]
fn whoever_started_it_hears_how_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let heard = UnixDatagram::bind(&path).unwrap();
    heard.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = [0; 256];
    let mut hear = || {
        let length = heard.recv(&mut bytes).expect("the proxy tells");
        String::from_utf8_lossy(&bytes[..length]).lines().next().unwrap_or_default().to_owned()
    };
    let told = format!("NOTIFY_SOCKET={}", path.display());
    let mut proxy = Proxy::start_by(&["env", &told], &table("127.0.0.1:0"));
    assert_eq!(hear(), "READY=1");
    let address = proxy.address("web");
    assert_eq!(get(address, "/").unwrap().text(), "hi", "it is as ready as it says");
    // the signal is listened to before the first reading is over, and that is before this answer
    let mut admin = Client::connect(proxy.admin());
    admin.send("POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(admin.response().unwrap().status, 200);
    assert_eq!((hear(), hear()), ("RELOADING=1".to_owned(), "READY=1".to_owned()));
    proxy.signal("HUP");
    assert_eq!((hear(), hear()), ("RELOADING=1".to_owned(), "READY=1".to_owned()));
    proxy.signal("USR2");
    let process = hear().strip_prefix("MAINPID=").and_then(|process| process.parse().ok());
    let old = proxy.pid();
    proxy.succeeded_by(process.expect("the new main process"));
    assert_ne!(proxy.pid(), old);
    assert_eq!(get(address, "/").unwrap().text(), "hi");
    proxy.signal("TERM");
    assert_eq!(hear(), "STOPPING=1", "the old one says nothing: it is not the service that ends");
    assert_eq!(proxy.wait().code(), Some(0), "{}", proxy.log());
}

#[test]
fn it_is_ready_once_names_were_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let heard = UnixDatagram::bind(&path).unwrap();
    heard.set_read_timeout(Some(PATIENCE)).unwrap();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let table = format!(
        "proxy: {{admin: \"127.0.0.1:0\", workers: 1, dns: {{servers: \"{}\", startup_timeout: 1s}}}}\n\
         clusters: {{app: {{dns: {{name: app.test, port: 80}}}}}}\n",
        silent.local_addr().unwrap()
    );
    let told = format!("NOTIFY_SOCKET={}", path.display());
    let proxy = Proxy::start_by(&["env", &told], &table);
    let mut bytes = [0; 256];
    let length = heard.recv(&mut bytes).expect("the proxy tells");
    assert!(bytes[..length].starts_with(b"READY=1\n"));
    let ready = get(proxy.admin(), "/ready").unwrap();
    assert_eq!(ready.status, 200, "{}", ready.text());
}

#[test]
fn an_environment_that_cannot_be_true_is_refused() {
    let long = format!("NOTIFY_SOCKET=/{}", "x".repeat(200));
    let rows = [
        (
            "TOWPATH_TAKE_OVER=stdin",
            "`TOWPATH_TAKE_OVER` is in the environment, but the standard input is no way",
        ),
        (&long, "`NOTIFY_SOCKET` is in the environment, but "),
    ];
    for (variable, fault) in rows {
        let mut proxy = Proxy::start_by(&["env", variable], &table("127.0.0.1:0"));
        assert_eq!(proxy.wait().code(), Some(2), "{}", proxy.log());
        assert!(proxy.log().contains(fault), "{}", proxy.log());
    }
}

#[test]
fn the_units_are_what_systemd_takes() {
    let units = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/systemd");
    // the program is not where a package would put it
    let folder = tempfile::tempdir().unwrap();
    for name in ["towpath.service", "towpath.socket"] {
        let unit = fs::read_to_string(units.join(name)).unwrap();
        fs::write(folder.path().join(name), unit.replace("/usr/bin/towpath", env!("CARGO_BIN_EXE_towpath")))
            .unwrap();
    }
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no", "towpath.service", "towpath.socket"])
        .current_dir(folder.path())
        .output()
        .expect("systemd-analyze is there");
    let said = String::from_utf8_lossy(&verified.stderr);
    let ours: Vec<_> = said.lines().filter(|line| line.contains("towpath")).collect();
    assert!(verified.status.success() && ours.is_empty(), "{said}");
}
