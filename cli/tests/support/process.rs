//! The real binary, as a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use tempfile::TempDir;

use super::PATIENCE;

#[derive(Debug, Default)]
struct Log {
    lines: Vec<String>,
    ended: bool,
}

/// A running proxy. It is killed when dropped.
#[derive(Debug)]
pub struct Proxy {
    child: Child,
    successor: Option<u32>,
    folder: TempDir,
    file: PathBuf,
    log: Written,
}

impl Proxy {
    /// Starts a proxy with this route table.
    pub fn start(table: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the route table");
        let file = folder.path().join("towpath.yaml");
        fs::write(&file, table).expect("the folder can be written");
        Self::start_in(folder, file)
    }

    /// Starts a proxy with a route table that stands somewhere in `folder`.
    pub fn start_in(folder: TempDir, file: PathBuf) -> Self {
        Self::start_program(Path::new(env!("CARGO_BIN_EXE_towpath")), folder, file)
    }

    /// Starts this copy of the binary.
    pub fn start_program(program: &Path, folder: TempDir, file: PathBuf) -> Self {
        Self::launch(Command::new(program), folder, file)
    }

    /// Starts a proxy by a program that runs the command behind its arguments, in its own place.
    pub fn start_by(launcher: &[&str], table: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the route table");
        let file = folder.path().join("towpath.yaml");
        fs::write(&file, table).expect("the folder can be written");
        let [program, arguments @ ..] = launcher else { panic!("a launcher has a name") };
        let mut command = Command::new(program);
        command.args(arguments).arg(env!("CARGO_BIN_EXE_towpath"));
        Self::launch(command, folder, file)
    }

    /// Starts a proxy with these flags and without a file. What it writes to stdout stands in the log too.
    pub fn by_flags(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // as from a terminal, also where the tests run under nohup
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_towpath"), "proxy"]).args(flags);
        command.env_remove("TOWPATH_CONFIG");
        Self::run(command, folder, PathBuf::new())
    }

    fn launch(mut command: Command, folder: TempDir, file: PathBuf) -> Self {
        command.args(["proxy", "-c"]).arg(&file);
        Self::run(command, folder, file)
    }

    /// Starts a command of the binary with these arguments; `folder` is kept as long as it runs.
    pub fn by_arguments(arguments: &[&str], folder: TempDir) -> Self {
        Self::by_command(Command::new(env!("CARGO_BIN_EXE_towpath")), arguments, folder)
    }

    /// The same by a program that runs the binary with these arguments, in its own place.
    pub fn by_command(mut command: Command, arguments: &[&str], folder: TempDir) -> Self {
        command.args(arguments);
        Self::run(command, folder, PathBuf::new())
    }

    /// Starts another command of the binary in place of one that has ended.
    pub fn run_again(&mut self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.args(arguments);
        (self.child, self.log) = spawn(command);
    }

    fn run(command: Command, folder: TempDir, file: PathBuf) -> Self {
        let (child, log) = spawn(command);
        Self { child, successor: None, folder, file, log }
    }

    /// Starts a proxy with one listener `web`, one route and one cluster of these endpoints. `listener` and `cluster`
    /// are more keys of theirs, each with its comma in front.
    pub fn in_front_of(endpoint: SocketAddr, listener: &str, cluster: &str) -> Self {
        Self::start(&format!(
            "proxy: {{admin: \"127.0.0.1:0\", workers: 2}}\n\
             listeners: {{web: {{address: \"127.0.0.1:0\"{listener}}}}}\n\
             routes: {{all: {{to: app}}}}\n\
             clusters: {{app: {{endpoints: [\"{endpoint}\"]{cluster}}}}}\n"
        ))
    }

    /// The route table.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The folder of the route table.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The id of the process, or of the one that took its place.
    pub fn pid(&self) -> u32 {
        self.successor.unwrap_or_else(|| self.child.id())
    }

