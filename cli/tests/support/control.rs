//! A running control server, with the directory of documents that it reads.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Proxy;

/// A control server. It is killed when dropped.
pub struct Control {
    process: Proxy,
    mesh: PathBuf,
}

impl Control {
    /// A server of these documents; `settings` are more lines of its settings.
    pub fn start(documents: &[(&str, &str)], settings: &str) -> Self {
        Self::start_by(Command::new(env!("CARGO_BIN_EXE_towpath")), documents, settings)
    }

    /// A server that may write no file of more than so many KiB.
    pub fn limited(kibibytes: u32, documents: &[(&str, &str)]) -> Self {
        let mut command = Command::new("bash");
        let limit = format!("ulimit -f {kibibytes}; exec \"$0\" \"$@\"");
        command.args(["-c", &limit, env!("CARGO_BIN_EXE_towpath")]);
        Self::start_by(command, documents, "")
    }

    /// A server that is started by a program which runs the command behind its arguments, in its own place.
    pub fn launched(launcher: &[&str], documents: &[(&str, &str)], settings: &str) -> Self {
        let [program, arguments @ ..] = launcher else { panic!("a launcher has a name") };
        let mut command = Command::new(program);
        command.args(arguments).arg(env!("CARGO_BIN_EXE_towpath"));
        Self::start_by(command, documents, settings)
    }

    fn start_by(command: Command, documents: &[(&str, &str)], settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mesh = folder.path().join("mesh");
        fs::create_dir(&mesh).unwrap();
        documents.iter().for_each(|(name, text)| fs::write(mesh.join(name), text).unwrap());
        let file = folder.path().join("control.yaml");
        let text = format!(
            "source: {{directory: {}}}\nstate: {}\napi: 127.0.0.1:0\npush: 127.0.0.1:0\n{settings}",
            mesh.display(),
            folder.path().join("state").display()
        );
        fs::write(&file, text).unwrap();
        let process = Proxy::by_command(command, &["control", "-c", &file.display().to_string()], folder);
        Self { process, mesh }
    }

    /// Kills it as a power failure would, and starts it again at the same addresses.
    pub fn again(&mut self) {
        let (push, api) = (self.push(), self.find("api"));
        self.process.signal("KILL");
        self.process.wait();
        let file = self.process.folder().join("control.yaml");
        let mut text = fs::read_to_string(&file).unwrap();
        text = text.replace("push: 127.0.0.1:0", &format!("push: {push}"));
        if let Some(api) = api {
            text = text.replace("api: 127.0.0.1:0", &format!("api: {api}"));
        }
        fs::write(&file, text).unwrap();
        self.process.run_again(&["control", "-c", &file.display().to_string()]);
        self.process.line("serving", |line| line.contains("serving").then_some(()));
    }

    /// Where proxies connect to.
    pub fn push(&self) -> SocketAddr {
        self.process.line("serving", |line| line.contains("serving").then_some(()));
        self.find("push").expect("it said so before it served")
    }

    /// Where the API listens.
    pub fn api(&self) -> SocketAddr {
        self.process.line("serving", |line| line.contains("serving").then_some(()));
        self.find("api").expect("it said so before it served")
    }

    fn find(&self, key: &str) -> Option<SocketAddr> {
        let listens = format!("`{key}` listens");
        let log = self.process.log();
        let line = log.lines().rev().find(|line| line.contains(&listens))?;
        line.split("address=").nth(1)?.split_whitespace().next()?.parse().ok()
    }

    /// A document.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.mesh.join(name)).unwrap()
    }

    /// Replaces a document as editors do: a new file is renamed over the old one.
    pub fn write(&self, name: &str, text: &str) {
        let fresh = self.mesh.join(format!(".{name}.new"));
        fs::write(&fresh, text).unwrap();
        fs::rename(&fresh, self.mesh.join(name)).unwrap();
    }

    /// Takes a document away.
    pub fn remove(&self, name: &str) {
        fs::remove_file(self.mesh.join(name)).unwrap();
    }

    /// Where its documents are.
    pub fn mesh(&self) -> &Path {
        &self.mesh
    }

    /// The process.
    pub fn process(&mut self) -> &mut Proxy {
        &mut self.process
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits for a line of the log with these words.
    pub fn says(&self, words: &str) -> String {
        self.process.line(words, |line| line.contains(words).then(|| line.to_owned()))
    }
}
