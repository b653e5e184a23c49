//! The head of an answer: bytes → [`ResponseHead`].

use std::mem::MaybeUninit;

use super::framing::{connection_options, framing};
use super::lines::{self, FIELDS_MAX, range_in};
use crate::codec::body::Framing;
use crate::codec::fields::{Fields, Known};
use crate::codec::h1::websocket::{self, Accept};
use crate::codec::message::ResponseHead;
use crate::outcome::Reason;

/// What of the request decides how its answer is read (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `HEAD`: the answer has no body, whatever its fields say.
    Head,
    /// `CONNECT`: a 2xx answer begins a tunnel.
    Connect,
    /// Something else, with a wish to change the protocol; whoever has it judges the answer.
    Upgrade,
    /// WebSocket, where one side has no key: its answer is judged, or made, by us.
    WebSocket(Accept),
    /// Something else.
    Other,
}

impl Asked {
    /// Whether another protocol is wished for.
    #[must_use]
    pub fn is_upgrade(self) -> bool {
        matches!(self, Self::Upgrade | Self::WebSocket(_))
    }

    /// Whether a tunnel is wished for.
    #[must_use]
    pub fn wants_tunnel(self) -> bool {
        self.is_upgrade() || self == Self::Connect
    }

    /// Whether an answer of this status begins the tunnel.
    #[must_use]
    pub fn is_granted(self, status: u16) -> bool {
        status == 101 || (self == Self::Connect && (200..300).contains(&status))
    }
}

/// Reads one whole head (with its empty line) into `head`.
///
/// # Errors
/// The answer cannot be read in one way only; nothing of it may be passed on.
pub fn read_response(bytes: &[u8], asked: Asked, head: &mut ResponseHead) -> Result<(), Reason> {
    let mut storage = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut parsed = httparse::Response::new(&mut []);
    let parser = httparse::ParserConfig::default();
    match parser.parse_response_with_uninit_headers(&mut parsed, bytes, &mut storage) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Reason::ResponseHeadTooLarge),
        _ => return Err(Reason::BadResponse),
    }
    let (Some(status), Some(minor)) = (parsed.code, parsed.version) else { return Err(Reason::BadResponse) };
    if !(100..1000).contains(&status) {
        return Err(Reason::BadResponse);
    }
    lines::note(bytes, parsed.headers, &mut head.fields);
    head.status = status;
    head.minor = minor;
    head.phrase = parsed.reason.map_or(0..0, |phrase| range_in(bytes, phrase.as_bytes()));
    understand_response(asked, head)
}

/// Reads what status and fields mean; they and the version stand in `head` already.
///
/// # Errors
/// The answer cannot be read in one way only.
pub fn understand_response(asked: Asked, head: &mut ResponseHead) -> Result<(), Reason> {
    head.connection = connection_options(&head.fields).map_err(|_| Reason::BadResponse)?;
    let written = framing(&head.fields, head.minor == 1).map_err(|_| Reason::BadResponse)?;
    head.framing = match (asked, head.status) {
        (Asked::Upgrade, 101) | (Asked::Connect, 200..300) => Framing::UntilClose,
        (Asked::WebSocket(accept), 101) if is_websocket(&head.fields, &accept) => Framing::UntilClose,
        // over HTTP/2 any 2xx is consent, and this endpoint has not understood what was asked
        (_, 101) | (Asked::WebSocket(_), 200..300) => return Err(Reason::BadResponse),
        (Asked::Head, _) | (_, 100..200 | 204 | 304) => Framing::None,
        _ => written.unwrap_or(Framing::UntilClose),
    };
    Ok(())
}

/// Whether the connection is one of WebSocket from here on (RFC 6455 §4.1).
fn is_websocket(fields: &Fields, accept: &Accept) -> bool {
    let names_it = |value: &[u8]| value.eq_ignore_ascii_case(websocket::NAME.as_bytes());
    fields.first(Known::Upgrade).is_some_and(names_it) && fields.values(websocket::ACCEPT).eq([accept])
}