    /// Notes that another process took the place.
    pub fn succeeded_by(&mut self, process: u32) {
        self.successor = Some(process);
    }

    /// Replaces the route table as editors do: a new file is renamed over the old one.
    pub fn rewrite(&self, table: &str) {
        let fresh = self.file.with_extension("new");
        fs::write(&fresh, table).expect("the folder can be written");
        fs::rename(&fresh, &self.file).expect("a file can be renamed");
    }

    /// Waits for a line of the log in which `find` finds something.
    pub fn line<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let (log, changed) = &*self.log;
        let found = |log: &Log| log.lines.iter().rev().find_map(|line| find(line));
        let log = log.lock().unwrap();
        let (log, _) =
            changed.wait_timeout_while(log, PATIENCE, |log| !log.ended && found(log).is_none()).unwrap();
        let (found, text) = (found(&log), log.lines.join("\n"));
        // a panic under the lock would be another one when the log is shown
        drop(log);
        found.unwrap_or_else(|| panic!("no line with {what} in the log:\n{text}"))
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.log.0.lock().unwrap().lines.join("\n")
    }

    /// Where a listener is open.
    pub fn address(&self, listener: &str) -> SocketAddr {
        self.line(&format!("listener={listener}"), |line| {
            (line.contains("listening") && value(line, "listener") == Some(listener))
                .then(|| value(line, "address")?.parse().ok())
                .flatten()
        })
    }

    /// Where the admin port is open.
    pub fn admin(&self) -> SocketAddr {
        self.line("admin listening", |line| {
            line.contains("admin listening").then(|| value(line, "address")?.parse().ok()).flatten()
        })
    }

    /// Waits until it is ready.
    pub fn await_ready(&self) {
        let is_ready = || (super::get(self.admin(), "/ready").ok()?.status == 200).then_some(());
        super::eventually("it is ready", is_ready);
    }

    /// The value of a metric; `name` is how its sample is written, labels and all.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let text = super::get(self.admin(), "/metrics").ok()?.text();
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    /// Waits until a metric has this value.
    pub fn await_metric(&self, name: &str, value: f64) {
        super::eventually(&format!("{name} is {value}"), || (self.metric(name)? == value).then_some(()));
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -s {name}");
    }

    /// Waits for the process to end.
    pub fn wait(&mut self) -> ExitStatus {
        let (log, changed) = &*self.log;
        let wait = changed.wait_timeout_while(log.lock().unwrap(), PATIENCE, |log| !log.ended).unwrap();
        assert!(wait.0.ended, "the process does not end:\n{}", wait.0.lines.join("\n"));
        drop(wait);
        self.child.wait().expect("a child can be waited for")
    }
}

/// What a process has written, and whether it has ended.
type Written = Arc<(Mutex<Log>, Condvar)>;

fn spawn(mut command: Command) -> (Child, Written) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let stderr = child.stderr.take().expect("stderr is a pipe");
    let stdout = child.stdout.take().expect("stdout is a pipe");
    let log = Written::default();
    let shared = Arc::clone(&log);
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            shared.0.lock().unwrap().lines.push(line);
            shared.1.notify_all();
        }
    });
    let shared = Arc::clone(&log);
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            shared.0.lock().unwrap().lines.push(line);
            shared.1.notify_all();
        }
        shared.0.lock().unwrap().ended = true;
        shared.1.notify_all();
    });
    (child, log)
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(process) = self.successor {
            let _ = Command::new("kill")
                .args(["-s", "KILL", &process.to_string()])
                .stderr(Stdio::null())
                .status();
        }
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.log();
            let last: Vec<_> = log.lines().rev().take(20).collect();
            eprintln!("the proxy's last lines, newest first:\n{}", last.join("\n"));
        }
    }
}

/// The value of `key=value` in a line of the log.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split_whitespace()
        .find_map(|word| Some(word.strip_prefix(key)?.strip_prefix('=')?.trim_matches('"')))
}
