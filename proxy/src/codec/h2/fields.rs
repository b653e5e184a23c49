//! Fields and trailers, between the crate's words and ours (RFC 9113 §8.2).

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::codec::body::BodyFault;
use crate::codec::fields::{FieldRef, Fields, Known, KnownSet};
use crate::codec::h1::{TRAILER_BYTES_MAX, TRAILER_FIELDS_MAX, is_trailer};

/// What a field counts for beside its name and value (RFC 9113 §6.5.2).
const FIELD_BYTES: usize = 32;

/// Memory for the values of a head, of which most have less.
const VALUES_BYTES: usize = 256;

/// Fields whose values are seldom sent twice: another in each message, or for each client. The peer's table is not filled with
/// them (RFC 7541 §6.2.3): they would drive out all others, and the crate looks at every value of a name.
const SELDOM_AGAIN: KnownSet =
    KnownSet::of(&[Known::RequestId, Known::ForwardedFor, Known::Forwarded, Known::GrpcTimeout]);

/// The size of a list of fields (RFC 9113 §6.5.2).
#[must_use]
pub fn list_bytes(map: &HeaderMap) -> usize {
    map.iter().map(|(name, value)| name.as_str().len() + value.len() + FIELD_BYTES).sum()
}

/// The trailers of a message, by the rules for those of HTTP/1.1.
///
/// # Errors
/// One of them frames or routes a message, or there are too many.
pub fn read_trailers(map: &HeaderMap) -> Result<Fields, BodyFault> {
    let size: usize = map.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > TRAILER_BYTES_MAX || map.len() > TRAILER_FIELDS_MAX {
        return Err(BodyFault::TooLarge);
    }
    let mut fields = Fields::default();
    for (name, value) in map {
        if is_trailer(name.as_str().as_bytes(), value.as_bytes())? {
            fields.add(name.as_str().as_bytes(), |written| written.extend_from_slice(value.as_bytes()));
        }
    }
    Ok(fields)
}

/// Fields that go out. What could be read has names and values that can be written.
pub fn map<'a>(fields: impl Iterator<Item = FieldRef<'a>>) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(fields.size_hint().1.unwrap_or_default());
    // the values stand one behind the other: memory for each of them costs more than all of the head
    let mut values = BytesMut::with_capacity(VALUES_BYTES);
    for field in fields {
        values.extend_from_slice(field.value);
        let value = HeaderValue::from_maybe_shared(values.split().freeze());
        if let (Some(name), Ok(mut value)) = (name(field.known, field.name), value) {
            value.set_sensitive(SELDOM_AGAIN.has(field.known));
            map.append(name, value);
        }
    }
    map
}

/// The name of a field; those that are in most heads are at hand.
fn name(known: Known, written: &[u8]) -> Option<HeaderName> {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
    const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
    Some(match known {
        Known::RequestId => REQUEST_ID,
        Known::ForwardedFor => FORWARDED_FOR,
        Known::ForwardedHost => FORWARDED_HOST,
        Known::ForwardedProto => FORWARDED_PROTO,
        Known::ContentType => header::CONTENT_TYPE,
        Known::ContentLength => header::CONTENT_LENGTH,
        Known::Cookie => header::COOKIE,
        Known::Via => header::VIA,
        _ => HeaderName::from_bytes(written).ok()?,
    })
}

#[cfg(test)]
mod tests;
