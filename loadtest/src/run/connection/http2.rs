//! A connection of HTTP/2 and its streams (RFC 9113, with prior knowledge). Each stream asks for itself; whoever finds the
//! connection gone opens it anew, and the others wait for that.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::HeaderMap;
use tokio::sync::Mutex;
use tokio::task::spawn_local;

use super::turn::turn;
use crate::run::lane::Lane;
use crate::run::plan::Due;
use crate::run::tally::{Answered, Fault, Outcome};
use crate::run::watch::Slot;
use crate::stream::Stream;

/// How long a stream of a closed loop rests when it cannot connect: the next attempt would follow at once.
const REST: Duration = Duration::from_millis(10);

/// What a server may send of one body, in bytes, before it is taken; and of all together.
const WINDOW_BYTES: (u32, u32) = (1 << 20, 16 << 20);

/// The field in which a call says how it went (grpc/grpc doc/PROTOCOL-HTTP2.md).
const GRPC_STATUS: &str = "grpc-status";

/// One connection, as its streams share it.
#[derive(Debug, Default)]
pub struct Session {
    /// Connected, but nothing said yet.
    fresh: RefCell<Option<Stream>>,
    open: RefCell<Option<SendRequest<Bytes>>>,
    /// How often it was opened.
    times: Cell<u64>,
    opening: Mutex<()>,
}

impl Session {
    /// A connection that may be open already.
    pub fn new(stream: Option<Stream>) -> Rc<Self> {
        Rc::new(Self { fresh: RefCell::new(stream), ..Self::default() })
    }

    /// The way to ask on it, opened if it must be.
    async fn sender(self: &Rc<Self>, lane: &Lane) -> Result<SendRequest<Bytes>, Fault> {
        let _one_at_a_time = self.opening.lock().await;
        if let Some(sender) = &*self.open.borrow() {
            return Ok(sender.clone());
        }
        let fresh = self.fresh.take();
        let stream = match fresh {
            Some(stream) => stream,
            None => Stream::connect(&lane.course.place).await.map_err(|_| Fault::Connect)?,
        };
        let mut builder = Builder::new();
        builder
            .initial_window_size(WINDOW_BYTES.0)
            .initial_connection_window_size(WINDOW_BYTES.1)
            .enable_push(false);
        let (sender, connection) = builder.handshake(stream).await.map_err(|_| Fault::Connect)?;
        *self.open.borrow_mut() = Some(sender.clone());
        let (session, time) = (Rc::clone(self), self.times.get() + 1);
        self.times.set(time);
        spawn_local(async move {
            // what became of it is seen by those who asked on it
            let _ = connection.await;
            session.forget(time);
        });
        Ok(sender)
    }

    /// Asks no more on the connection that was opened as this one.
    fn forget(&self, time: u64) {
        if self.times.get() == time {
            self.open.take();
        }
    }
}

/// Asks until nothing is due any more.
pub async fn run(lane: Rc<Lane>, number: usize, session: Rc<Session>) {
    let Some(slot) = lane.slots.get(number) else { return };
    slot.adopt().await;
    let mut seen = Seen::default();
    while let Some((due, now)) = turn(&lane, number, slot, |_| {}).await {
        slot.wait_until(now + lane.timeout);
        seen.clear();
        let asked = ask(&lane, slot, &session, &mut seen, &due).await;
        slot.rest();
        let answer = asked.map(|status| Answered { status, version: &seen.version, grpc: seen.grpc });
        lane.record(&due, &Outcome { answer, bytes_in: seen.bytes_in, bytes_out: seen.bytes_out });
        if asked == Err(Fault::Connect) && lane.pacer.is_closed() {
            tokio::time::sleep(REST).await;
        }
    }
}

/// Sends one request and reads its answer; gives its status.
async fn ask(
    lane: &Lane,
    slot: &Slot,
    session: &Rc<Session>,
    seen: &mut Seen,
    due: &Due,
) -> Result<u16, Fault> {
    let mut exchange = begin(lane, slot, session, due).await?;
    let wanted = lane.course.questions.asked().version_header.as_str();
    poll_fn(|cx| {
        if slot.is_expired() { Poll::Ready(Err(Fault::Timeout)) } else { exchange.poll(cx, wanted, seen) }
    })
    .await
}

