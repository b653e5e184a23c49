//! Request targets (RFC 9112 §3.2) and hosts (RFC 3986 §3.2).

use std::ops::Range;

use super::byte_set::ByteSet;
use crate::outcome::Reason;

/// The parts of a target, as ranges of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// Host and port, when the target names them.
    pub authority: Option<Range<usize>>,
    /// The path; empty for an absolute form without one.
    pub path: Range<usize>,
    /// What follows `?`.
    pub query: Option<Range<usize>>,
}

/// Takes a target apart.
///
/// # Errors
/// The form does not fit the method, or a byte stands where it must not.
pub fn read_target(method: &[u8], target: &[u8]) -> Result<Target, Reason> {
    if method == b"CONNECT" {
        let port = target.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        let whole = 0..target.len();
        let named = port.len() < target.len() && !port.is_empty() && check_authority(target).is_ok();
        return named
            .then(|| Target { authority: Some(whole.clone()), path: whole, query: None })
            .ok_or(Reason::BadRequest);
    }
    if target == b"*" {
        return if method == b"OPTIONS" {
            Ok(Target { authority: None, path: 0..1, query: None })
        } else {
            Err(Reason::BadRequest)
        };
    }
    let rest = match target.first() {
        Some(b'/') => 0,
        _ => authority_end(target)?,
    };
    let authority = (rest > 0).then(|| scheme_end(target).unwrap_or(0)..rest);
    let tail = target.get(rest..).unwrap_or_default();
    let end = tail.iter().position(|byte| !is_path_byte(*byte)).unwrap_or(tail.len());
    let path = rest..rest + end;
    match tail.get(end..) {
        None | Some([]) => Ok(Target { authority, path, query: None }),
        Some([b'?', query @ ..]) if query.iter().all(|byte| is_query_byte(*byte)) => {
            Ok(Target { authority, path, query: Some(rest + end + 1..target.len()) })
        }
        Some(_) => Err(Reason::BadRequest),
    }
}

fn scheme_end(target: &[u8]) -> Option<usize> {
    ["http://", "https://"].iter().map(|scheme| scheme.len()).find(|length| {
        target.get(..*length).is_some_and(|start| {
            start.eq_ignore_ascii_case(b"http://") || start.eq_ignore_ascii_case(b"https://")
        })
    })
}

fn authority_end(target: &[u8]) -> Result<usize, Reason> {
    let start = scheme_end(target).ok_or(Reason::BadRequest)?;
    let rest = target.get(start..).unwrap_or_default();
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    check_authority(rest.get(..length).unwrap_or_default())?;
    Ok(start + length)
}

/// What may stand in a path: RFC 3986 §3.3, and what browsers send besides without being misread.
fn is_path_byte(byte: u8) -> bool {
    const PATH: ByteSet = ByteSet::alphanumeric_and(b"-._~!$&'()*+,;=:@/%[]{}|^`\\");
    PATH.has(byte)
}

/// What may stand in a query: any visible character but `#`.
fn is_query_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'#'
}

/// What may stand in a name (RFC 3986 §3.2.2).
const HOST: ByteSet = ByteSet::alphanumeric_and(b"-._~!$&'()*+;=%");

/// Checks `host[:port]` and says where the port's colon is, or the end.
///
/// # Errors
/// It is empty, or has a byte or a port that no host has.
pub fn check_authority(authority: &[u8]) -> Result<usize, Reason> {
    let host = if authority.first() == Some(&b'[') {
        let end = memchr::memchr(b']', authority).ok_or(Reason::BadRequest)?;
        let inside = authority.get(1..end).unwrap_or_default();
        let address = std::str::from_utf8(inside).map_err(|_| Reason::BadRequest)?;
        address.parse::<std::net::Ipv6Addr>().map_err(|_| Reason::BadRequest)?;
        end + 1
    } else {
        memchr::memchr(b':', authority).unwrap_or(authority.len())
    };
    let name = authority.get(..host).unwrap_or_default();
    let bracketed = name.first() == Some(&b'[');
    if name.is_empty() || !(bracketed || name.iter().all(|byte| HOST.has(*byte))) {
        return Err(Reason::BadRequest);
    }
    match authority.get(host..).unwrap_or_default() {
        [] => Ok(host),
        [b':', port @ ..] if is_port(port) => Ok(host),
        _ => Err(Reason::BadRequest),
    }
}

fn is_port(port: &[u8]) -> bool {
    let value = port.iter().try_fold(0_u32, |sum, byte| {
        byte.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(u32::from(byte - b'0')))
    });
    value.is_some_and(|value| value <= 65_535)
}
