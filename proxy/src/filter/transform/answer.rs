//! What a compressed answer says of itself, and what one says that could have been.

use towpath_config::model::Algorithm;

use crate::codec::body::Framing;
use crate::codec::fields::{FieldRef, Fields};
use crate::codec::message::ResponseHead;
use crate::codec::outgoing::Outgoing;

#[cfg(test)]
mod tests;

/// What is not so any more of a body that is encoded anew: ranges of it cannot be had, and digests are of what it was
/// (RFC 9530 §2, §3).
const UNTRUE: [&str; 6] =
    ["content-length", "accept-ranges", "content-digest", "repr-digest", "digest", "content-md5"];

/// Says that the body is encoded.
pub fn encoded(algorithm: Algorithm, head: &mut ResponseHead, out: &mut Outgoing) {
    for name in UNTRUE {
        out.remove(&head.fields, name.as_bytes());
    }
    out.remove(&head.fields, b"content-encoding");
    out.add(b"content-encoding", algorithm.token().as_bytes());
    weaken(&head.fields, out);
    varies(&head.fields, out);
    if head.framing != Framing::None {
        head.framing = Framing::Chunked;
    }
}

/// Says to caches that another client would get another answer (RFC 9110 §12.5.5).
pub fn varies(fields: &Fields, out: &mut Outgoing) {
    let says = |field: FieldRef<'_>| {
        let mut names = field.value.split(|octet| *octet == b',').map(<[u8]>::trim_ascii);
        field.name.eq_ignore_ascii_case(b"vary")
            && names.any(|name| name == b"*" || name.eq_ignore_ascii_case(b"accept-encoding"))
    };
    if !out.fields(fields).any(says) {
        out.add(b"vary", b"accept-encoding");
    }
}

/// An answer of other octets has not the same strong tag (RFC 9110 §8.8.3.3).
fn weaken(fields: &Fields, out: &mut Outgoing) {
    let tag = out.fields(fields).find(|field| field.name.eq_ignore_ascii_case(b"etag"));
    let Some(tag) = tag.map(|field| field.value.to_vec()).filter(|tag| tag.starts_with(b"\"")) else {
        return;
    };
    out.remove(fields, b"etag");
    out.add_with(b"etag", |value| {
        value.extend_from_slice(b"W/");
        value.extend_from_slice(&tag);
    });
}

/// Who has the weak tag of an encoded answer and asks whether it still holds hears of that tag (RFC 9111 §4.3.4).
pub fn confirmed(request: &Fields, fields: &Fields, out: &mut Outgoing) {
    let tag = out.fields(fields).find(|field| field.name.eq_ignore_ascii_case(b"etag"));
    let Some(tag) = tag.map(|field| field.value).filter(|tag| tag.starts_with(b"\"")) else { return };
    let asked = request.values("if-none-match").flat_map(|value| value.split(|octet| *octet == b','));
    let is_weak = |one: &[u8]| one.trim_ascii().strip_prefix(b"W/") == Some(tag);
    if asked.into_iter().any(is_weak) {
        weaken(fields, out);
        varies(fields, out);
    }
}
