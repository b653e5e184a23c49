//! Every exchange is counted when it ends, also one that is cancelled.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use towpath_config::model::Address;

use super::access::{self, Ended, Noted, unknown};
use super::caller::Visit;
use super::decide::Way;
use super::subject::Subject;
use crate::codec::fields::Fields;
use crate::codec::grpc;
use crate::codec::message::ResponseHead;
use crate::codec::outgoing::Outgoing;
use crate::filter::edits::Values;
use crate::filter::reply::LocalReply;
use crate::filter::transform::Transform;
use crate::local::Local;
use crate::observe::passage::Fate;
use crate::observe::series::Sample;
use crate::observe::stats::{Counter, Skip};
use crate::outcome::{GrpcStatus, Reason};

/// Counts one exchange when dropped.
#[derive(Debug)]
pub struct Record<'a> {
    local: &'a Local,
    visit: &'a Visit<'a>,
    subject: Option<&'a Subject<'a>>,
    /// When it began.
    pub started: Instant,
    first_byte: Option<Duration>,
    noted: Noted,
    /// How far the request came.
    pub way: Way,
    /// The status that the caller got; 0 while it has none.
    pub status: u16,
    /// That of gRPC, where it is a call: as far as anything has told.
    grpc: Option<GrpcStatus>,
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
        visit: &'a Visit<'a>,
        subject: Option<&'a Subject<'a>>,
        started: Instant,
    ) -> Self {
        Self {
            local,
            visit,
            subject,
            started,
            first_byte: None,
            noted: Noted::default(),
            way: Way::default(),
            status: 0,
            grpc: None,
            request_bytes: 0,
            response_bytes: 0,
        }
    }

    /// Notes how often the request was sent.
    pub fn tried(&mut self, attempts: u32) {
        self.noted.attempts = attempts;
    }

    /// Notes that the upstream has begun its answer, and by which endpoint.
    pub fn answered(&mut self, head: &ResponseHead, endpoint: &Address) {
        self.status = head.status;
        if self.is_grpc() {
            self.grpc = grpc::status(&head.fields).or(Some(GrpcStatus::of_http(head.status)));
        }
        self.first_byte = Some(self.started.elapsed());
        if self.visit.snapshot.access_logs().is_some() {
            self.noted.endpoint = Some(endpoint.clone());
        }
    }

    fn is_grpc(&self) -> bool {
        self.subject.is_some_and(|subject| subject.is_grpc)
    }

    /// Notes what stands behind the body of an answer that is whole.
    pub fn ended(&mut self, trailers: Option<&Fields>) {
        if self.is_grpc() {
            self.grpc = trailers.and_then(grpc::status).or(self.grpc);
        }
    }

    /// Notes what the client gets of a head, as far as somebody wants to know.
    pub fn answer(&mut self, fields: &Fields, out: &Outgoing) {
        if let Some(logs) = self.visit.snapshot.access_logs() {
            self.noted.keep(logs.response_headers(), fields, out);
        }
    }

    /// Notes what becomes of the answer's body.
    pub fn reshaped(&mut self, chosen: Result<Option<Transform>, Skip>) -> Option<Transform> {
        if let Err(skip) = chosen {
            self.local.stats().compression().skipped(skip);
        }
        self.noted.compression = chosen
            .as_ref()
            .map_err(|skip| *skip)
            .map(|chosen| Some(chosen.as_ref()?.compressed()))
            .transpose();
        chosen.ok().flatten()
    }

    /// By what the answer is compressed, or why it is not, where that is a question.
    #[must_use]
    pub fn compression(&self) -> Option<&'static str> {
        Some(self.noted.compression?.map_or_else(Skip::code, |(algorithm, _)| algorithm.token()))
    }

    /// Notes what a transform has done, and how long the body was after it.
    pub fn transformed(&mut self, transform: Option<&Transform>, after: u64) {
        if let Some(transform) = transform {
            let (algorithm, before) = transform.compressed();
            self.local.stats().compression().compressed(algorithm, before, after);
            self.noted.compression = Some(Ok((algorithm, before)));
        }
    }

    /// Notes that the proxy answered by itself.
    pub fn local_reply(&mut self, reply: &LocalReply<'_>, subject: &str) {
        let LocalReply { reason, status, grpc, .. } = *reply;
        (self.status, self.grpc) = (status, grpc);
        self.noted.reason = Some(reason.code());
        self.local.stats().local_reply(reason);
        let expected = matches!(reason, Reason::Redirect | Reason::DirectResponse);
        if !expected && self.local.may_log() {
            let route = self
                .way
                .route
                .and_then(|id| self.visit.snapshot.config().route(id))
                .map_or("", |route| route.name());
            tracing::info!(reason = %reason, status, route = %route, subject, "local reply");
        }
    }

    /// Notes how the tunnel that the exchange had become has ended.
    pub fn passed(&mut self, fate: Fate) {
        self.noted.reason = fate.fault();
    }

    /// Notes that the answer broke off after its head was out.
    pub fn broken(&mut self, reason: Reason) {
        self.noted.reason = Some(reason.code());
        self.grpc = self.is_grpc().then(|| reason.grpc_status());
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
            self.noted.reason = Some(Reason::ClientGone.code());
            self.grpc = self.is_grpc().then(|| Reason::ClientGone.grpc_status());
        }
        let sample = Sample {
            status: self.status,
            grpc: self.grpc,
            elapsed: self.started.elapsed(),
            first_byte: self.first_byte,
            request_bytes: self.request_bytes,
            response_bytes: self.response_bytes,
        };
        let series = self.visit.snapshot.series(self.way.route, self.way.destination);
        if let Some(wanted) = series.record(self.local.worker(), &sample)
            && let Some(subject) = self.subject
        {
            let (identity, id) = subject.identity();
            wanted.write(identity, id, sample.elapsed, SystemTime::now());
        }
        if let Some(logs) = self.visit.snapshot.access_logs() {
            let nothing = Fields::default();
            let Self { visit, subject, ref noted, .. } = *self;
            let values = match subject {
                Some(subject) => subject.values_by(self.way),
                None => unknown(visit.listener.1.name(), visit.peer, &nothing),
            };
            let values = Values { endpoint: noted.endpoint.as_ref(), ..values };
            let ended = Ended { values, subject, peer: visit.peer, noted, sample: &sample };
            access::log(self.local, visit.snapshot, logs, &ended);
        }
    }
}
