//! Every exchange is counted when it ends, also one that is cancelled.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::decide::Way;
use super::subject::Subject;
use crate::codec::fields::Fields;
use crate::local::Local;
use crate::observe::exemplar::Identity;
use crate::observe::series::Sample;
use crate::observe::stats::Counter;
use crate::outcome::Reason;
use crate::snapshot::Snapshot;

/// Counts one exchange when dropped.
#[derive(Debug)]
pub struct Record<'a> {
    local: &'a Local,
    snapshot: &'a Arc<Snapshot>,
    subject: Option<&'a Subject<'a>>,
    /// When it began.
    pub started: Instant,
    first_byte: Option<Duration>,
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
    /// The record of an exchange that began at `started`. What could not be read as a request has no subject.
    #[must_use]
    pub fn begin(
        local: &'a Local,
        snapshot: &'a Arc<Snapshot>,
        subject: Option<&'a Subject<'a>>,
        started: Instant,
    ) -> Self {
        let way = Way::default();
        let first_byte = None;
        Self {
            local,
            snapshot,
            subject,
            started,
            first_byte,
            way,
            status: 0,
            request_bytes: 0,
            response_bytes: 0,
        }
    }

    /// Notes that the upstream has begun its answer.
    pub fn answered(&mut self, status: u16) {
        self.status = status;
        self.first_byte = Some(self.started.elapsed());
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
            first_byte: self.first_byte,
            request_bytes: self.request_bytes,
            response_bytes: self.response_bytes,
        };
        let series = self.snapshot.series(self.way.route, self.way.destination);
        if let Some(wanted) = series.record(self.local.worker(), &sample)
            && let Some(subject) = self.subject
        {
            let (identity, id) = identity(subject);
            wanted.write(identity, id, sample.elapsed, SystemTime::now());
        }
    }
}

/// By what the request can be looked up: its trace, if it is part of one.
fn identity<'a>(subject: &Subject<'a>) -> (Identity, &'a [u8]) {
    match trace_id(&subject.head.fields) {
        Some(id) => (Identity::Trace, id),
        None => (Identity::Request, subject.request_id.as_bytes()),
    }
}

/// The trace of `traceparent` (W3C Trace Context §3.2.2): 32 lower-case hexadecimal digits, not all zero.
fn trace_id(fields: &Fields) -> Option<&[u8]> {
    let mut parts = fields.values("traceparent").next()?.split(|octet| *octet == b'-');
    let id = parts.nth(1)?;
    let hexadecimal = id.iter().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    (id.len() == 32 && hexadecimal && id.iter().any(|octet| *octet != b'0')).then_some(id)
}

#[cfg(test)]
mod tests;
