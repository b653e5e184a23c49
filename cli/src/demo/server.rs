//! The control server of the demo, just as `towpath control` runs it, on a thread of this process.

use std::path::Path;
use std::thread;

use anyhow::{Context, anyhow};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use towpath_config::{Source, server};
use towpath_control::boot;

use super::ports::Ports;
use super::running::{GLANCE, PATIENCE};
use crate::client::{Client, Request};
use crate::failure::BadInput;
use crate::text::scalar;
use crate::{document, environment};

/// A control server that runs until this process ends.
#[derive(Debug)]
pub struct Server {
    api: Client,
    ended: oneshot::Receiver<Result<(), boot::Error>>,
}

impl Server {
    /// Starts it on this directory.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(folder: &Path, state: &Path, ports: &Ports) -> anyhow::Result<Self> {
        let text = format!(
            "source: {{directory: {}}}\nstate: {}\napi: {}\npush: {}\n",
            scalar(&folder.to_string_lossy()),
            scalar(&state.to_string_lossy()),
            ports.api,
            ports.push
        );
        let settings = server::settings(&Source::new("demo", text), &environment::variable)
            .map_err(|faults| BadInput(document::told(&faults)))?;
        let (end, ended) = oneshot::channel();
        let run = move || {
            // nobody waits any more when the demo was ended
            let _ = end.send(boot::run(&settings));
        };
        thread::Builder::new().name("demo-control".into()).spawn(run)?;
        Ok(Self { api: Client::new(ports.api), ended })
    }

    /// Waits until it serves.
    ///
    /// # Errors
    /// It does not, or has ended.
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        let api = &mut self.api;
        let asked = async {
            loop {
                let ready = Request { method: "GET", path: "/ready", ..Request::default() };
                match api.send(ready).await {
                    Ok(answer) if answer.status == 200 => return,
                    _ => sleep(GLANCE).await,
                }
            }
        };
        tokio::select! {
            asked = timeout(PATIENCE, asked) => asked.context("the control server did not open its ports within 10 s"),
            ended = &mut self.ended => Err(early(ended)),
        }
    }

    /// Waits until it has ended by itself, which it should not.
    pub async fn ended_early(&mut self) -> anyhow::Error {
        early((&mut self.ended).await)
    }

    /// What is wrong with the newest files, when something is.
    pub async fn refused(&mut self) -> Option<String> {
        let status = Request { method: "GET", path: "/api/v1/status", ..Request::default() };
        // a question that fails is asked again a second later
        let answer = timeout(PATIENCE, self.api.send(status)).await.ok()?.ok()?;
        refused(&serde_json::from_slice(&answer.body).ok()?)
    }
}

/// The faults that keep a file from the proxies.
fn refused(status: &Value) -> Option<String> {
    let faults = status.get("faults")?.as_array()?.iter();
    let serious = faults.filter(|fault| fault.get("standing").and_then(Value::as_str) != Some("accepted"));
    let told = serious.map(|fault| {
        let text = |key: &str| fault.get(key).and_then(Value::as_str).unwrap_or_default();
        let line = fault.get("line").and_then(Value::as_u64).unwrap_or_default();
        format!("{}:{line}: {}\n", text("file"), text("message"))
    });
    Some(told.collect()).filter(|told: &String| !told.is_empty())
}

fn early(ended: Result<Result<(), boot::Error>, oneshot::error::RecvError>) -> anyhow::Error {
    match ended {
        Ok(Err(error)) => anyhow::Error::new(error).context("the control server cannot run"),
        Ok(Ok(())) | Err(_) => anyhow!("the control server ended before the demo did"),
    }
}

#[cfg(test)]
mod tests;
