//! Whether an answer is compressed. Pure: two heads and a policy.

use towpath_config::model::{Algorithm, Compression};

use super::accept::preferred;
use crate::codec::body::Framing;
use crate::codec::fields::{FieldRef, Fields};
use crate::codec::message::RequestHead;
use crate::observe::stats::Skip;

#[cfg(test)]
mod tests;

/// What of an answer matters, as it would go out.
#[derive(Debug, Default)]
pub struct Seen<'a> {
    content_type: &'a [u8],
    length: Option<u64>,
    encoded: bool,
    no_transform: bool,
}

impl<'a> Seen<'a> {
    /// Reads the fields that go out.
    pub fn of(fields: impl Iterator<Item = FieldRef<'a>>) -> Self {
        let mut seen = Self::default();
        // what the route adds has no class
        for FieldRef { name, value, .. } in fields {
            if name.eq_ignore_ascii_case(b"content-type") {
                seen.content_type = value;
            } else if name.eq_ignore_ascii_case(b"content-length") {
                seen.length = std::str::from_utf8(value).ok().and_then(|length| length.parse().ok());
            } else if name.eq_ignore_ascii_case(b"content-encoding") {
                seen.encoded |= !value.eq_ignore_ascii_case(b"identity");
            } else if name.eq_ignore_ascii_case(b"cache-control") {
                seen.no_transform |= forbids_transforms(value);
            }
        }
        seen
    }

    /// The media type without its parameters.
    fn essence(&self) -> &'a [u8] {
        self.content_type.split(|octet| *octet == b';').next().unwrap_or_default().trim_ascii()
    }
}

/// `Cache-Control: no-transform` (RFC 9111 §5.2.2.6).
fn forbids_transforms(value: &[u8]) -> bool {
    value.split(|octet| *octet == b',').any(|one| one.trim_ascii().eq_ignore_ascii_case(b"no-transform"))
}

fn request_forbids_transforms(fields: &Fields) -> bool {
    fields.values("cache-control").any(forbids_transforms)
}

/// By what an answer is compressed.
///
/// # Errors
/// Why it is not.
pub fn judge(
    rules: &Compression,
    request: &RequestHead,
    (status, framing): (u16, Framing),
    seen: &Seen<'_>,
) -> Result<Algorithm, Skip> {
    let head_only = request.method() == "HEAD";
    let length = match framing {
        Framing::Length(length) => Some(length),
        _ => seen.length,
    };
    if matches!(status, ..200 | 204..=206 | 304) || (framing == Framing::None && !head_only) {
        return Err(Skip::NoBody);
    }
    if seen.encoded {
        return Err(Skip::Encoded);
    }
    if seen.no_transform || request_forbids_transforms(&request.fields) {
        return Err(Skip::NoTransform);
    }
    let essence = seen.essence();
    let is_grpc = essence.get(..16).is_some_and(|start| start.eq_ignore_ascii_case(b"application/grpc"));
    if is_grpc || !rules.types().iter().any(|kind| kind.holds(essence)) {
        return Err(Skip::Type);
    }
    if length.is_some_and(|length| length < **rules.min_bytes()) {
        return Err(Skip::Size);
    }
    preferred(&request.fields, rules.algorithms()).ok_or(Skip::NotAccepted)
}
