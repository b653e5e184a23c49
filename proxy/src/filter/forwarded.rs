//! Who the client is, and how the next hop is told: `X-Forwarded-*`, `Forwarded` (RFC 7239), `Via`, `X-Request-Id`.
//!
//! What stands in these fields is believed only as far as `trusted_hops` says: the last so many entries were written by
//! proxies in front of us, everything before them by somebody else, and is dropped.

use std::cell::{OnceCell, RefCell};
use std::net::{IpAddr, SocketAddr};

use towpath_config::model::{ForwardHeader, Listener};

use crate::codec::fields::{Fields, Known, KnownSet};
use crate::codec::message::{RequestHead, Version};
use crate::codec::outgoing::Outgoing;
use crate::codec::proxy_protocol::{Claim, Ends};
use crate::sys::stream::Origin;

/// The other end of a downstream connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Who it is.
    pub origin: Origin,
    /// The same as text, made once per connection.
    pub text: Box<str>,
    ends: OnceCell<Option<Box<Ends>>>,
    told: RefCell<Option<Box<Told>>>,
}

/// What the next hop was told of a connection, with a request that had nothing from a hop before us, and of what that was
/// made besides the connection: mostly its next request says the same.
#[derive(Debug, Clone, Default)]
struct Told {
    generation: u64,
    version: Option<Version>,
    authority: String,
    fields: Fields,
}

/// What was told of a longer host is not kept: it stands in three fields, and an idle connection would hold it.
const HOST_BYTES_MAX: usize = 256;

impl Told {
    fn is_of(&self, generation: u64, head: &RequestHead) -> bool {
        self.generation == generation
            && self.version == Some(head.version)
            && self.authority == head.authority()
    }

    /// Keeps what was added from this position on.
    fn keep(&mut self, generation: u64, head: &RequestHead, out: &Outgoing, from: usize) {
        (self.generation, self.version) = (generation, Some(head.version));
        self.authority.clear();
        self.authority.push_str(head.authority());
        self.fields.clear();
        self.fields.append(out.added(), from);
    }
}

impl Peer {
    /// The peer that a connection comes from.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        let text = origin.to_string().into();
        Self { origin, text, ends: OnceCell::new(), told: RefCell::default() }
    }

    /// Writes it as `Forwarded` says it (RFC 7239 §6).
    fn write_element(&self, text: &mut Vec<u8>) {
        let (before, behind) = match self.origin {
            Origin::Ip(IpAddr::V6(_)) => ("for=\"[", "]\""),
            _ => ("for=", ""),
        };
        [before, &self.text, behind].iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
    }

    /// Puts the client in the place of the proxy in front, which passes its connection on.
    pub fn introduce(&mut self, claim: Claim) {
        *self = match claim {
            Claim::Own => return,
            Claim::Tcp(ends) => {
                Self { ends: Some(Box::new(ends)).into(), ..Self::new(ends.source.ip().into()) }
            }
            Claim::Unix => Self { ends: None.into(), ..Self::new(Origin::Unix) },
        };
    }

    /// The ends of the client's connection: as a proxy in front has told, or else as its socket says, which is asked once.
    pub fn ends(&self, addresses: impl FnOnce() -> Option<(SocketAddr, SocketAddr)>) -> Option<&Ends> {
        let own = || {
            let canonical = |one: SocketAddr| SocketAddr::new(one.ip().to_canonical(), one.port());
            let (source, destination) = addresses()?;
            Some(Box::new(Ends { source: canonical(source), destination: canonical(destination) }))
        };
        self.ends.get_or_init(own).as_deref()
    }

    /// The ends, if anybody has wanted to know them.
    #[must_use]
    pub fn known_ends(&self) -> Option<&Ends> {
        self.ends.get()?.as_deref()
    }
}

/// Longest `X-Request-Id` that is taken over.
const REQUEST_ID_MAX: usize = 128;

