//! A request and its answer as a stream of a connection of HTTP/2.

use std::io;
use std::task::{Context, Poll, ready};

use h2::client::ResponseFuture;
use http::Response;
use towpath_config::model::ClusterLimits;

use super::head;
use super::session::Lease;
use crate::codec::body::{BodyFault, Fill, Framing, Mouth, Opens, Sink, Source};
use crate::codec::fields::Fields;
use crate::codec::h1::Asked;
use crate::codec::h2::{Receiving, Sending, Tunnel};
use crate::codec::message::ResponseHead;
use crate::codec::outgoing::Outgoing;
use crate::observe::tally::ClusterCounter;
use crate::outcome::Reason;
use crate::sys::transport::Duplex;
use crate::upstream::attempt::{AttemptFault, RequestLine, Seen};

/// The answer.
#[derive(Debug)]
enum Answer {
    /// Its head has not come.
    Awaited(ResponseFuture),
    /// Its body follows.
    Begun(Receiving),
}

/// One stream.
#[derive(Debug)]
pub struct Http2Attempt {
    answer: Answer,
    request: Sending,
    /// Heads that came.
    heads: u64,
    /// What had been written to the connection when the request began.
    written: u64,
    /// Whether the endpoint ended the stream by itself before its time.
    broken: bool,
    /// Whether a tunnel was asked for, so that the end of the request is not that of our side.
    tunnel: bool,
    lease: Lease,
}

impl Http2Attempt {
    /// Begins a stream with the head of a request; it leaves as soon as the task of the connection can send it.
    ///
    /// # Errors
    /// The request cannot be said in HTTP/2, or the connection takes none any more.
    pub fn begin(
        lease: Lease,
        line: &RequestLine<'_>,
        fields: &Fields,
        out: &Outgoing,
    ) -> Result<Self, Reason> {
        let session = lease.session();
        let written = session.link.written.get();
        if line.asked.is_upgrade() && !session.takes_websocket() {
            return Err(Reason::NoWebSocket);
        }
        let request = head::request(session, line, fields, out)?;
        let tunnel = line.asked.wants_tunnel();
        let framing = if tunnel { Framing::UntilClose } else { line.framing };
        let begun = session.send(request, Sending::is_bodiless(framing)).ok_or(Reason::UpstreamReset)?;
        let (answer, stream) = begun.map_err(|fault| {
            if fault.is_io() || fault.is_remote() { Reason::UpstreamReset } else { Reason::Internal }
        })?;
        let request = Sending::with_head(stream, framing);
        let answer = Answer::Awaited(answer);
        Ok(Self { answer, request, heads: 0, written, broken: false, tunnel, lease })
    }

    /// Heads received, and nothing of what is sent: nobody but the task of the connection knows when it leaves.
    #[must_use]
    pub fn traffic(&self) -> (u64, u64) {
        (self.heads, 0)
    }

    /// Whether whoever the answer is for stands still.
    pub fn read_little(&mut self, little: bool) {
        if let Answer::Begun(answer) = &mut self.answer {
            answer.read_little(little);
        }
    }

