//! The head of a request: bytes → [`RequestHead`].

use std::mem::MaybeUninit;

use super::framing::{connection_options, framing, has_underscore_twin};
use super::lines::{self, FIELDS_MAX};
use super::target::{check_authority, read_target};
use crate::codec::body::Framing;
use crate::codec::fields::Known;
use crate::codec::message::{RequestHead, Version};
use crate::outcome::Reason;

/// What a head may cost.
#[derive(Debug, Clone, Copy)]
pub struct HeadLimits {
    /// Bytes of the whole head.
    pub bytes: usize,
    /// Number of fields.
    pub fields: usize,
    /// Bytes of the target.
    pub uri: usize,
}

/// Reads one whole head (with its empty line) into `head`.
///
/// # Errors
/// The reason for which it is refused; the connection cannot be used after that.
pub fn read_request(bytes: &[u8], limits: &HeadLimits, head: &mut RequestHead) -> Result<(), Reason> {
    let mut storage = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut parsed = httparse::Request::new(&mut []);
    let parser = httparse::ParserConfig::default();
    match parser.parse_request_with_uninit_headers(&mut parsed, bytes, &mut storage) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Reason::HeadTooLarge),
        Err(httparse::Error::Version) => return Err(version_fault(bytes)),
        _ => return Err(Reason::BadRequest),
    }
    let (Some(method), Some(target), Some(minor)) = (parsed.method, parsed.path, parsed.version) else {
        return Err(Reason::BadRequest);
    };
    if target.len() > limits.uri {
        return Err(Reason::UriTooLong);
    }
    if parsed.headers.len() > limits.fields {
        return Err(Reason::HeadTooLarge);
    }
    lines::note(bytes, parsed.headers, &mut head.fields);
    head.version = if minor == 0 { Version::Http10 } else { Version::Http11 };
    understand(method, target, head)
}

/// Reads what method, target and fields mean; version and fields stand in `head` already.
///
/// # Errors
/// The reason for which it is refused.
pub fn understand(method: &str, target: &str, head: &mut RequestHead) -> Result<(), Reason> {
    head.method = method.len();
    head.line.clear();
    head.line.extend([method, target]);
    read_place(method.as_bytes(), target, head)?;
    read_meaning(head)
}

/// A version that exists but is not spoken here is told apart from one that is none.
fn version_fault(bytes: &[u8]) -> Reason {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|byte| *byte == b' ').skip(2);
    match (words.next(), words.next()) {
        (Some([b'H', b'T', b'T', b'P', b'/', major, b'.', minor]), None)
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Reason::BadVersion
        }
        _ => Reason::BadRequest,
    }
}

/// Target and `Host` → path, query, authority, host.
fn read_place(method: &[u8], target: &str, head: &mut RequestHead) -> Result<(), Reason> {
    let parts = read_target(method, target.as_bytes())?;
    head.path = parts.path.start + method.len()..parts.path.end + method.len();
    head.query = parts.query.map(|range| range.start + method.len());
    let mut hosts = head.fields.of(Known::Host);
    let host = hosts.next().map(|field| field.value);
    if hosts.next().is_some() || (host.is_none() && head.version != Version::Http10) {
        return Err(Reason::BadRequest);
    }
    let named = parts.authority.and_then(|range| target.as_bytes().get(range));
    let same = |host: &[u8]| named.is_none_or(|named| is_same_authority(named, host, method == b"CONNECT"));
    if host.is_some_and(|host| !same(host)) {
        return Err(Reason::BadRequest);
    }
    let authority = named.or(host).unwrap_or_default();
    // what the memory's last request said as well was checked then
    if !authority.is_empty() && authority == head.authority.as_bytes() {
        return Ok(());
    }
    let port = if authority.is_empty() && host.is_none() { 0 } else { check_authority(authority)? };
    // what was checked is ASCII
    let authority = std::str::from_utf8(authority).map_err(|_| Reason::BadRequest)?;
    head.authority.clear();
    head.authority.push_str(authority);
    head.host.clear();
    head.host.push_str(authority.get(..port).unwrap_or_default());
    head.host.make_ascii_lowercase();
    Ok(())
}

/// Whether `Host` says the same as the target. `CONNECT` may leave the port to the target.
fn is_same_authority(named: &[u8], host: &[u8], connect: bool) -> bool {
    let bare = check_authority(named).map(|end| named.get(..end).unwrap_or_default());
    named.eq_ignore_ascii_case(host) || (connect && bare.is_ok_and(|bare| bare.eq_ignore_ascii_case(host)))
}

/// Framing, connection and expectation.
fn read_meaning(head: &mut RequestHead) -> Result<(), Reason> {
    head.connection = connection_options(&head.fields)?;
    head.framing = framing(&head.fields, head.version == Version::Http11)?.unwrap_or(Framing::None);
    if has_underscore_twin(&head.fields) || (head.is_connect() && head.framing != Framing::None) {
        return Err(Reason::BadRequest);
    }
    head.expects_continue = match head.fields.first(Known::Expect) {
        None => false,
        Some(value) if value.eq_ignore_ascii_case(b"100-continue") => head.version != Version::Http10,
        Some(_) => return Err(Reason::BadExpectation),
    };
    Ok(())
}