/// Sends the head. A connection that ended since it was asked last is opened anew, once.
async fn begin(lane: &Lane, slot: &Slot, session: &Rc<Session>, due: &Due) -> Result<Exchange, Fault> {
    let body = lane.course.questions.body();
    for _ in 0..2 {
        let open = session.open.borrow().clone();
        let sender = match open {
            Some(sender) => sender,
            None => {
                let opened = slot.within(Box::pin(session.sender(lane))).await;
                opened.map_err(|_| Fault::Connect)??
            }
        };
        let time = session.times.get();
        // a server may take fewer streams at once than are asked for
        let mut ready = sender.ready();
        let sender = poll_fn(|cx| match Pin::new(&mut ready).poll(cx) {
            Poll::Pending if slot.is_expired() => Poll::Ready(None),
            sender => sender.map(Some),
        })
        .await;
        let sent = match sender {
            None => return Err(Fault::Timeout),
            Some(sender) => sender.and_then(|mut sender| {
                sender.send_request(lane.course.questions.request(due.index), body.is_empty())
            }),
        };
        match sent {
            Ok((response, stream)) => {
                let upload = (!body.is_empty()).then(|| (stream, body.clone()));
                return Ok(Exchange { response, upload, received: None });
            }
            Err(_) => session.forget(time),
        }
    }
    Err(Fault::Connect)
}

/// What was seen of an answer.
#[derive(Debug, Default)]
struct Seen {
    status: u16,
    version: Vec<u8>,
    grpc: Option<u16>,
    bytes_in: u64,
    bytes_out: u64,
}

impl Seen {
    fn clear(&mut self) {
        self.version.clear();
        (self.status, self.grpc, self.bytes_in, self.bytes_out) = (0, None, 0, 0);
    }

    fn read(&mut self, fields: &HeaderMap) {
        let status = fields.get(GRPC_STATUS).and_then(|value| value.to_str().ok()?.parse().ok());
        self.grpc = status.or(self.grpc);
    }
}

/// A request on its way, and its answer.
struct Exchange {
    response: ResponseFuture,
    upload: Option<(SendStream<Bytes>, Bytes)>,
    received: Option<RecvStream>,
}

impl Exchange {
    fn poll(&mut self, cx: &mut Context<'_>, version: &str, seen: &mut Seen) -> Poll<Result<u16, Fault>> {
        self.poll_upload(cx, seen);
        let body = match &mut self.received {
            Some(body) => body,
            none => {
                let (head, body) = ready!(Pin::new(&mut self.response).poll(cx))
                    .map_err(|error| fault(&error))?
                    .into_parts();
                seen.status = head.status.as_u16();
                let version = head.headers.get(version).map(|value| value.as_bytes());
                seen.version.extend_from_slice(version.unwrap_or_default());
                seen.read(&head.headers);
                none.insert(body)
            }
        };
        while let Some(piece) = ready!(body.poll_data(cx)) {
            let count = piece.map_err(|error| fault(&error))?.len();
            seen.bytes_in += count as u64;
            // no more is given back than came
            let _ = body.flow_control().release_capacity(count);
        }
        if let Some(trailers) = ready!(body.poll_trailers(cx)).map_err(|error| fault(&error))? {
            seen.read(&trailers);
        }
        Poll::Ready(Ok(seen.status))
    }

    /// Sends what the server gives room for. That it takes no more is no fault: its answer may come all the same.
    fn poll_upload(&mut self, cx: &mut Context<'_>, seen: &mut Seen) {
        while let Some((stream, rest)) = &mut self.upload {
            stream.reserve_capacity(rest.len());
            match stream.poll_capacity(cx) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(room))) => {
                    let piece = rest.split_to(room.min(rest.len()));
                    seen.bytes_out += piece.len() as u64;
                    let last = rest.is_empty();
                    if stream.send_data(piece, last).is_err() || last {
                        self.upload = None;
                    }
                }
                Poll::Ready(_) => self.upload = None,
            }
        }
    }
}

/// A breach that we saw is told from an end that the other side made.
fn fault(error: &h2::Error) -> Fault {
    if error.is_io() || error.is_remote() { Fault::Reset } else { Fault::Malformed }
}
