//! Named values of a request, whichever part of it they stand in. One way to read them serves conditions and keys.

use smallvec::SmallVec;

use crate::codec::fields::Known;
use crate::route::view::RequestView;

#[cfg(test)]
mod tests;

/// A name, and where in the request its values stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// The header fields of this (lower-case) name.
    Header(&'a str),
    /// The query parameters of this name, percent-decoded; `+` is a space.
    Query(&'a str),
    /// The cookies of this name, from every `Cookie` field, without surrounding quotes.
    Cookie(&'a str),
}

impl Named<'_> {
    /// Whether `test` says yes to any of the values, in their order; none after it is looked at.
    pub(crate) fn any(self, view: &RequestView<'_>, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        match self {
            Self::Header(name) => view.fields.values(name).any(test),
            Self::Query(name) => parameters(view.query.unwrap_or_default())
                .any(|(key, value)| decode(key).as_slice() == name.as_bytes() && test(&decode(value))),
            Self::Cookie(name) => view
                .fields
                .iter()
                .filter(|field| field.known == Known::Cookie)
                .flat_map(|field| cookies(field.value))
                .any(|(key, value)| key == name.as_bytes() && test(value)),
        }
    }
}

/// The pairs between `&`. A parameter without `=` has an empty value (WHATWG URL §5.1).
fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The pairs between `;` (RFC 6265 §5.4). What has no `=` is no cookie.
fn cookies(field: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    field.split(|byte| *byte == b';').filter_map(|pair| {
        let pair = pair.trim_ascii();
        let (name, value) = pair.split_at_checked(memchr::memchr(b'=', pair)?)?;
        Some((name, unquoted(value.get(1..)?)))
    })
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}

/// Decoded text; most values fit in place.
type Decoded = SmallVec<[u8; 128]>;

/// Undoes `application/x-www-form-urlencoded`. A malformed `%` stands for itself, as in every browser.
fn decode(text: &str) -> Decoded {
    let mut decoded = Decoded::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let octet = if byte == b'%' { octet(after) } else { None };
        rest = if octet.is_some() { after.get(2..).unwrap_or_default() } else { after };
        decoded.push(octet.unwrap_or(if byte == b'+' { b' ' } else { byte }));
    }
    decoded
}

fn octet(digits: &[u8]) -> Option<u8> {
    let digit = |position: usize| char::from(*digits.get(position)?).to_digit(16);
    Some((digit(0)? << 4 | digit(1)?) as u8)
}
