//! The two heads, free of the protocol they came by.

use std::ops::Range;

use towpath_config::model::is_idempotent;

use crate::codec::body::Framing;
use crate::codec::fields::{Fields, Known};
use crate::codec::grpc;
use crate::codec::h1::websocket;

/// What a head says of its connection (`Connection`, RFC 9110 §7.6.1).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionOptions {
    /// `close`.
    pub close: bool,
    /// `keep-alive`.
    pub keep_alive: bool,
    /// `upgrade`.
    pub upgrade: bool,
    /// It names other fields, which end here.
    pub nominates: bool,
}

/// The version of HTTP that a request came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
}

impl Version {
    /// Major and minor number, as `Via` has them (RFC 9110 §7.6.3).
    #[must_use]
    pub fn number(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2.0",
        }
    }
}

/// The head of a request.
#[derive(Debug)]
pub struct RequestHead {
    /// The fields, over the bytes of the whole head.
    pub fields: Fields,
    /// By which version of HTTP it came.
    pub version: Version,
    /// How long the body is.
    pub framing: Framing,
    /// What is asked of the connection.
    pub connection: ConnectionOptions,
    /// `Expect: 100-continue`.
    pub expects_continue: bool,
    /// Method and target, one behind the other; the positions here are into it.
    pub(crate) line: String,
    pub(crate) method: usize,
    pub(crate) path: Range<usize>,
    pub(crate) query: Option<usize>,
    /// What was checked, and the host in it: the two change together, since the next request may say the same.
    pub(crate) authority: String,
    pub(crate) host: String,
}

impl Default for RequestHead {
    fn default() -> Self {
        Self {
            fields: Fields::default(),
            version: Version::Http11,
            framing: Framing::None,
            connection: ConnectionOptions::default(),
            expects_continue: false,
            line: String::new(),
            method: 0,
            path: 0..0,
            query: None,
            authority: String::new(),
            host: String::new(),
        }
    }
}

impl RequestHead {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.line.get(..self.method).unwrap_or_default()
    }

    /// The path as it came; `*` for `OPTIONS *`, the authority for `CONNECT`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.line.get(self.path.clone()).unwrap_or_default()
    }

    /// What follows `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.line.get(self.query?..)
    }

    /// Host and port as they came, from the target or from `Host`; empty when there is none.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host in lower case, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the method is `CONNECT`.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        self.method() == "CONNECT"
    }

    /// The protocols that the caller wants to change to (RFC 9110 §7.8). Where `h2c` is among them none is passed on: what
    /// came after it could not be judged.
    #[must_use]
    pub fn upgrade(&self) -> Option<&[u8]> {
        if !self.connection.upgrade || self.version == Version::Http10 || self.framing != Framing::None {
            return None;
        }
        let value = self.fields.first(Known::Upgrade)?;
        let mut protocols = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        let is_h2c = |name: &[u8]| name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"h2c"));
        (!protocols.any(is_h2c)).then_some(value)
    }

    /// The key of a caller that wants to speak WebSocket and says so in every respect (RFC 6455 §4.1).
    #[must_use]
    pub fn websocket_key(&self) -> Option<&[u8]> {
        let named = self.upgrade()?.eq_ignore_ascii_case(websocket::NAME.as_bytes());
        let mut keys = self.fields.values(websocket::KEY);
        let key = keys.next().filter(|key| key.len() == websocket::KEY_BYTES && keys.next().is_none())?;
        (named && self.method() == "GET").then_some(key)
    }

    /// Whether doing it twice does no more than doing it once (RFC 9110 §9.2.2).
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        is_idempotent(self.method())
    }

    /// Whether the caller speaks gRPC.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        self.fields.first(Known::ContentType).is_some_and(grpc::is_media_type)
    }
}

/// The head of an answer.
#[derive(Debug)]
pub struct ResponseHead {
    /// The fields, over the bytes of the whole head.
    pub fields: Fields,
    /// The minor version of HTTP/1: 0 or 1.
    pub minor: u8,
    /// 100 to 999.
    pub status: u16,
    /// How long the body is.
    pub framing: Framing,
    /// What is said of the connection.
    pub connection: ConnectionOptions,
    pub(crate) phrase: Range<usize>,
}

impl Default for ResponseHead {
    fn default() -> Self {
        Self {
            fields: Fields::default(),
            minor: 1,
            status: 0,
            framing: Framing::None,
            connection: ConnectionOptions::default(),
            phrase: 0..0,
        }
    }
}

impl ResponseHead {
    /// The reason phrase as it came.
    #[must_use]
    pub fn phrase(&self) -> &[u8] {
        self.fields.bytes().get(self.phrase.clone()).unwrap_or_default()
    }

    /// Whether another head of the same exchange follows (RFC 9110 §15.2).
    #[must_use]
    pub fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}
