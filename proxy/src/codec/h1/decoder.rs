//! Bodies: input → payload, by whichever framing the head named. No I/O.

use super::chunk::{Line, read_end, read_size};
use super::head::Scan;
use super::head::range_in;
use crate::codec::body::{BodyFault, Fill, Framing};
use crate::codec::buffer::Buffer;
use crate::codec::fields::{Fields, Known, KnownSet};

/// Most bytes of trailers.
pub const TRAILER_BYTES_MAX: usize = 8 * 1024;

/// Most fields of trailers.
pub const TRAILER_FIELDS_MAX: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Length(u64),
    UntilClose,
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    Done,
}

/// Where in a body the input stands.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    left: Option<u64>,
    trailers: Option<Box<Fields>>,
}

impl Decoder {
    /// The decoder of a body of this framing, of `limit` octets at most.
    #[must_use]
    pub fn new(framing: Framing, limit: Option<u64>) -> Self {
        let state = match framing {
            Framing::None | Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::ChunkSize,
            Framing::UntilClose => State::UntilClose,
        };
        Self { state, left: limit, trailers: None }
    }

    /// Whether the body is whole.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether the rest of the body is in `buffer` already.
    #[must_use]
    pub fn is_whole_in(&self, buffer: &Buffer) -> bool {
        match self.state {
            State::Done => true,
            State::Length(left) => buffer.filled().len() as u64 >= left,
            _ => false,
        }
    }

    /// Moves over framing until payload stands in front, or says that input is missing (`None`).
    ///
    /// # Errors
    /// The framing is broken, or the body is longer than allowed.
    pub fn advance(&mut self, buffer: &mut Buffer) -> Result<Option<Fill>, BodyFault> {
        loop {
            let next = match self.state {
                State::Done => return Ok(Some(Fill::End)),
                State::Length(_) | State::UntilClose | State::Chunk(_) if buffer.is_empty() => {
                    return Ok(None);
                }
                State::Length(_) | State::UntilClose | State::Chunk(_) => return Ok(Some(Fill::Payload)),
                State::ChunkSize => {
                    step(read_size(buffer.filled()), buffer)?.map(|size| self.begin_chunk(size))
                }
                State::ChunkEnd => step(read_end(buffer.filled()), buffer)?.map(|()| Ok(State::ChunkSize)),
                State::Trailers => self.read_trailers(buffer)?.then_some(Ok(State::Done)),
            };
            match next {
                None => return Ok(None),
                Some(state) => self.state = state?,
            }
        }
    }

    fn begin_chunk(&mut self, size: u64) -> Result<State, BodyFault> {
        if self.left.is_some_and(|left| size > left) {
            return Err(BodyFault::TooLarge);
        }
        Ok(if size == 0 { State::Trailers } else { State::Chunk(size) })
    }

