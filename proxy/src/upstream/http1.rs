//! A request and its answer on a connection of HTTP/1.1, which it has for itself.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use towpath_config::model::ClusterLimits;

use super::attempt::{AttemptFault, RequestLine, Seen};
use super::pool::{Connection, Holding};
use crate::codec::body::Framing;
use crate::codec::buffer::Buffer;
use crate::codec::fields::{Fields, Known};
use crate::codec::h1::{Asked, HeadFault, Http1, Persistence, Wired, read_response, write_request};
use crate::codec::message::ResponseHead;
use crate::codec::outgoing::Outgoing;
use crate::outcome::Reason;
use crate::sys::stream::Stream;

/// One exchange on one upstream connection.
#[derive(Debug)]
pub struct Http1Attempt {
    wire: Http1<Stream>,
    holding: Option<Holding>,
    reused: bool,
    reusable: bool,
}

impl Http1Attempt {
    /// Takes a connection and a buffer for its answer.
    #[must_use]
    pub fn new(connection: Connection, input: Buffer) -> Self {
        let Connection { io, holding } = connection;
        let reused = holding.is_reused();
        Self { wire: Http1::new(io, input), holding: Some(holding), reused, reusable: false }
    }

    /// Writes the head of a request; it leaves with the first flush.
    pub fn begin(&mut self, line: &RequestLine<'_>, fields: &Fields, out: &Outgoing) {
        let persistence = if line.asked.is_upgrade() { Persistence::Upgrade } else { Persistence::Open };
        let output = self.wire.send(line.framing);
        write_request(line.method, line.uri, fields, out, line.framing, persistence, output);
    }

    /// Octets received and sent.
    #[must_use]
    pub fn traffic(&self) -> (u64, u64) {
        self.wire.traffic()
    }

    /// Whether no more than a little is worth reading at once.
    pub fn read_little(&mut self, little: bool) {
        self.wire.read_little(little);
    }

    /// Waits for a head, final or interim.
    pub fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        asked: Asked,
        limits: &ClusterLimits,
        head: &mut ResponseHead,
    ) -> Poll<Result<(), AttemptFault>> {
        let fault = |reason: Reason| Poll::Ready(Err(reason.into()));
        let length = match ready!(self.wire.poll_head(cx, **limits.header_bytes() as usize)) {
            Ok(length) => length,
            Err(HeadFault::Closed) => {
                return Poll::Ready(Err(AttemptFault { reason: Reason::UpstreamReset, seen: self.seen() }));
            }
            Err(HeadFault::Broken) => return fault(Reason::UpstreamReset),
            Err(HeadFault::TooLarge) => return fault(Reason::ResponseHeadTooLarge),
            Err(HeadFault::Malformed(_)) => return fault(Reason::BadResponse),
        };
        let bytes = self.wire.unread().get(..length).unwrap_or_default();
        if let Err(reason) = read_response(bytes, asked, head) {
            return fault(reason);
        }
        if head.fields.len() > **limits.header_count() as usize {
            return fault(Reason::ResponseHeadTooLarge);
        }
        self.wire.take_head(length);
        self.wire.receive(if head.is_interim() { Framing::None } else { head.framing }, None);
        self.reusable = !head.is_interim()
            && head.framing != Framing::UntilClose
            && !head.connection.close
            && (head.minor == 1 || head.connection.keep_alive);
        self.learn(head);
        Poll::Ready(Ok(()))
    }

    /// What an endpoint has seen that closed without a byte of an answer. One that does so with a new connection has not
    /// closed for want of use.
    fn seen(&self) -> Seen {
        match (self.reused, self.wire.traffic().1) {
            (false, _) => Seen::Something,
            (true, 0) => Seen::Nothing,
            (true, _) => Seen::Unknown,
        }
    }

    /// `Keep-Alive: timeout=5` tells how long the peer waits for a next request.
    fn learn(&self, head: &ResponseHead) {
        let Some(value) = head.fields.first(Known::KeepAlive) else { return };
        let timeout = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).find_map(|parameter| {
            let seconds = std::str::from_utf8(parameter.strip_prefix(b"timeout=")?).ok()?;
            seconds.trim_matches('"').parse().ok()
        });
        if let (Some(seconds), Some(holding)) = (timeout, &self.holding) {
            holding.endpoint().learn_keep_alive(Duration::from_secs(seconds));
        }
    }

    /// Gives the connection away for another request, when the answer was read to its last byte and nothing follows.
    /// The caller must know that the request was sent whole.
    pub fn take_connection(&mut self) -> Option<Connection> {
        if !self.reusable || self.holding.is_none() || !self.wire.is_whole() {
            return None;
        }
        let holding = self.holding.take()?;
        self.wire.release().map(|io| Connection { io, holding })
    }
}

impl Wired for Http1Attempt {
    type Io = Stream;

    fn wire(&self) -> &Http1<Stream> {
        &self.wire
    }

    fn wire_mut(&mut self) -> &mut Http1<Stream> {
        &mut self.wire
    }
}
