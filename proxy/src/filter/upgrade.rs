//! A change of the protocol (RFC 9110 §7.8). Here it is always what it is in HTTP/1.1: a request with `Upgrade`, and 101. Over
//! HTTP/2 it is an extended `CONNECT`, which knows WebSocket only (RFC 8441 §5), and neither key nor answer to it.

use towpath_config::model::ClusterProtocol;

use crate::codec::fields::Known;
use crate::codec::h1::Asked;
use crate::codec::h1::websocket;
use crate::codec::message::{RequestHead, ResponseHead, Version};
use crate::codec::outgoing::Outgoing;

/// Says the wish for another protocol anew, and how the answer is to be read. A wish that endpoints of HTTP/2 cannot be told
/// ends here, and the request goes on without it.
pub fn request(
    head: &RequestHead,
    endpoints: impl FnOnce() -> ClusterProtocol,
    rng: &mut fastrand::Rng,
    out: &mut Outgoing,
) -> Asked {
    let asked = match (head.method(), head.version) {
        ("HEAD", _) => Asked::Head,
        ("CONNECT", _) => Asked::Connect,
        _ if head.upgrade().is_none() => Asked::Other,
        (_, Version::Http2) => Asked::WebSocket(make_key(head, rng, out)),
        _ if endpoints() == ClusterProtocol::Http1 => Asked::Upgrade,
        _ => head.websocket_key().map_or(Asked::Other, |key| Asked::WebSocket(websocket::accept(key))),
    };
    if let Some(protocol) = head.upgrade().filter(|_| asked.is_upgrade()) {
        out.add(b"upgrade", protocol);
    }
    asked
}

/// The key that a caller over HTTP/2 does not have, and what it has to be answered with.
fn make_key(head: &RequestHead, rng: &mut fastrand::Rng, out: &mut Outgoing) -> websocket::Accept {
    let key = websocket::new_key(rng);
    out.remove(&head.fields, websocket::KEY.as_bytes());
    out.add(websocket::KEY.as_bytes(), &key);
    websocket::accept(&key)
}

/// Tells the caller of the change. Where there is none, nothing is done.
pub fn response(caller: Version, head: &ResponseHead, out: &mut Outgoing) {
    if head.status != 101 {
        return;
    }
    if caller == Version::Http2 {
        out.remove(&head.fields, websocket::ACCEPT.as_bytes());
    } else if let Some(protocol) = head.fields.first(Known::Upgrade) {
        out.add(b"upgrade", protocol);
    }
}

#[cfg(test)]
mod tests;
