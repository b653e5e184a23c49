//! The proxy of a demo, just as `towpath proxy` runs it, on a thread of this process.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use towpath_config::Source;
use towpath_proxy::boot;

use crate::client::{Client, Request};
use crate::text::scalar;
use crate::{document, environment, output};

/// How long the proxy may take to open its ports, and to close them.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often something that starts is asked whether it does.
pub const GLANCE: Duration = Duration::from_millis(20);

/// A proxy that runs.
#[derive(Debug)]
pub struct Running {
    /// Asks its admin port.
    pub admin: Client,
    ended: oneshot::Receiver<Result<(), boot::Error>>,
}

impl Running {
    /// Starts it with the route table in this file.
    ///
    /// # Errors
    /// When the table cannot be read, or the system gives no thread.
    pub fn start(path: PathBuf, admin: SocketAddr) -> anyhow::Result<Self> {
        let source = document::read(&path)?;
        Self::of(Some(path), source, admin)
    }

    /// Starts it as a member of a fleet, by this name; `state` is a directory of its own.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn follow(name: &str, server: SocketAddr, admin: SocketAddr, state: &Path) -> anyhow::Result<Self> {
        let state = scalar(&state.to_string_lossy());
        let text = format!(
            "proxy:\n  id: {name}\n  labels: {{stand: {name}}}\n  admin: {admin}\n  control: {{address: {server}, state: {state}}}\n"
        );
        Self::of(None, Source::new(name, text), admin)
    }

    fn of(path: Option<PathBuf>, source: Source, admin: SocketAddr) -> anyhow::Result<Self> {
        let config = document::understand(&source)?;
        let environment = Arc::new(environment::variable);
        let (inherited, command) = (boot::Inherited::default(), Vec::new());
        let options = boot::Options {
            path,
            source,
            config,
            environment,
            inherited,
            command,
            log: None,
            colours: output::wants_colours(),
        };
        let (end, ended) = oneshot::channel();
        let run = move || {
            // nobody waits any more when the demo was ended
            let _ = end.send(boot::run(options));
        };
        thread::Builder::new().name("demo-proxy".into()).spawn(run)?;
        Ok(Self { admin: Client::new(admin), ended })
    }

    /// Waits until it takes traffic.
    ///
    /// # Errors
    /// It does not, or has ended.
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        let admin = &mut self.admin;
        let asked = async {
            loop {
                let ready = Request { method: "GET", path: "/ready", ..Request::default() };
                match admin.send(ready).await {
                    Ok(answer) if answer.status == 200 => return,
                    _ => sleep(GLANCE).await,
                }
            }
        };
        tokio::select! {
            asked = timeout(PATIENCE, asked) => asked.context("the proxy did not open its ports within 10 s"),
            ended = &mut self.ended => Err(early(ended)),
        }
    }

    /// Waits until it has ended by itself, which it should not.
    pub async fn ended_early(&mut self) -> anyhow::Error {
        early((&mut self.ended).await)
    }

    /// Asks it to drain, and waits until it did.
    ///
    /// # Errors
    /// It does not, or failed.
    pub async fn end(mut self) -> anyhow::Result<()> {
        let drain = self.admin.send(Request { method: "POST", path: "/drain", ..Request::default() });
        // after Ctrl-C it drains already, and its admin port may be closed
        let _ = timeout(PATIENCE, drain).await;
        timeout(PATIENCE, self.ended).await.context("the proxy did not drain within 10 s")???;
        Ok(())
    }
}

fn early(ended: Result<Result<(), boot::Error>, oneshot::error::RecvError>) -> anyhow::Error {
    match ended {
        Ok(Err(error)) => anyhow::Error::new(error).context("the proxy cannot run"),
        Ok(Ok(())) | Err(_) => anyhow!("the proxy ended before the demo did"),
    }
}

/// Ends after the duration, at Ctrl-C or at SIGTERM.
///
/// # Errors
/// When signals cannot be heard.
pub async fn stop(duration: Option<Duration>) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let elapsed = async {
        match duration {
            Some(duration) => sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = elapsed => Ok(()),
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}