/// The last `count` entries of a comma-separated field that may come in several lines, oldest first.
#[inline]
fn last_entries(fields: &Fields, known: Known, count: u8) -> Vec<&[u8]> {
    if count == 0 || !fields.has(known) { Vec::new() } else { some_last_entries(fields, known, count) }
}

#[cold]
fn some_last_entries(fields: &Fields, known: Known, count: u8) -> Vec<&[u8]> {
    let entries: Vec<_> = fields
        .of(known)
        .flat_map(|field| field.value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii))
        .filter(|entry| !entry.is_empty())
        .collect();
    let start = entries.len().saturating_sub(count.into());
    entries.get(start..).unwrap_or_default().to_vec()
}

/// What the outermost trusted hop said in this field.
fn said(fields: &Fields, known: Known, hops: u8) -> Option<&[u8]> {
    last_entries(fields, known, hops).first().copied()
}

/// The client behind the trusted hops: entry number `hops` from the right of `X-Forwarded-For`, or the peer when the
/// list is too short or is no list of addresses.
#[must_use]
pub fn client(fields: &Fields, peer: &Peer, hops: u8) -> Origin {
    if hops == 0 {
        return peer.origin;
    }
    let entries = last_entries(fields, Known::ForwardedFor, hops);
    let oldest = entries.first().filter(|_| entries.len() == usize::from(hops));
    oldest
        .and_then(|entry| std::str::from_utf8(entry).ok())
        .and_then(address)
        .map_or(peer.origin, Origin::from)
}

/// An address, as it stands in `X-Forwarded-For`: plain, in brackets, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.trim_matches(['[', ']']).parse().ok();
    plain.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
}

/// `http`, or what a trusted hop said.
pub fn scheme<'a>(fields: &'a Fields, listener: &Listener) -> &'a str {
    let said = said(fields, Known::ForwardedProto, *listener.http().trusted_hops());
    said.and_then(|value| {
        ["http", "https"].into_iter().find(|scheme| value.eq_ignore_ascii_case(scheme.as_bytes()))
    })
    .unwrap_or("http")
}

/// What of a table decides what the next hop is told.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// Which table it is.
    pub generation: u64,
    /// The listener.
    pub listener: &'a Listener,
    /// This proxy, as `Via` names it.
    pub proxy: &'a str,
}

/// Writes the fields that the listener wants written, and drops what is not believed.
pub fn apply(telling: Telling<'_>, head: &RequestHead, peer: &Peer, request_id: &[u8], out: &mut Outgoing) {
    let wanted = telling.listener.http().forward_headers();
    let mut told = peer.told.borrow_mut();
    if head.fields.has_any(SAID) {
        drop_unbelieved(&head.fields, *telling.listener.http().trusted_hops(), wanted, out);
        tell(telling, head, peer, out);
    } else if let Some(told) = told.as_ref().filter(|told| told.is_of(telling.generation, head)) {
        out.add_all(&told.fields);
    } else {
        let from = out.added().len();
        tell(telling, head, peer, out);
        match head.authority().len() <= HOST_BYTES_MAX {
            true => told.get_or_insert_default().keep(telling.generation, head, out, from),
            false => *told = None,
        }
    }
    let is_given = head.fields.first(Known::RequestId) == Some(request_id);
    let kept = is_given && out.keeps(&head.fields, Known::RequestId);
    if wanted.contains(&ForwardHeader::RequestId) && !kept {
        out.remove_known(&head.fields, Known::RequestId);
        out.add(b"x-request-id", request_id);
    }
}

