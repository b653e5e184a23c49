//! The heads that go out: what came in, less what ends here, plus what we say, as the route wants it.

use std::io::Write;

use towpath_config::model::{ClusterProtocol, CookieLife};

use super::decide::Decision;
use super::subject::Subject;
use crate::codec::body::Framing;
use crate::codec::fields::Known;
use crate::codec::h1::Asked;
use crate::codec::message::{RequestHead, ResponseHead, Version};
use crate::codec::outgoing::Outgoing;
use crate::filter::edits::{self, Values};
use crate::filter::forwarded::{self, Peer, Telling};
use crate::filter::{hop, upgrade};

/// Fills in what changes of the request's fields, and says how its answer is to be read.
pub fn request(
    subject: &Subject<'_>,
    decision: &Decision<'_>,
    peer: &Peer,
    values: &Values<'_>,
    rng: &mut fastrand::Rng,
    out: &mut Outgoing,
) -> Asked {
    let head = subject.head;
    let telling = Telling {
        generation: subject.snapshot.generation(),
        listener: subject.listener,
        proxy: subject.snapshot.config().process().id(),
    };
    out.clear();
    hop::request(head, out);
    // whether it was heard or not, it was for this proxy: the next one would take our word for who asks
    out.remove_known(&head.fields, Known::Explain);
    if !subject.has_trusted_hop() {
        // anybody could keep the proxies behind us from sending again what fails
        out.remove_known(&head.fields, Known::Attempt);
    }
    host(head, decision, values, out);
    forwarded::apply(telling, head, peer, values.request_id, out);
    if let Some(name) = decision.forward.split().sticky().as_ref().and_then(|sticky| sticky.send().as_ref()) {
        out.remove(&head.fields, name.as_bytes());
        out.add(name.as_bytes(), decision.destination.variant().as_bytes());
    }
    edits::apply(decision.destination.policy().request_headers(), values, &head.fields, out);
    let cluster = || subject.snapshot.config().cluster(*decision.destination.cluster());
    let endpoints = || cluster().map_or(ClusterProtocol::Http1, |cluster| **cluster.protocol());
    upgrade::request(head, endpoints, rng, out)
}

/// `Host` as the route wants it. An HTTP/1.0 caller may have sent none, the upstream must get one (RFC 9112 §3.2).
fn host(head: &RequestHead, decision: &Decision<'_>, values: &Values<'_>, out: &mut Outgoing) {
    if let Some(host) = decision.forward.rewrite().host() {
        out.remove_known(&head.fields, Known::Host);
        out.add(b"host", host.as_bytes());
    } else if head.fields.first(Known::Host).is_none() {
        let host = if head.authority().is_empty() { values.cluster } else { head.authority() };
        out.add(b"host", host.as_bytes());
    }
}

/// Fills in what changes of the answer's fields.
pub fn response(
    caller: Version,
    head: &ResponseHead,
    decision: &Decision<'_>,
    values: &Values<'_>,
    out: &mut Outgoing,
) {
    out.clear();
    hop::response(head, out);
    upgrade::response(caller, head, out);
    // that an answer ended with its head is said without words in HTTP/2 only
    if head.framing == Framing::Length(0)
        && caller != Version::Http2
        && !head.fields.has(Known::ContentLength)
    {
        out.add(b"content-length", b"0");
    }
    if let Some(cookie) = &decision.cookie {
        let value = std::str::from_utf8(&cookie.value).unwrap_or_default();
        out.add_with(b"set-cookie", |text| {
            // writing to a vector cannot fail
            let _ = write!(text, "{}={value}; Path=/; HttpOnly; SameSite=Lax", cookie.name);
            if let CookieLife::For(life) = cookie.life {
                let _ = write!(text, "; Max-Age={}", life.as_secs().max(1));
            }
        });
    }
    edits::apply(decision.destination.policy().response_headers(), values, &head.fields, out);
}
