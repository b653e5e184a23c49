//! Heads, between the crate's words and ours (RFC 9113 §8.3).

use bytes::Bytes;
use h2::ext::Protocol;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, Response, Uri, Version, header};
use towpath_config::model::ClusterLimits;

use super::session::Session;
use crate::codec::body::Framing;
use crate::codec::fields::{Fields, Known, KnownSet};
use crate::codec::h1::{Asked, understand_response, websocket};
use crate::codec::h2::{list_bytes, map};
use crate::codec::message::ResponseHead;
use crate::codec::outgoing::Outgoing;
use crate::outcome::Reason;
use crate::upstream::attempt::RequestLine;

/// The head of a request that goes out by this connection: `:authority` is what would be `Host`, and no field that is about a
/// connection goes with it, but `te: trailers`. A wish for WebSocket is an extended `CONNECT` (RFC 8441 §5).
///
/// # Errors
/// It cannot be said in HTTP/2.
pub(super) fn request(
    session: &Session,
    line: &RequestLine<'_>,
    fields: &Fields,
    out: &Outgoing,
) -> Result<Request<()>, Reason> {
    let mut host = None;
    let is_websocket = matches!(line.asked, Asked::WebSocket(_));
    let mut map = map(out.fields(fields).filter(|field| {
        if field.known == Known::Host {
            host = Some(field.value);
        }
        let is_key = is_websocket && field.name.eq_ignore_ascii_case(websocket::KEY.as_bytes());
        field.known != Known::Host && !KnownSet::HOP_BY_HOP.has(field.known) && !is_key
    }));
    if wants_trailers(fields) {
        map.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    let mut uri = http::uri::Parts::default();
    if line.asked == Asked::Connect {
        // no scheme and no path (RFC 9113 §8.5)
        let place = line.uri.concat();
        uri.authority = Some(session.authority(place.as_bytes()).ok_or(Reason::BadRequest)?);
    } else {
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(host.and_then(|host| session.authority(host)).ok_or(Reason::BadRequest)?);
        uri.path_and_query = Some(path(line.uri)?);
    }
    let mut request = Request::new(());
    if is_websocket {
        request.extensions_mut().insert(Protocol::from_static(websocket::NAME));
    }
    let method = if is_websocket { "CONNECT" } else { line.method };
    *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|_| Reason::BadRequest)?;
    *request.uri_mut() = Uri::from_parts(uri).map_err(|_| Reason::BadRequest)?;
    *request.version_mut() = Version::HTTP_2;
    *request.headers_mut() = map;
    Ok(request)
}

/// Whether the client has said that it reads trailers, which it says of its own connection (RFC 9110 §10.1.4), and which
/// endpoints that speak gRPC want to hear.
fn wants_trailers(fields: &Fields) -> bool {
    let mut values = fields.of(Known::Te).flat_map(|field| field.value.split(|byte| *byte == b','));
    values.any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

/// `:path`. What clients send that RFC 3986 does not allow is written as it does.
fn path(parts: &[&str]) -> Result<PathAndQuery, Reason> {
    if let Ok(path) = PathAndQuery::from_maybe_shared(Bytes::from(parts.concat())) {
        return Ok(path);
    }
    let mut plain = String::new();
    for letter in parts.iter().flat_map(|part| part.chars()) {
        match letter {
            '"' | '<' | '>' | '`' | '\\' | '^' | '{' | '|' | '}' => {
                plain.extend(['%', hex(letter as u32 >> 4), hex(letter as u32 & 0xf)]);
            }
            letter => plain.push(letter),
        }
    }
    PathAndQuery::try_from(plain).map_err(|_| Reason::BadRequest)
}

fn hex(digit: u32) -> char {
    char::from_digit(digit, 16).unwrap_or_default().to_ascii_uppercase()
}

/// Reads the head of an answer; `ended`: no body follows. Consent to WebSocket becomes what it is over HTTP/1.1.
///
/// # Errors
/// The reason for which nothing of it is passed on.
pub(super) fn read(
    response: &Response<()>,
    ended: bool,
    asked: Asked,
    limits: &ClusterLimits,
    head: &mut ResponseHead,
) -> Result<(), Reason> {
    let map = response.headers();
    if list_bytes(map) > **limits.header_bytes() as usize || map.len() > **limits.header_count() as usize {
        return Err(Reason::ResponseHeadTooLarge);
    }
    *head = ResponseHead { fields: std::mem::take(&mut head.fields), ..ResponseHead::default() };
    head.fields.clear();
    let accept = match (asked, response.status().as_u16()) {
        // HTTP/2 knows no change of the protocol (RFC 9113 §8.6)
        (_, 101) => return Err(Reason::BadResponse),
        (Asked::WebSocket(accept), 200..300) => Some(accept),
        _ => None,
    };
    head.status = if accept.is_some() { 101 } else { response.status().as_u16() };
    for (name, value) in map {
        let value = value.as_bytes();
        if value.trim_ascii().len() != value.len() {
            return Err(Reason::BadResponse);
        }
        if accept.is_none() || name.as_str() != websocket::ACCEPT {
            head.fields.add(name.as_str().as_bytes(), |written| written.extend_from_slice(value));
        }
    }
    if let Some(accept) = accept {
        head.fields.add(b"upgrade", |written| written.extend_from_slice(websocket::NAME.as_bytes()));
        head.fields.add(websocket::ACCEPT.as_bytes(), |written| written.extend_from_slice(&accept));
    }
    understand_response(asked, head)?;
    head.framing = match head.framing {
        Framing::UntilClose if asked.is_granted(head.status) => Framing::UntilClose,
        Framing::UntilClose if ended => Framing::Length(0),
        Framing::UntilClose => Framing::Chunked,
        framing => framing,
    };
    Ok(())
}

#[cfg(test)]
mod tests;