/// Writes who asks, and by which way.
fn tell(Telling { listener, proxy, .. }: Telling<'_>, head: &RequestHead, peer: &Peer, out: &mut Outgoing) {
    let wanted = listener.http().forward_headers();
    let hops = *listener.http().trusted_hops();
    let scheme = scheme(&head.fields, listener);
    if wanted.contains(&ForwardHeader::XForwarded) {
        out.add_with(b"x-forwarded-for", |text| {
            write_last_entries(&head.fields, Known::ForwardedFor, hops, text);
            text.extend_from_slice(peer.text.as_bytes());
        });
        let proto = said(&head.fields, Known::ForwardedProto, hops).unwrap_or(scheme.as_bytes());
        out.add(b"x-forwarded-proto", proto);
        let host = said(&head.fields, Known::ForwardedHost, hops).unwrap_or(head.authority().as_bytes());
        if !host.is_empty() {
            out.add(b"x-forwarded-host", host);
        }
    }
    if wanted.contains(&ForwardHeader::Forwarded) {
        out.add_with(b"forwarded", |text| {
            write_last_entries(&head.fields, Known::Forwarded, hops, text);
            peer.write_element(text);
            if !head.authority().is_empty() {
                text.extend_from_slice(b";host=\"");
                text.extend_from_slice(head.authority().as_bytes());
                text.push(b'"');
            }
            text.extend_from_slice(b";proto=");
            text.extend_from_slice(scheme.as_bytes());
        });
    }
    if wanted.contains(&ForwardHeader::Via) {
        out.add_with(b"via", |text| {
            write_last_entries(&head.fields, Known::Via, u8::MAX, text);
            text.extend_from_slice(head.version.number().as_bytes());
            text.push(b' ');
            text.extend_from_slice(proxy.as_bytes());
        });
    }
}

/// What a hop before us may have said.
const SAID: KnownSet = KnownSet::of(&[
    Known::ForwardedFor,
    Known::Forwarded,
    Known::ForwardedHost,
    Known::ForwardedProto,
    Known::Via,
]);

/// Drops what is not believed, and what is written anew.
fn drop_unbelieved(fields: &Fields, hops: u8, wanted: &[ForwardHeader], out: &mut Outgoing) {
    let writes = |header| wanted.contains(&header);
    for (position, field) in fields.iter().enumerate() {
        let dropped = match field.known {
            Known::ForwardedFor | Known::Forwarded => true,
            Known::ForwardedHost | Known::ForwardedProto => hops == 0 || writes(ForwardHeader::XForwarded),
            Known::Via => writes(ForwardHeader::Via),
            _ => false,
        };
        if dropped {
            out.drop_at(position);
        }
    }
}

/// Writes the last entries of a field, behind which another is written.
#[inline]
fn write_last_entries(fields: &Fields, known: Known, count: u8, text: &mut Vec<u8>) {
    for entry in last_entries(fields, known, count) {
        text.extend_from_slice(entry);
        text.extend_from_slice(b", ");
    }
}

/// The id that came, when there is one only, of a sane form.
#[must_use]
pub fn given_request_id(head: &RequestHead) -> Option<&[u8]> {
    let mut values = head.fields.of(Known::RequestId);
    let value = values.next().filter(|_| values.next().is_none())?.value;
    let is_sane = (1..=REQUEST_ID_MAX).contains(&value.len())
        // without a branch per byte
        && value.iter().fold(true, |sane, byte| sane & byte.is_ascii_graphic());
    is_sane.then_some(value)
}

/// Where groups of four digits stand in the text of a UUID.
const GROUPS: [usize; 8] = [0, 4, 9, 14, 19, 24, 28, 32];

/// A new id: the text of a random UUID (RFC 9562 §5.4).
pub fn new_request_id(rng: &mut fastrand::Rng, id: &mut Vec<u8>) {
    let random = (rng.u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let words = [96, 64, 32, 0].map(|shift| hex((random >> shift) as u32));
    let mut text = [b'-'; 36];
    for (start, digits) in GROUPS.into_iter().zip(words.as_flattened().as_chunks::<4>().0) {
        text.iter_mut().skip(start).zip(digits).for_each(|(place, digit)| *place = *digit);
    }
    id.clear();
    id.extend_from_slice(&text);
}

/// Eight hexadecimal digits, all made at once: one in each byte of a word.
fn hex(number: u32) -> [u8; 8] {
    let mut digits = u64::from(number);
    digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff;
    digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff;
    digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let letters = ((digits + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (digits + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

#[cfg(test)]
mod tests;
