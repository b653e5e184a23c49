//! What makes the proxy read its file: a change of the file, SIGHUP, or somebody who asks.

use std::convert::Infallible;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use super::go_live::GoLive;
use super::reloader::{Reloader, Verdict, When};
use super::watch::Watch;
use crate::sys::processes::notify::Notifier;

#[cfg(test)]
mod tests;

/// So many may ask for a reload at once; more wait.
const REQUESTS_MAX: usize = 16;

/// Asks for reloads.
#[derive(Debug, Clone)]
pub struct Requester(mpsc::Sender<oneshot::Sender<Verdict>>);

/// The requests that [`run`] answers.
#[derive(Debug)]
pub struct Requests(mpsc::Receiver<oneshot::Sender<Verdict>>);

/// The two ends of the way on which reloads are asked for.
#[must_use]
pub fn requests() -> (Requester, Requests) {
    let (sender, receiver) = mpsc::channel(REQUESTS_MAX);
    (Requester(sender), Requests(receiver))
}

impl Requester {
    /// Has the file read and judged. `None` when the process is about to end.
    pub async fn ask(&self) -> Option<Verdict> {
        let (sender, receiver) = oneshot::channel();
        self.0.send(sender).await.ok()?;
        receiver.await.ok()
    }
}

/// Answers for as long as the process lives that the table came from elsewhere than a file.
pub async fn refuse(mut requests: Requests, source: &str) -> Infallible {
    loop {
        match requests.0.recv().await {
            Some(asker) => {
                let faults = format!("the route table came from {source}");
                // whoever asked may have gone
                let _ = asker.send(Verdict::Rejected { faults });
            }
            None => std::future::pending().await,
        }
    }
}

/// Reloads for as long as the process lives.
///
/// # Errors
/// When SIGHUP cannot be listened to.
pub async fn run(
    reloader: &mut Reloader,
    mut requests: Requests,
    go_live: &mut GoLive<'_>,
    notifier: &Notifier,
) -> std::io::Result<()> {
    let mut watch = Watch::new(reloader.path());
    let mut hangup = signal(SignalKind::hangup())?;
    // the file may have changed between its first reading and the watch
    let mut when = When::Changed;
    let mut asker: Option<oneshot::Sender<Verdict>> = None;
    loop {
        if when == When::Asked {
            notifier.reloading();
        }
        let verdict = reloader.reload(when, go_live).await;
        if when == When::Asked {
            notifier.ready();
        }
        if let (Some(asker), Some(verdict)) = (asker.take(), verdict) {
            // whoever asked may have gone
            let _ = asker.send(verdict);
        }
        (when, asker) = tokio::select! {
            () = watch.changed() => (When::Changed, None),
            _ = hangup.recv() => (When::Asked, None),
            Some(asker) = requests.0.recv() => (When::Asked, Some(asker)),
        };
    }
}
