//! One connection: reads what is there, answers all of it with one write.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use super::http2;
use super::lane::{Answers, Lane};
use super::reply::{Own, Replies, Reply};
use crate::message::{Event, Questions};
use crate::stream::Stream;

/// What a connection of HTTP/2 begins with, as far as it is a line.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// What is no answer; it ends like a line, so that nobody waits for more.
const GARBAGE: &[u8] = b"\x16\x03\x01\x02\x00\x01\xfc\x03\x03 garbage\r\n\r\n";

/// The most answers that are sent with one write.
const TOGETHER_MAX: usize = 16;

/// Why a batch of requests ended.
enum Stop {
    /// All bytes are read.
    Empty,
    /// There are as many answers as are sent together.
    Full,
    /// The client waits for a word before it sends its body.
    Expects,
    /// A request gets something else than the others.
    Reply(Reply),
    /// It is no HTTP/1.1: the preface of HTTP/2 has come (RFC 9113 section 3.4).
    Http2,
}

/// Requests that are there together.
struct Batch {
    /// What they are answered with.
    answers: Rc<Answers>,
    /// How many of them get the usual answer.
    ready: usize,
    /// What comes then.
    stop: Stop,
}

/// A connection and what is known of it.
pub struct Connection {
    stream: Stream,
    questions: Questions,
    /// Read, but not yet looked at.
    held: Vec<u8>,
    answered: u64,
    idle: Option<Idle>,
}

impl Connection {
    /// A connection of which nothing was read yet.
    pub fn new(stream: Stream, idle_close: Option<Duration>) -> Self {
        let idle = idle_close.map(Idle::new);
        Self { stream, questions: Questions::default(), held: Vec::new(), answered: 0, idle }
    }

    /// Answers until either side closes.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn run(mut self, lane: &Rc<Lane>) -> io::Result<()> {
        loop {
            let Some(Batch { answers, ready, stop }) = self.next(lane).await? else { return Ok(()) };
            let replies = &answers.replies;
            self.write_ready(replies.ready(), ready).await?;
            let keep_alive = match stop {
                Stop::Empty | Stop::Full => true,
                Stop::Expects => {
                    self.write(b"HTTP/1.1 100 Continue\r\n\r\n", &[]).await?;
                    true
                }
                Stop::Http2 => {
                    let ended = http2::serve(self.stream, self.held, self.idle, lane).await;
                    return ended.map_err(io::Error::other);
                }
                Stop::Reply(Reply::Ready) => true,
                Stop::Reply(Reply::Own(own)) => self.answer(&own, replies).await?,
                Stop::Reply(Reply::Reset) => {
                    self.stream.reset();
                    return Ok(());
                }
                Stop::Reply(Reply::Garbage) => return self.write(GARBAGE, &[]).await,
            };
            if !keep_alive {
                return Ok(());
            }
            if let Some(idle) = &mut self.idle {
                idle.since = Instant::now();
            }
        }
    }

    /// The next requests that are there together. Nothing when the connection has ended.
    async fn next(&mut self, lane: &Lane) -> io::Result<Option<Batch>> {
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            return Ok(Some(self.batch(&held, lane)));
        }
        poll_fn(|cx| {
            let mut scratch = lane.scratch.borrow_mut();
            match self.stream.poll_read(cx, &mut scratch) {
                Poll::Ready(Ok(0)) => Poll::Ready(Ok(None)),
                Poll::Ready(Ok(count)) => {
                    let bytes = scratch.get(..count).unwrap_or_default();
                    Poll::Ready(Ok(Some(self.batch(bytes, lane))))
                }
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending => match &mut self.idle {
                    Some(idle) => idle.poll(cx).map(|()| Ok(None)),
                    None => Poll::Pending,
                },
            }
        })
        .await
    }

    fn batch(&mut self, mut bytes: &[u8], lane: &Lane) -> Batch {
        let answers = lane.answers();
        if self.answered == 0 && bytes.starts_with(HTTP2_PREFACE) {
            self.held.extend_from_slice(bytes);
            return Batch { answers, ready: 0, stop: Stop::Http2 };
        }
        let mut ready = 0;
        let stop = loop {
            if ready == TOGETHER_MAX {
                break Stop::Full;
            }
            match self.questions.take(&mut bytes) {
                Ok(Event::Partial) => break Stop::Empty,
                Ok(Event::Expects) => break Stop::Expects,
                Ok(Event::Asked(question)) => {
                    self.answered += 1;
                    match lane.decide(&answers, &question, self.answered) {
                        Reply::Ready => ready += 1,
                        other => break Stop::Reply(other),
                    }
                }
                Err(malformed) => {
                    bytes = &[];
                    break Stop::Reply(answers.replies.refuse(&malformed.to_string()));
                }
            }
        };
        self.held.extend_from_slice(bytes);
        Batch { answers, ready, stop }
    }

    /// Sends the usual answer so many times.
    async fn write_ready(&mut self, ready: &[u8], count: usize) -> io::Result<()> {
        let mut sent = 0;
        while sent < ready.len() * count {
            let begun = ready.get(sent % ready.len()..).unwrap_or_default();
            let mut slices = [IoSlice::new(ready); TOGETHER_MAX];
            if let Some(first) = slices.first_mut() {
                *first = IoSlice::new(begun);
            }
            let slices = slices.get(..count - sent / ready.len()).unwrap_or_default();
            sent += poll_fn(|cx| self.stream.poll_write(cx, slices)).await?;
        }
        Ok(())
    }

    /// Sends all of two pieces.
    async fn write(&mut self, head: &[u8], piece: &[u8]) -> io::Result<()> {
        let mut sent = 0;
        while sent < head.len() + piece.len() {
            let rest = piece.get(sent.saturating_sub(head.len())..).unwrap_or_default();
            let slices = [IoSlice::new(head.get(sent..).unwrap_or_default()), IoSlice::new(rest)];
            sent += poll_fn(|cx| self.stream.poll_write(cx, &slices)).await?;
        }
        Ok(())
    }

    async fn answer(&mut self, own: &Own, replies: &Replies) -> io::Result<bool> {
        if !own.delay.is_zero() {
            sleep(own.delay).await;
        }
        let mut head = own.head.as_slice();
        let mut rest = own.body.bytes();
        loop {
            let piece = replies.piece(own, rest);
            self.write(head, piece).await?;
            head = &[];
            rest -= piece.len() as u64;
            if rest == 0 {
                return Ok(own.keep_alive);
            }
            if let Some(trickle) = own.trickle {
                sleep(trickle.interval).await;
            }
        }
    }
}

/// The end of a connection on which nothing comes. Its timer is set anew only when it fires.
pub struct Idle {
    limit: Duration,
    /// When something was last asked or answered.
    pub since: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Idle {
    fn new(limit: Duration) -> Self {
        Self { limit, since: Instant::now(), timer: Box::pin(sleep(limit)) }
    }

    /// Waits for its end.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let end = self.since + self.limit;
            if end <= Instant::now() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(end);
        }
        Poll::Pending
    }
}
