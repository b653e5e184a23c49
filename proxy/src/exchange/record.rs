//! Every exchange is counted when it ends, also one that is cancelled.

use std::sync::Arc;

use tokio::time::Instant;

use super::decide::Way;
use crate::local::Local;
use crate::observe::series::Sample;
use crate::observe::stats::Counter;
use crate::outcome::Reason;
use crate::snapshot::Snapshot;

/// Counts one exchange when dropped.
#[derive(Debug)]
pub struct Record<'a> {
    local: &'a Local,
    snapshot: &'a Arc<Snapshot>,
    /// When it began.
    pub started: Instant,
    /// How far the request came.
    pub way: Way,
    /// The status that the caller got; 0 while it has none.
    pub status: u16,
    /// Octets of the request's body.
    pub request_bytes: u64,
    /// Octets of the answer's body.
    pub response_bytes: u64,
}

impl<'a> Record<'a> {
    /// Begins to measure.
    #[must_use]
    pub fn begin(local: &'a Local, snapshot: &'a Arc<Snapshot>, started: Instant) -> Self {
        Self { local, snapshot, started, way: Way::default(), status: 0, request_bytes: 0, response_bytes: 0 }
    }

    /// Notes that the proxy answered by itself.
    pub fn local_reply(&mut self, reason: Reason, status: u16, subject: &str) {
        self.status = status;
        self.local.stats().local_reply(reason);
        let expected = matches!(reason, Reason::Redirect | Reason::DirectResponse);
        if !expected && self.local.may_log() {
            let route = self
                .way
                .route
                .and_then(|id| self.snapshot.config().route(id))
                .map_or("", |route| route.name());
            tracing::info!(reason = %reason, status, route = %route, subject, "local reply");
        }
    }

    /// Notes that the answer broke off after its head was out.
    pub fn broken(&mut self, reason: Reason) {
        self.local.stats().local_reply(reason);
        if self.local.may_log() {
            tracing::info!(reason = %reason, status = self.status, "answer broke off");
        }
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if self.status == 0 {
            self.local.stats().add(Counter::RequestsCancelled, 1);
            self.status = Reason::ClientGone.status();
        }
        let sample = Sample {
            status: self.status,
            elapsed: self.started.elapsed(),
            request_bytes: self.request_bytes,
            response_bytes: self.response_bytes,
        };
        self.snapshot.series(self.way.route, self.way.destination).record(self.local.worker(), &sample);
    }
}
