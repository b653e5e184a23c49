//! Fields and trailers, between the crate's words and ours (RFC 9113 §8.2).

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::codec::body::BodyFault;
use crate::codec::fields::{FieldRef, Fields, Known};
use crate::codec::h1::{TRAILER_BYTES_MAX, TRAILER_FIELDS_MAX, is_trailer};

/// What a field counts for beside its name and value (RFC 9113 §6.5.2).
const FIELD_BYTES: usize = 32;

/// Memory for the values of a head, of which most have less.
const VALUES_BYTES: usize = 256;

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

/// What we say ourselves, and the crate does not know: such names need no memory.
static OWN_NAMES: [HeaderName; 4] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-request-id"),
];

fn name(name: &[u8]) -> Option<HeaderName> {
    let [forwarded_for, forwarded_proto, forwarded_host, request_id] = &OWN_NAMES;
    let own = match Known::of(name) {
        Known::ForwardedFor => forwarded_for,
        Known::ForwardedProto => forwarded_proto,
        Known::ForwardedHost => forwarded_host,
        Known::RequestId => request_id,
        _ => return HeaderName::from_bytes(name).ok(),
    };
    Some(own.clone())
}

/// Fields that go out. What could be read has names and values that can be written.
pub fn map<'a>(fields: impl Iterator<Item = FieldRef<'a>>) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(fields.size_hint().1.unwrap_or_default());
    // the values stand one behind the other: memory for each of them costs more than all of the head
    let mut values = BytesMut::with_capacity(VALUES_BYTES);
    for field in fields {
        values.extend_from_slice(field.value);
        let value = HeaderValue::from_maybe_shared(values.split().freeze());
        if let (Some(name), Ok(value)) = (name(field.name), value) {
            map.append(name, value);
        }
    }
    map
}

#[cfg(test)]
mod tests;