    /// Waits for a head, final or interim.
    pub fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        asked: Asked,
        limits: &ClusterLimits,
        head: &mut ResponseHead,
    ) -> Poll<Result<(), AttemptFault>> {
        let Answer::Awaited(answer) = &mut self.answer else {
            return Poll::Ready(Err(Reason::Internal.into()));
        };
        let (response, receiving) = match ready!(answer.poll_informational(cx)) {
            Some(Ok(interim)) => (interim, None),
            Some(Err(fault)) => return Poll::Ready(Err(self.fault(&fault))),
            None => match ready!(std::pin::Pin::new(answer).poll(cx)) {
                Ok(response) => {
                    let (parts, body) = response.into_parts();
                    (
                        Response::from_parts(parts, ()),
                        Some(Receiving::credited(body, &self.lease.session().link.credit)),
                    )
                }
                Err(fault) => return Poll::Ready(Err(self.fault(&fault))),
            },
        };
        self.heads += 1;
        let ended = receiving.as_ref().is_some_and(Receiving::is_received);
        let read = head::read(&response, ended, asked, limits, head);
        if let Some(mut receiving) = receiving {
            if let Framing::Length(length) = head.framing {
                receiving.promise(length);
            }
            self.answer = Answer::Begun(receiving);
            if std::mem::take(&mut self.tunnel) && read.is_ok() && !asked.is_granted(head.status) {
                // nothing will follow; that the endpoint does not hear of it is its own doing
                let _ = self.request.finish(None);
            }
        }
        Poll::Ready(read.map_err(AttemptFault::from))
    }

    /// What the end of a stream without an answer means.
    fn fault(&mut self, fault: &h2::Error) -> AttemptFault {
        self.broken = true;
        let session = self.lease.session();
        // what is above the last stream of a GOAWAY, or refused, was not processed (RFC 9113 §8.7)
        let refused =
            fault.is_go_away() || (fault.is_reset() && fault.reason() == Some(h2::Reason::REFUSED_STREAM));
        let seen = match (fault.is_remote(), fault.is_io()) {
            (true, _) if refused && self.heads == 0 => Seen::Refused,
            (false, true) if self.heads == 0 && self.lease.is_reused() => {
                if session.link.written.get() == self.written { Seen::Nothing } else { Seen::Unknown }
            }
            _ => Seen::Something,
        };
        let counter =
            if seen == Seen::Refused { ClusterCounter::Http2Refused } else { ClusterCounter::Http2Resets };
        session.count(counter, fault.is_remote().into());
        let reason =
            if fault.is_remote() || fault.is_io() { Reason::UpstreamReset } else { Reason::BadResponse };
        AttemptFault { reason, seen }
    }

    /// What the end of a stream within an answer means.
    fn body_fault(&self, fault: BodyFault) -> BodyFault {
        let Answer::Begun(answer) = &self.answer else { return fault };
        let Some(cause) = answer.fault() else { return fault };
        if cause.is_remote() || cause.is_io() { fault } else { BodyFault::Malformed }
    }
}

impl Drop for Http2Attempt {
    fn drop(&mut self) {
        let (over, fault) = match &self.answer {
            Answer::Awaited(_) => (self.broken, None),
            Answer::Begun(answer) => (answer.is_received() && self.request.is_whole(), answer.fault()),
        };
        match fault {
            Some(cause) => self.lease.session().count(ClusterCounter::Http2Resets, cause.is_remote().into()),
            None if !over => self.lease.give_up(),
            None => {}
        }
    }
}

impl Source for Http2Attempt {
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        match &mut self.answer {
            Answer::Awaited(_) => Poll::Ready(Err(BodyFault::Broken)),
            Answer::Begun(answer) => {
                let filled = ready!(answer.poll_fill(cx));
                Poll::Ready(filled.map_err(|fault| self.body_fault(fault)))
            }
        }
    }

    fn payload(&self) -> &[u8] {
        match &self.answer {
            Answer::Awaited(_) => &[],
            Answer::Begun(answer) => answer.payload(),
        }
    }

    fn consume(&mut self, count: usize) {
        if let Answer::Begun(answer) = &mut self.answer {
            answer.consume(count);
        }
    }

    fn trailers(&self) -> Option<&Fields> {
        match &self.answer {
            Answer::Awaited(_) => None,
            Answer::Begun(answer) => answer.trailers(),
        }
    }
}

impl Sink for Http2Attempt {
    fn poll_put(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        self.request.poll_put(cx, payload)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.request.poll_flush(cx)
    }

    fn finish(&mut self, trailers: Option<&Fields>) -> io::Result<()> {
        if self.tunnel { Ok(()) } else { self.request.finish(trailers) }
    }
}

impl Opens for Http2Attempt {
    fn mouth(&mut self) -> Option<Mouth<Box<dyn Duplex + '_>>> {
        let Answer::Begun(receiving) = &mut self.answer else { return None };
        let tunnel = Tunnel { receiving, sending: &mut self.request };
        Some(Mouth { io: Box::new(tunnel), unread: None })
    }
}
