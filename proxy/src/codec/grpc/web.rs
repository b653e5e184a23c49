//! gRPC-Web (grpc/grpc doc/PROTOCOL-WEB.md): gRPC for those who see neither trailers nor, some of them, octets.

use super::media_type::is_media_type;
use crate::codec::body::Framing;
use crate::codec::fields::{Fields, Known};
use crate::codec::message::RequestHead;

#[cfg(test)]
mod tests;

/// The media type, before what tells text and format.
const MEDIA_TYPE: &[u8] = b"application/grpc-web";

/// The first octet of the frame that holds the trailers.
const TRAILERS: u8 = 0x80;

/// How a call is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// The body of the request is base64.
    pub text_up: bool,
    /// The body of the answer is wanted as base64.
    pub text_down: bool,
}

/// What a media type says, when it is one of gRPC-Web: whether it is text, and the format, `+proto` or nothing.
fn read(value: &[u8]) -> Option<(bool, &[u8])> {
    let (start, rest) = value.split_at_checked(MEDIA_TYPE.len())?;
    let rest = rest.split(|octet| *octet == b';').next().unwrap_or_default().trim_ascii_end();
    let (text, rest) = match rest.strip_prefix(b"-text") {
        Some(rest) => (true, rest.strip_prefix(b"-base64").unwrap_or(rest)),
        None => (false, rest),
    };
    let is_one = start.eq_ignore_ascii_case(MEDIA_TYPE) && (rest.is_empty() || rest.starts_with(b"+"));
    is_one.then_some((text, rest))
}

/// Makes a call of gRPC-Web one of gRPC, as far as its head goes; what else has to be done the dialect says. None where it
/// is no such call.
pub fn translate(head: &mut RequestHead) -> Option<Dialect> {
    let (text_up, format) = read(head.fields.first(Known::ContentType)?)?;
    let native = [b"application/grpc", format].concat();
    let accepted = head.fields.values("accept").flat_map(|value| value.split(|octet| *octet == b','));
    let wanted = accepted.filter_map(|one| read(one.trim_ascii())).map(|(text, _)| text).next();
    let text_down = wanted.unwrap_or(text_up);
    head.fields.remove(b"content-type");
    head.fields.add(b"content-type", |value| value.extend_from_slice(&native));
    if !head.fields.has(Known::Te) {
        head.fields.add(b"te", |value| value.extend_from_slice(b"trailers"));
    }
    if text_up && head.framing != Framing::None {
        head.fields.remove(b"content-length");
        head.framing = Framing::Chunked;
    }
    Some(Dialect { text_up, text_down })
}

/// The `content-type` of an answer for somebody who speaks gRPC-Web; none where it is not the answer of gRPC.
#[must_use]
pub fn content_type(native: &[u8], dialect: Dialect) -> Option<Vec<u8>> {
    if !is_media_type(native) {
        return None;
    }
    let format = native.iter().skip_while(|octet| **octet != b'+').take_while(|octet| **octet != b';');
    let text: &[u8] = if dialect.text_down { b"-text" } else { b"" };
    Some(MEDIA_TYPE.iter().chain(text).chain(format).copied().collect())
}

/// The frame of the trailers, which ends the body.
#[must_use]
pub fn trailers(fields: &Fields) -> Vec<u8> {
    let mut frame = vec![TRAILERS, 0, 0, 0, 0];
    for field in fields.iter() {
        frame.extend(field.name.iter().map(u8::to_ascii_lowercase));
        frame.push(b':');
        frame.extend_from_slice(field.value);
        frame.extend_from_slice(b"\r\n");
    }
    // trailers have their limit, far below this one
    let length = u32::try_from(frame.len() - 5).unwrap_or(u32::MAX);
    frame.iter_mut().skip(1).zip(length.to_be_bytes()).for_each(|(place, octet)| *place = octet);
    frame
}
