//! Heads, between the crate's words and ours (RFC 9113 §8). What the crate refuses by itself does not come
//! here: names in capitals, fields of the connection, `TE` other than `trailers`, pseudo fields that are missing, repeated or
//! out of place.

use h2::ext::Protocol;
use http::request::Parts;
use http::{HeaderMap, Method, Response, StatusCode, header};

use crate::codec::body::Framing;
use crate::codec::fields::{FieldRef, Fields};
use crate::codec::h1::websocket;
use crate::codec::h1::{HeadLimits, understand};
use crate::codec::h2::{list_bytes, map};
use crate::codec::message::{RequestHead, Version};
use crate::outcome::Reason;

/// Reads the head of a request; `ended`: no body follows. What asks for WebSocket becomes what does so over HTTP/1.1.
///
/// # Errors
/// The reason for which it is refused.
pub(super) fn read(
    parts: &Parts,
    ended: bool,
    limits: &HeadLimits,
    head: &mut RequestHead,
) -> Result<(), Reason> {
    head.version = Version::Http2;
    head.fields.clear();
    let authority = parts.uri.authority().map(|authority| authority.as_str());
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let protocol = parts.extensions.get::<Protocol>().map(Protocol::as_str);
    let is_connect = parts.method == Method::CONNECT;
    let (method, asked) = match protocol {
        // RFC 9220 §3
        Some(protocol) if !protocol.eq_ignore_ascii_case(websocket::NAME) => return Err(Reason::NoTunnel),
        Some(_) => ("GET", path),
        None if is_connect => ("CONNECT", authority.unwrap_or_default()),
        None => (parts.method.as_str(), path),
    };
    if asked.len() > limits.uri {
        return Err(Reason::UriTooLong);
    }
    let size = asked.len() + authority.map_or(0, str::len) + list_bytes(&parts.headers);
    if size > limits.bytes || parts.headers.len() > limits.fields {
        return Err(Reason::HeadTooLarge);
    }
    if !(asked.starts_with('/') || asked == "*" || method == "CONNECT") {
        return Err(Reason::BadRequest);
    }
    copy(&parts.headers, authority, &mut head.fields)?;
    if protocol.is_some() {
        head.fields.add(b"upgrade", |value| value.extend_from_slice(websocket::NAME.as_bytes()));
    }
    understand(method, asked, head)?;
    head.connection.upgrade = protocol.is_some();
    head.framing = match head.framing {
        // what follows belongs to the tunnel
        Framing::None if is_connect => Framing::None,
        _ if is_connect => return Err(Reason::BadRequest),
        Framing::Length(length) if length > 0 && ended => return Err(Reason::BadRequest),
        Framing::None if !ended => Framing::Chunked,
        // an endpoint may want to hear that there is none (RFC 9110 §8.6)
        Framing::None if matches!(head.method(), "POST" | "PUT" | "PATCH") => {
            head.fields.add(b"content-length", |value| value.push(b'0'));
            Framing::Length(0)
        }
        framing => framing,
    };
    Ok(())
}

/// Copies the fields: `Host` in front, as `:authority` has it, and the crumbs of the cookie as one (RFC 9113 §8.2.3).
fn copy(map: &HeaderMap, authority: Option<&str>, fields: &mut Fields) -> Result<(), Reason> {
    if let Some(authority) = authority {
        fields.add(b"host", |value| value.extend_from_slice(authority.as_bytes()));
    }
    for (name, value) in map {
        let value = value.as_bytes();
        if value.trim_ascii().len() != value.len() {
            return Err(Reason::BadRequest);
        }
        if name == header::COOKIE || (name == header::HOST && authority.is_some()) {
            let same = authority.is_some_and(|authority| authority.as_bytes().eq_ignore_ascii_case(value));
            if name == header::HOST && !same {
                return Err(Reason::BadRequest);
            }
            continue;
        }
        fields.add(name.as_str().as_bytes(), |written| written.extend_from_slice(value));
    }
    let mut crumbs = map.get_all(header::COOKIE).iter().peekable();
    if crumbs.peek().is_some() {
        fields.add(b"cookie", |written| {
            for (position, crumb) in crumbs.enumerate() {
                written.extend_from_slice(if position > 0 { b"; " } else { b"" });
                written.extend_from_slice(crumb.as_bytes());
            }
        });
    }
    Ok(())
}

/// A head that goes out.
pub(super) fn response<'a>(status: u16, fields: impl Iterator<Item = FieldRef<'a>>) -> Response<()> {
    let mut response = Response::new(());
    // every status that was read, or is made here, has three digits
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    *response.headers_mut() = map(fields);
    response
}

#[cfg(test)]
mod tests;
