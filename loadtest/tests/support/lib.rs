//! What the end-to-end tests stand on: the real binary, as a server and as whoever asks it.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long a byte is waited for. Far beyond what any of them takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath-load"));
    command.stdin(Stdio::null());
    command
}

/// `towpath-load serve`. It is killed when dropped.
#[derive(Debug)]
pub struct Served {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// What it said it listens on.
    pub place: String,
}

impl Served {
    /// Starts a server, and waits until it listens.
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = binary();
        command.arg("serve").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let stdin = child.stdin.take().expect("stdin is a pipe");
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let place = line.trim_end().strip_prefix("listening on ").expect("the line says where").to_owned();
        Self { child, stdin, stdout, place }
    }

    /// Gives an order, and what is answered to it.
    pub fn order(&mut self, order: &str) -> String {
        writeln!(self.stdin, "{order}").expect("it reads orders");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.place)
    }

    /// A connection to it.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.place).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    /// Sends a signal and waits for the end.
    pub fn end(&mut self, signal: Signal) -> ExitStatus {
        let process = Pid::from_child(&self.child);
        kill_process(process, signal).expect("it runs");
        self.child.wait().expect("it ends")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a run of `towpath-load` came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Ran {
    /// The figures that it wrote to stdout.
    pub fn figures(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }
}

/// Runs `towpath-load`.
pub fn load(arguments: &[&str]) -> Ran {
    let output = binary().args(arguments).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("it ends by itself");
    Ran { code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The figures of `towpath-load run`, which must end well.
pub fn figures(url: &str, arguments: &[&str]) -> Value {
    let ran = load(&[&["run", url, "--warmup", "0s", "--json", "-"], arguments].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.figures()
}

/// A count among the figures.
pub fn count(figures: &Value, pointer: &str) -> u64 {
    figures.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {figures:#}"))
}

/// How many requests were sent of so many that were planned; a machine that stands still may leave some unsent.
pub fn sent(figures: &Value, planned: u64) -> u64 {
    let sent = count(figures, "/requests");
    assert_eq!(sent + count(figures, "/late"), planned, "every one is counted: {figures:#}");
    assert!(sent > 0, "{figures:#}");
    sent
}

/// A number among the figures.
pub fn number(figures: &Value, pointer: &str) -> f64 {
    figures.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer} in {figures:#}"))
}

/// A server that gives each connection's first request these bytes, and then closes. It stays until the tests end.
pub fn saying(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(bytes);
            });
        }
    });
    address
}
