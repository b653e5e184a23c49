//! Another process takes the place of this one: it gets the listening sockets, and once it serves, this one drains. As
//! both have the very same sockets, no connection that waits to be accepted is lost.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::inherited::{ACTIVATION, ADMIN, ALL, SERVING, TAKE_OVER, describe};
use super::listeners::Listeners;
use super::side::Side;
use crate::admin::Act;
use crate::observe::stats::Counter;
use crate::shared::Shared;
use crate::sys::processes::channel::{self, Channel};

/// How long a new process may take to end once it has closed the channel, and how often that is looked at.
const END_LIMIT: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(10);

/// So many may ask for an upgrade at once; more wait.
const ASKED_MAX: usize = 4;

/// Who asked is told the new process, or why there is none.
type Asker = oneshot::Sender<Result<u32, String>>;

/// Where upgrades are asked for: SIGUSR2, and the admin port.
pub struct Upgrades {
    command: Vec<OsString>,
    signal: Signal,
    asked: mpsc::Receiver<Asker>,
    asks: mpsc::Sender<Asker>,
}

impl Upgrades {
    /// Upgrades that run `command`.
    ///
    /// # Errors
    /// The signal cannot be listened to.
    pub fn new(command: Vec<OsString>) -> io::Result<Self> {
        let (asks, asked) = mpsc::channel(ASKED_MAX);
        Ok(Self { command, signal: signal(SignalKind::user_defined2())?, asked, asks })
    }

    /// How the admin port asks for one.
    pub fn act(&self) -> Act {
        let asks = self.asks.clone();
        Box::new(move || {
            let (asks, (asker, told)) = (asks.clone(), oneshot::channel());
            Box::pin(async move {
                let gone = |_| "the process is about to end".to_owned();
                asks.send(asker).await.map_err(|_| gone(()))?;
                let process = told.await.map_err(|_| gone(()))??;
                Ok(format!("process {process} serves, this one drains"))
            })
        })
    }

    /// Upgrades whenever it is asked to, until that works. Gives the new process.
    pub async fn run(&mut self, shared: &Shared, listeners: &Listeners, side: &Side) -> u32 {
        loop {
            let asker = tokio::select! {
                _ = self.signal.recv() => None,
                Some(asker) = self.asked.recv() => Some(asker),
            };
            let verdict = self.upgrade(shared, listeners, side).await;
            match &verdict {
                Ok(process) => tracing::info!(process, "a new process serves, this one drains"),
                Err(fault) => {
                    shared.stats().control().add(Counter::UpgradesFailed, 1);
                    tracing::error!(fault, "the upgrade failed, this process goes on serving");
                }
            }
            // whoever asked may have gone
            asker.map(|asker| asker.send(verdict.clone()));
            if let Ok(process) = verdict {
                return process;
            }
        }
    }

    async fn upgrade(&self, shared: &Shared, listeners: &Listeners, side: &Side) -> Result<u32, String> {
        if std::process::id() == 1 {
            return Err("process 1 cannot be replaced, its end is the end of the container: \
                        replace the container instead"
                .to_owned());
        }
        let mut successor = Successor::start(&self.command)?;
        tracing::info!(process = successor.child.id(), "a new process starts");
        let limit = **shared.snapshot().config().process().timeouts().upgrade();
        match timeout(limit, successor.take_over(listeners, side)).await {
            Ok(Ok(())) => Ok(successor.release()),
            Ok(Err(None)) => Err(format!(
                "the new process ended before it served ({}): its log says why",
                successor.end().await
            )),
            Ok(Err(Some(said))) => Err(format!("the new process said `{}`", said.escape_debug())),
            Err(_) => Err(format!("the new process does not serve after {limit:?}, and was stopped")),
        }
    }
}

/// A process that does not serve yet. Dropped, it is stopped.
struct Successor {
    child: Child,
    channel: Channel,
    serves: bool,
}

impl Successor {
    fn start(command: &[OsString]) -> Result<Self, String> {
        let (program, arguments) =
            command.split_first().ok_or("nobody knows by what command it was started")?;
        let fault = |fault: io::Error| format!("`{}` cannot be started: {fault}", program.display());
        let (own, end) = channel::pair().map_err(fault)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::from(end)).env(TAKE_OVER, "stdin");
        ACTIVATION.iter().for_each(|name| _ = command.env_remove(name));
        let channel = Channel::new(own).map_err(fault)?;
        let child = command.spawn().map_err(fault)?;
        Ok(Self { child, channel, serves: false })
    }

    /// Passes the sockets and waits until the process serves. Otherwise gives what it says instead, if it says anything.
    async fn take_over(&self, listeners: &Listeners, side: &Side) -> Result<(), Option<String>> {
        // a broken channel is the end of the process
        self.pass(listeners, side).await.map_err(|_| None)?;
        match self.channel.receive().await.ok().flatten().map(|packet| packet.text) {
            Some(said) if said == SERVING => Ok(()),
            other => Err(other),
        }
    }

    async fn pass(&self, listeners: &Listeners, side: &Side) -> io::Result<()> {
        for (name, open) in listeners.open_now() {
            let socket = open.acceptor.socket();
            let text = describe(&name, &open.wanted.to_string(), socket.has_file());
            self.channel.send(&text, Some(socket.as_fd())).await?;
        }
        if let Some((wanted, socket)) = side.socket() {
            self.channel.send(&describe(ADMIN, &wanted.to_string(), false), Some(socket.as_fd())).await?;
        }
        self.channel.send(ALL, None).await
    }

    /// Waits for its end, which has begun, and tells how it ended.
    async fn end(&mut self) -> String {
        let ended = async {
            loop {
                match self.child.try_wait() {
                    Ok(None) => tokio::time::sleep(STEP).await,
                    Ok(Some(status)) => return status.to_string(),
                    Err(fault) => return fault.to_string(),
                }
            }
        };
        timeout(END_LIMIT, ended).await.unwrap_or_else(|_| "stopped, as it went on without a word".to_owned())
    }

    fn release(mut self) -> u32 {
        self.serves = true;
        self.child.id()
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        if !self.serves {
            // it may have ended by itself; somebody has to see that it did
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
