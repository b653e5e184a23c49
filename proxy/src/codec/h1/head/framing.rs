//! How long a body is (RFC 9112 §6), and what `Connection` says. Whatever could be read in two ways is a fault.

use super::byte_set::ByteSet;
use crate::codec::body::Framing;
use crate::codec::fields::{Fields, Known, KnownSet, is_same_name};
use crate::codec::message::ConnectionOptions;
use crate::outcome::Reason;

/// What tells how long a body is.
const FRAMING: KnownSet = KnownSet::of(&[Known::ContentLength, Known::TransferEncoding]);

/// What the fields say of the body's length; `has_chunks`: whether the version of the message has chunks.
///
/// # Errors
/// `Content-Length` beside `Transfer-Encoding`, several of either, an odd length, a coding other than `chunked`,
/// or `chunked` in HTTP/1.0.
pub fn framing(fields: &Fields, has_chunks: bool) -> Result<Option<Framing>, Reason> {
    if !fields.has_any(FRAMING) {
        return Ok(None);
    }
    let sole = |known| {
        let mut values = fields.of(known).map(|field| field.value);
        let first = values.next();
        if values.next().is_none() { Ok(first) } else { Err(Reason::BadRequest) }
    };
    match (sole(Known::ContentLength)?, sole(Known::TransferEncoding)?) {
        (None, None) => Ok(None),
        (Some(length), None) => Ok(Some(Framing::Length(content_length(length)?))),
        (None, Some(coding)) if has_chunks => transfer_coding(coding).map(|()| Some(Framing::Chunked)),
        _ => Err(Reason::BadRequest),
    }
}

fn content_length(value: &[u8]) -> Result<u64, Reason> {
    let odd = value.is_empty() || value.len() > 18 || (value.len() > 1 && value.starts_with(b"0"));
    if odd || !value.iter().all(u8::is_ascii_digit) {
        return Err(Reason::BadRequest);
    }
    Ok(value.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

/// Only `chunked` is spoken. A plain list of codings that ends in it is understood, and refused as unknown.
fn transfer_coding(value: &[u8]) -> Result<(), Reason> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut codings = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).peekable();
    while let Some(coding) = codings.next() {
        let last = codings.peek().is_none();
        let plain = !coding.is_empty() && coding.iter().all(|byte| is_token(*byte));
        if !plain || coding.eq_ignore_ascii_case(b"chunked") != last {
            return Err(Reason::BadRequest);
        }
    }
    Err(Reason::UnknownCoding)
}

/// A byte of a token (RFC 9110 §5.6.2).
pub fn is_token(byte: u8) -> bool {
    const TOKEN: ByteSet = ByteSet::alphanumeric_and(b"!#$%&'*+-.^_`|~");
    TOKEN.has(byte)
}

/// Fields without which a message cannot be read.
const ESSENTIAL: [&str; 4] = ["content-length", "transfer-encoding", "host", "trailer"];

/// What `Connection` says.
///
/// # Errors
/// It names a field without which the message cannot be read.
pub fn connection_options(fields: &Fields) -> Result<ConnectionOptions, Reason> {
    let mut options = ConnectionOptions::default();
    if !fields.has(Known::Connection) {
        return Ok(options);
    }
    for field in fields.of(Known::Connection) {
        for option in field.value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let is = |known: &str| option.eq_ignore_ascii_case(known.as_bytes());
            if is("close") {
                options.close = true;
            } else if is("keep-alive") {
                options.keep_alive = true;
            } else if is("upgrade") {
                options.upgrade = true;
            } else if ESSENTIAL.into_iter().any(is) || !option.iter().all(|byte| is_token(*byte)) {
                return Err(Reason::BadRequest);
            } else {
                options.nominates |= !option.is_empty() && !is("te");
            }
        }
    }
    Ok(options)
}

/// Names that a gateway behind us could take for one another (`Content_Length` for `Content-Length`).
pub fn has_underscore_twin(fields: &Fields) -> bool {
    fields.named_with(b'_').any(|field| {
        let plain: Vec<u8> = field.name.iter().map(|byte| if *byte == b'_' { b'-' } else { *byte }).collect();
        let is_other = |name: &[u8]| is_same_name(name, field.name) && !name.eq_ignore_ascii_case(field.name);
        Known::of(&plain) != Known::Other || fields.iter().any(|other| is_other(other.name))
    })
}
