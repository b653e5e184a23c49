//! Answers that the proxy makes by itself, in the words of the caller's protocol.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::caller::{AnswerHead, Caller, Ending, Visit};
use super::record::Record;
use super::subject::Subject;
use crate::codec::body::{BodyFault, Fill, Framing, Pump, Source};
use crate::codec::fields::Fields;
use crate::codec::message::Version;
use crate::codec::outgoing::Outgoing;
use crate::filter::edits::{self, Values};
use crate::filter::reply::LocalReply;
use crate::outcome::{Reason, Side};
use crate::sys::timer::{Elapsed, Timer};

/// The field that says why the proxy answered by itself.
pub const REASON_FIELD: &str = "x-towpath-reason";

/// A body that is at hand.
struct Text<'a>(&'a [u8]);

impl Source for Text<'_> {
    fn poll_fill(&mut self, _: &mut Context<'_>) -> Poll<Result<Fill, BodyFault>> {
        Poll::Ready(Ok(if self.0.is_empty() { Fill::End } else { Fill::Payload }))
    }

    fn payload(&self) -> &[u8] {
        self.0
    }

    fn consume(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }

    fn trailers(&self) -> Option<&Fields> {
        None
    }
}

/// What of the request shapes the reply.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    /// `HEAD`: the head says what the body would be.
    pub head_only: bool,
    /// Whether [`REASON_FIELD`] is written.
    pub reason: bool,
    /// How long the caller may stand still.
    pub patience: Option<Duration>,
}

/// The standard phrase of a status (RFC 9110 §15); empty for one that has none.
#[must_use]
pub fn phrase(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        418 => "I'm a teapot",
        421 => "Misdirected Request",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

/// Answers a request locally and says what becomes of the connection.
pub async fn local<C: Caller>(
    reply: &LocalReply<'_>,
    subject: &Subject<'_>,
    visit: &Visit<'_>,
    caller: &mut C,
    record: &mut Record<'_>,
) -> Ending {
    let shape = subject.shape();
    record.local_reply(reply, subject.view.path);
    let route = record.way.route.and_then(|route| subject.snapshot.config().route(route));
    let values = Values { route: route.map_or("", |route| route.name()), ..subject.values(None) };
    write(reply, shape, Some(&values), visit, caller, record).await
}

/// Refuses what is no request.
pub async fn refuse<C: Caller>(
    reply: &LocalReply<'_>,
    shape: Shape,
    visit: &Visit<'_>,
    caller: &mut C,
    record: &mut Record<'_>,
) -> Ending {
    record.local_reply(reply, visit.listener.1.name());
    write(reply, shape, None, visit, caller, record).await
}

/// Ends an answer that broke off. The caller has to see that it is not whole: by the status that gRPC reads behind a body
/// over HTTP/2 (what came before it, also of a message, is void by then), and else by a connection or stream that is cut.
pub fn break_off<C: Caller>(reason: Reason, subject: &Subject<'_>, caller: &mut C) -> Ending {
    let head = subject.head;
    if reason.side() == Side::Downstream || head.version != Version::Http2 || !subject.is_grpc {
        return Ending::Cut;
    }
    let mut trailers = Fields::default();
    let mut add = |name: &str, value: &str| {
        trailers.add(name.as_bytes(), |bytes| bytes.extend_from_slice(value.as_bytes()));
    };
    add("grpc-status", &reason.grpc_status().code().to_string());
    add("grpc-message", &format!("the answer broke off: {reason}"));
    if subject.shape().reason {
        add(REASON_FIELD, reason.code());
    }
    caller.finish(Some(&trailers)).map_or(Ending::Cut, |()| Ending::Close)
}

async fn write<C: Caller>(
    reply: &LocalReply<'_>,
    shape: Shape,
    values: Option<&Values<'_>>,
    visit: &Visit<'_>,
    caller: &mut C,
    record: &mut Record<'_>,
) -> Ending {
    if reply.reason == Reason::ClientGone {
        return Ending::Cut;
    }
    let status = reply.status;
    let bodiless = matches!(status, 204 | 304);
    let body = if bodiless { "" } else { reply.body.as_ref() };
    let out = fields(reply, shape, bodiless, body.len(), values);
    let last = visit.last || !caller.is_received();
    let sent = if shape.head_only { "" } else { body };
    let framing =
        if shape.head_only || bodiless { Framing::None } else { Framing::Length(body.len() as u64) };
    let phrase = phrase(status).as_bytes();
    record.answer(&Fields::default(), &out);
    caller.answer(
        &AnswerHead { status, phrase, fields: &Fields::default(), out: &out, framing, tunnel: false },
        last,
    );
    if let Err(Gone) = flush(Text(sent.as_bytes()), caller, visit.timer, shape.patience).await {
        return Ending::Cut;
    }
    record.response_bytes = sent.len() as u64;
    if last { Ending::Close } else { Ending::Keep }
}

fn fields(
    reply: &LocalReply<'_>,
    shape: Shape,
    bodiless: bool,
    length: usize,
    values: Option<&Values<'_>>,
) -> Outgoing {
    let mut out = Outgoing::default();
    out.add(b"date", httpdate::fmt_http_date(SystemTime::now()).as_bytes());
    if length > 0 || reply.grpc.is_some() {
        out.add(b"content-type", reply.content_type.as_bytes());
    }
    if !bodiless {
        out.add(b"content-length", length.to_string().as_bytes());
    }
    for (name, value) in &reply.fields {
        out.add(name.as_bytes(), value.as_bytes());
    }
    if shape.reason && !matches!(reply.reason, Reason::Redirect | Reason::DirectResponse) {
        out.add(REASON_FIELD.as_bytes(), reply.reason.code().as_bytes());
    }
    if let (Some(wanted), Some(values)) = (reply.edits, values) {
        edits::apply(wanted, values, &Fields::default(), &mut out);
    }
    out
}

struct Gone;

/// Sends a body that is at hand.
async fn flush<C: Caller>(
    mut body: Text<'_>,
    caller: &mut C,
    timer: &Timer,
    patience: Option<Duration>,
) -> Result<(), Gone> {
    let mut pump = Pump::default();
    let due = patience.map(|patience| Instant::now() + patience);
    match timer.within(due, poll_fn(|cx| pump.poll(cx, &mut body, caller))).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(Elapsed) => Err(Gone),
    }
}