    /// The payload in front of `buffer`.
    #[must_use]
    pub fn payload<'a>(&self, buffer: &'a Buffer) -> &'a [u8] {
        let filled = buffer.filled();
        match self.state {
            State::Length(left) | State::Chunk(left) => {
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(filled.len());
                filled.get(..length).unwrap_or_default()
            }
            State::UntilClose => filled,
            _ => &[],
        }
    }

    /// How much payload follows without framing in it, and without a limit that has to be watched.
    #[must_use]
    pub fn unframed(&self) -> Option<u64> {
        match (self.state, self.left) {
            (State::Length(left), _) => Some(left),
            (State::UntilClose, None) => Some(u64::MAX),
            _ => None,
        }
    }

    /// Counts payload that was passed on.
    pub fn consume(&mut self, count: u64) {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(count);
        }
        self.state = match self.state {
            State::Length(left) if left <= count => State::Done,
            State::Length(left) => State::Length(left - count),
            State::Chunk(left) if left <= count => State::ChunkEnd,
            State::Chunk(left) => State::Chunk(left - count),
            other => other,
        };
    }

    /// The sender closed its side.
    ///
    /// # Errors
    /// The body was not whole.
    pub fn close(&mut self) -> Result<(), BodyFault> {
        match self.state {
            State::UntilClose | State::Done => {
                self.state = State::Done;
                Ok(())
            }
            _ => Err(BodyFault::Truncated),
        }
    }

    /// The trailers that may be passed on.
    #[must_use]
    pub fn trailers(&self) -> Option<&Fields> {
        self.trailers.as_deref()
    }

    /// Reads the trailer section when it is whole.
    fn read_trailers(&mut self, buffer: &mut Buffer) -> Result<bool, BodyFault> {
        let input = buffer.filled();
        if let Line::Whole(length, ()) = read_end(input) {
            buffer.consume(length);
            return Ok(true);
        }
        if input.is_empty() || input == b"\r" {
            return Ok(false);
        }
        let Some(length) = Scan::default().end(input).map_err(|_| BodyFault::Malformed)? else {
            return if input.len() < TRAILER_BYTES_MAX { Ok(false) } else { Err(BodyFault::TooLarge) };
        };
        self.trailers = Some(Box::new(trailer_fields(input.get(..length).unwrap_or_default())?));
        buffer.consume(length);
        Ok(true)
    }
}

fn step<T>(line: Line<T>, buffer: &mut Buffer) -> Result<Option<T>, BodyFault> {
    match line {
        Line::Partial => Ok(None),
        Line::Whole(length, meaning) => {
            buffer.consume(length);
            Ok(Some(meaning))
        }
        Line::Malformed => Err(BodyFault::Malformed),
    }
}

/// Whether a field of the trailers is passed on. What belongs into a head (RFC 9110 §6.5.1) is not.
///
/// # Errors
/// It frames or routes a message.
pub fn is_trailer(name: &[u8], value: &[u8]) -> Result<bool, BodyFault> {
    let known = Known::of(name);
    let framing = KnownSet::HOP_BY_HOP.has(known) || FRAMING.has(known);
    if value.contains(&0x7f) || framing || has_known_twin(name) {
        return Err(BodyFault::Malformed);
    }
    Ok(matches!(known, Known::Other | Known::GrpcStatus) && !is_head_only(name))
}

fn trailer_fields(bytes: &[u8]) -> Result<Fields, BodyFault> {
    let mut storage = [httparse::EMPTY_HEADER; TRAILER_FIELDS_MAX];
    let Ok(httparse::Status::Complete((length, parsed))) = httparse::parse_headers(bytes, &mut storage)
    else {
        return Err(BodyFault::Malformed);
    };
    if length != bytes.len() {
        return Err(BodyFault::Malformed);
    }
    let mut fields = Fields::default();
    fields.take_bytes(bytes);
    for field in parsed {
        let name = field.name.as_bytes();
        if is_trailer(name, field.value)? {
            fields.mark(range_in(bytes, name), range_in(bytes, field.value));
        }
    }
    Ok(fields)
}

/// What frames or routes a message.
const FRAMING: KnownSet = KnownSet::of(&[Known::ContentLength, Known::Host, Known::Trailer, Known::Expect]);

/// Whether a gateway behind us could take the name for one that means something here or belongs into a head (`Content_Length`
/// for `Content-Length`). Metadata of gRPC may have underscores.
fn has_known_twin(name: &[u8]) -> bool {
    if !name.contains(&b'_') {
        return false;
    }
    let plain: Vec<u8> = name.iter().map(|byte| if *byte == b'_' { b'-' } else { *byte }).collect();
    Known::of(&plain) != Known::Other || is_head_only(&plain)
}

fn is_head_only(name: &[u8]) -> bool {
    const NAMES: [&str; 8] = [
        "authorization",
        "proxy-authorization",
        "set-cookie",
        "content-encoding",
        "content-range",
        "cache-control",
        "max-forwards",
        "location",
    ];
    NAMES.iter().any(|head_only| name.eq_ignore_ascii_case(head_only.as_bytes()))
}
