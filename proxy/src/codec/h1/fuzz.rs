//! Entry points for fuzzers: plain functions that take any bytes and panic only when the codec is wrong.

use std::rc::Rc;

use super::{Asked, Decoder, Encoder, HeadLimits, Scan, read_request, read_response};
use crate::codec::body::{BodyFault, Fill, Framing};
use crate::codec::buffer::{Buffer, BufferPool};
use crate::codec::message::{RequestHead, ResponseHead};

/// Limits that no small input reaches.
const LIMITS: HeadLimits = HeadLimits { bytes: 1 << 20, fields: 256, uri: 1 << 16 };

/// The end of a head does not depend on how its bytes arrive.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let whole = Scan::default().end(bytes);
    let mut scan = Scan::default();
    let stepwise = (1..=bytes.len()).find_map(|length| match scan.end(bytes.get(..length)?) {
        Ok(None) => None,
        other => Some(other),
    });
    assert_eq!(stepwise.unwrap_or(Ok(None)), whole, "the end of the head moved with the reads");
    whole.ok().flatten()
}

/// A request head that is let through can be read in one way only.
pub fn request(bytes: &[u8]) {
    let Some(length) = head_end(bytes) else { return };
    let mut head = RequestHead::default();
    let head_bytes = bytes.get(..length).unwrap_or_default();
    if read_request(head_bytes, &LIMITS, &mut head).is_err() {
        return;
    }
    let lines = head_bytes.split(|byte| *byte == b'\n').count() - 2;
    assert_eq!(head.fields.len() + 1, lines, "a line is neither the request line nor a field");
    for field in head.fields.iter() {
        assert!(!field.name.is_empty() && !field.name.contains(&b' '), "a name that is no token");
        let control = |byte: &u8| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f;
        assert!(!field.value.iter().any(control), "a control byte in a value");
    }
    let lengths = head.fields.values("content-length").count();
    let codings = head.fields.values("transfer-encoding").count();
    match head.framing {
        Framing::None => assert_eq!((lengths, codings), (0, 0)),
        Framing::Length(_) => assert_eq!((lengths, codings), (1, 0)),
        Framing::Chunked => assert_eq!((lengths, codings), (0, 1)),
        Framing::UntilClose => unreachable!("no request ends with its connection"),
    }
    assert!(head.fields.values("host").count() <= 1, "several hosts");
}

/// An answer's head that is let through can be read in one way only.
pub fn response(bytes: &[u8]) {
    let Some(length) = head_end(bytes) else { return };
    for asked in [Asked::Head, Asked::Connect, Asked::Upgrade, Asked::Other] {
        let mut head = ResponseHead::default();
        if read_response(bytes.get(..length).unwrap_or_default(), asked, &mut head).is_ok() {
            assert!((100..1000).contains(&head.status));
            assert!(asked != Asked::Head || head.framing == Framing::None, "HEAD has no body");
        }
    }
}

fn fill(buffer: &mut Buffer, bytes: &[u8]) -> usize {
    let spare = buffer.spare();
    let count = bytes.len().min(spare.len());
    if let (Some(to), Some(from)) = (spare.get_mut(..count), bytes.get(..count)) {
        to.copy_from_slice(from);
    }
    buffer.filled_by(count);
    count
}

/// Decodes a body that arrives in pieces of this size: its payload, and whether it ended or was found broken.
pub fn decode(framing: Framing, bytes: &[u8], piece: usize) -> (Vec<u8>, Result<bool, BodyFault>) {
    let mut buffer = Rc::new(BufferPool::default()).lend();
    let mut decoder = Decoder::new(framing, None);
    let mut payload = Vec::new();
    let mut rest = bytes;
    loop {
        match decoder.advance(&mut buffer) {
            Err(fault) => return (payload, Err(fault)),
            Ok(Some(Fill::End)) => return (payload, Ok(true)),
            Ok(Some(Fill::Payload)) => {
                let front = decoder.payload(&buffer).to_vec();
                buffer.consume(front.len());
                decoder.consume(front.len() as u64);
                payload.extend(front);
            }
            Ok(None) if rest.is_empty() => return (payload, Ok(false)),
            Ok(None) => {
                let count = fill(&mut buffer, rest.get(..piece.clamp(1, rest.len())).unwrap_or_default());
                assert!(count > 0, "a decoder that wants more leaves room for it");
                rest = rest.get(count..).unwrap_or_default();
            }
        }
    }
}

/// A chunked body says the same however it arrives, and what we write of it is read back unchanged.
pub fn chunked(bytes: &[u8], piece: usize) {
    let whole = decode(Framing::Chunked, bytes, usize::MAX);
    let stepwise = decode(Framing::Chunked, bytes, piece);
    assert_eq!(whole, stepwise, "the body changed with the reads");
    let (payload, ended) = whole;
    if ended != Ok(true) {
        return;
    }
    let mut output = Vec::new();
    let mut encoder = Encoder::new(Framing::Chunked);
    for part in payload.chunks(piece.max(1)) {
        assert_eq!(encoder.begin(part.len(), &mut output).ok(), Some(part.len()));
        output.extend_from_slice(part);
        encoder.written(part.len(), &mut output);
    }
    assert!(encoder.finish(None, &mut output).is_ok());
    assert_eq!(
        decode(Framing::Chunked, &output, usize::MAX),
        (payload, Ok(true)),
        "our own framing is not read back"
    );
}
