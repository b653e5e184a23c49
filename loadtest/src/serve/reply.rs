//! What becomes of a request.

use std::time::Duration;

use super::wish::Wish;
use crate::arguments::Faults;
use crate::message::Question;
use crate::quantity::{Size, Trickle};

/// The largest body that is kept ready with its head, in bytes.
const READY_BYTES_MAX: u64 = 64 * 1024;

/// Larger bodies are sent in pieces of so many bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// What most get: the bytes of [`Replies::ready`].
    Ready,
    /// The connection is reset.
    Reset,
    /// Bytes that are no answer, and the end of the connection.
    Garbage,
    /// An answer of its own.
    Own(Box<Own>),
}

/// An answer that is made for one request.
#[derive(Debug, PartialEq, Eq)]
pub struct Own {
    /// How long it takes.
    pub delay: Duration,
    /// The status.
    pub status: u16,
    /// All before the body, as HTTP/1.1 has it.
    pub head: Vec<u8>,
    /// What is said of the length of the body.
    pub length: Option<u64>,
    /// The body.
    pub body: Body,
    /// The body in small pieces.
    pub trickle: Option<Trickle>,
    /// Whether the connection may be asked again.
    pub keep_alive: bool,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// So many bytes that say nothing.
    Filler(u64),
    /// Words.
    Text(Box<[u8]>),
}

impl Body {
    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Filler(bytes) => *bytes,
            Self::Text(text) => text.len() as u64,
        }
    }
}

/// All that answers are made of.
#[derive(Debug)]
pub struct Replies {
    faults: Faults,
    version: String,
    ready: Box<[u8]>,
    piece: Box<[u8]>,
}

impl Replies {
    /// Makes ready what most requests get.
    pub fn new(faults: Faults, version: String) -> Self {
        let mut replies = Self {
            ready: Box::default(),
            piece: vec![b'x'; PIECE_BYTES].into_boxed_slice(),
            faults,
            version,
        };
        let Size(size) = replies.faults.size;
        if size <= READY_BYTES_MAX {
            let mut ready = replies.head(200, size, true);
            ready.resize(ready.len() + size as usize, b'x');
            replies.ready = ready.into_boxed_slice();
        }
        replies
    }

    /// The answer that most requests get, whole.
    pub fn ready(&self) -> &[u8] {
        &self.ready
    }

    /// What comes next of a body of which `rest` bytes are left: all of it, or as much as is sent at once.
    pub fn piece<'a>(&'a self, own: &'a Own, rest: u64) -> &'a [u8] {
        let most = own.trickle.map_or(rest, |trickle| trickle.bytes.get().min(rest));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let left = match &own.body {
            Body::Filler(_) => &self.piece,
            Body::Text(text) => text.get(text.len().saturating_sub(rest as usize)..).unwrap_or_default(),
        };
        left.get(..most.min(left.len())).unwrap_or_default()
    }

    /// The version of each answer.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How long a connection may stand idle.
    pub fn idle_close(&self) -> Option<Duration> {
        self.faults.idle_close
    }

    /// The usual size of a body.
    pub fn size(&self) -> u64 {
        self.faults.size.0
    }

    /// Decides about the request that is number `number` on its connection, counted from 1. `draw` gives numbers from 0
    /// up to 1.
    pub fn decide(&self, question: &Question, number: u64, draw: &mut impl FnMut() -> f64) -> Reply {
        let wish = match question.wish.as_deref().map(str::parse::<Wish>).transpose() {
            Ok(wish) => wish.unwrap_or_default(),
            Err(refusal) => return self.refuse(&refusal),
        };
        if wish.reset || self.faults.reset.is_some_and(|share| share.holds(draw())) {
            return Reply::Reset;
        }
        if wish.garbage || self.faults.garbage.is_some_and(|share| share.holds(draw())) {
            return Reply::Garbage;
        }
        let fails = self.faults.fail.is_some_and(|share| share.holds(draw()));
        let last = self.faults.close_after.is_some_and(|count| number >= count.get());
        let keep_alive = question.keep_alive && !wish.close && !last;
        let delay = wish.delay.or(self.faults.delay);
        let trickle = wish.trickle.or(self.faults.trickle);
        let usual = wish == Wish::default() && delay.is_none() && trickle.is_none() && !fails;
        if usual && keep_alive && !question.head && !self.ready.is_empty() {
            return Reply::Ready;
        }
        let status = wish.status.unwrap_or(if fails { self.faults.status } else { 200 });
        let Size(size) = wish.size.unwrap_or(self.faults.size);
        let has_body = !question.head && !matches!(status, 204 | 304);
        Reply::Own(Box::new(Own {
            delay: delay.map_or(Duration::ZERO, |delay| delay.at(draw())),
            status,
            head: self.head(status, size, keep_alive),
            length: (status != 204).then_some(size),
            body: Body::Filler(if has_body { size } else { 0 }),
            trickle,
            keep_alive,
        }))
    }

    /// The answer to a wish that cannot be fulfilled; to bytes that are no request, too.
    pub fn refuse(&self, refusal: &str) -> Reply {
        let text = format!("{refusal}\n").into_bytes().into_boxed_slice();
        Reply::Own(Box::new(Own {
            delay: Duration::ZERO,
            status: 400,
            head: self.head(400, text.len() as u64, false),
            length: Some(text.len() as u64),
            body: Body::Text(text),
            trickle: None,
            keep_alive: false,
        }))
    }

    fn head(&self, status: u16, size: u64, keep_alive: bool) -> Vec<u8> {
        let length = if status == 204 { String::new() } else { format!("content-length: {size}\r\n") };
        let close = if keep_alive { "" } else { "connection: close\r\n" };
        let (reason, version) = (reason(status), &self.version);
        format!(
            "HTTP/1.1 {status} {reason}\r\ncontent-type: text/plain\r\nx-version: {version}\r\n{length}{close}\r\n"
        )
        .into_bytes()
    }
}

/// What people read of a status.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        // it may be empty (RFC 9112 section 4)
        _ => "",
    }
}

#[cfg(test)]
mod tests;
