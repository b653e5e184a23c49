//! The end of a process: it stops being chosen, then takes nothing new, then waits for what is open.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use super::listeners::Listeners;
use crate::shared::{Drain, Leave, Shared};

/// How often the drain looks whether everything has ended.
const STEP: Duration = Duration::from_millis(10);

/// Drains to the end.
pub async fn drain(shared: &Shared, listeners: &Listeners, leave: Leave) {
    let Drain { closes, spread, deadline } = shared.begin_drain(leave);
    let delay = closes.saturating_duration_since(Instant::now());
    let (connections, timeout) = (shared.connections(), deadline - closes);
    tracing::info!(connections, ?delay, ?spread, ?timeout, "draining");
    tokio::time::sleep_until(closes).await;
    listeners.close();
    shared.close();
    tracing::info!(connections = shared.connections(), "nothing new is taken");
    emptied(shared, deadline).await;
}

/// Ends when no connection is open, or at the deadline.
async fn emptied(shared: &Shared, due: Instant) {
    while shared.connections() > 0 {
        if Instant::now() >= due {
            tracing::warn!(
                connections = shared.connections(),
                "the drain is over, these connections are cut off"
            );
            return;
        }
        tokio::time::sleep(STEP).await;
    }
    tracing::info!("drained");
}

/// The signals that ask a process to end.
pub struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    /// Listens to them from now on.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one, which says how much patience there is.
    pub async fn asked(&mut self) -> Leave {
        tokio::select! {
            _ = self.terminate.recv() => Leave::Announced,
            _ = self.interrupt.recv() => Leave::AtOnce,
        }
    }

    /// Does the last things, unless it is asked again. Gives whether they are done.
    pub async fn unless_asked_again(&mut self, shared: &Shared, last: impl Future<Output = ()>) -> bool {
        tokio::select! {
            () = last => true,
            _ = self.asked() => {
                tracing::warn!(connections = shared.connections(), "asked again to end: not waiting");
                false
            }
        }
    }
}
