//! A real name server, dnsmasq, on a port of its own.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A name server for the zone `test`, whose records have a TTL of one second. It is killed when dropped.
#[derive(Debug)]
pub struct Names {
    address: SocketAddr,
    folder: TempDir,
    child: Option<Child>,
}

/// An address that is free for UDP and for TCP.
fn free() -> SocketAddr {
    loop {
        let udp = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        if TcpListener::bind(udp).is_ok() {
            return udp;
        }
    }
}

impl Names {
    /// Starts one with these lines of `/etc/hosts`, and with further arguments.
    pub fn start(hosts: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the names");
        let mut names = Self { address: free(), folder, child: None };
        names.restart(hosts, arguments);
        names
    }

    /// Where it is asked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the names, as an operator does: the file is written and read again at SIGHUP.
    pub fn say(&self, hosts: &str) {
        fs::write(self.folder.path().join("hosts"), hosts).expect("the folder can be written");
        let pid = self.child.as_ref().expect("the server runs").id().to_string();
        let sent = Command::new("kill").args(["-s", "HUP", &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -s HUP");
    }

    /// Ends it; from now on nobody answers.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // it may have ended by itself
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it anew at the same address.
    pub fn restart(&mut self, hosts: &str, arguments: &[&str]) {
        self.stop();
        let file = self.folder.path().join("hosts");
        fs::write(&file, hosts).expect("the folder can be written");
        let user = Command::new("id").arg("-un").output().expect("a user has a name");
        let user = String::from_utf8(user.stdout).expect("a name is text");
        let spawn = |program: &str| {
            Command::new(program)
                .args([
                    "--no-daemon",
                    "--no-resolv",
                    "--no-hosts",
                    "--conf-file=/dev/null",
                    "--bind-interfaces",
                ])
                .args(["--listen-address=127.0.0.1", "--local=/test/", "--local=/internal/", "--local-ttl=1"])
                .arg(format!("--port={}", self.address.port()))
                .arg(format!("--addn-hosts={}", file.display()))
                // the folder is ours, and must be readable after root has become somebody else
                .arg(format!("--user={}", user.trim()))
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
        };
        let child = match spawn("dnsmasq") {
            Err(fault) if fault.kind() == ErrorKind::NotFound => spawn("/usr/sbin/dnsmasq"),
            child => child,
        };
        self.child = Some(child.expect("dnsmasq is installed by ./dev test"));
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.stop();
    }
}
