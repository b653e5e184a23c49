//! Names of headers, methods, and media types (RFC 9110 §5.1, §9.1, §8.3.1).

use std::cmp::Ordering;

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};
use crate::model::MediaType;

/// RFC 9110 §5.6.2.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet))
}

/// The name of a header, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct HeaderName(pub(crate) String);

impl Word for HeaderName {
    const WANTED: &'static str = "the name of a header";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match is_token(text) {
            true => Ok(Self(text.to_ascii_lowercase())),
            false => {
                let help = "a header's name has letters, digits and `-`, and no colon: `x-user-id`";
                Err(Wrong::not(text, "the name of a header", help))
            }
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"})
    }
}

impl Write for HeaderName {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// Headers that say how a message is framed or what concerns one connection only: they are the proxy's own
/// (RFC 9110 §7.6.1, RFC 9112 §6).
const OWN: [&str; 9] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
];

/// The name of a header that may be edited, as written. Two are equal without case.
#[derive(Debug, Clone)]
pub(crate) struct EditedHeader {
    pub(crate) written: String,
    pub(crate) lower: String,
}

impl PartialEq for EditedHeader {
    fn eq(&self, other: &Self) -> bool {
        self.lower == other.lower
    }
}

impl Eq for EditedHeader {}

impl Ord for EditedHeader {
    fn cmp(&self, other: &Self) -> Ordering {
        self.lower.cmp(&other.lower)
    }
}

impl PartialOrd for EditedHeader {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Word for EditedHeader {
    const WANTED: &'static str = HeaderName::WANTED;

    fn parse(text: &str) -> Result<Self, Wrong> {
        let HeaderName(lower) = HeaderName::parse(text)?;
        if OWN.contains(&lower.as_str()) {
            let help = match lower.as_str() {
                "host" => "the upstream's host is `rewrite: {host: …}`",
                _ => "the proxy writes the headers of connections and framing itself; leave it out",
            };
            return Err(Wrong::new(format!("`{text}` cannot be edited"), help));
        }
        Ok(Self { written: text.to_owned(), lower })
    }

    fn word_schema() -> Value {
        HeaderName::word_schema()
    }
}

impl Write for EditedHeader {
    fn write(&self) -> Value {
        json!(self.written)
    }
}

/// The name of a cookie. Case counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CookieName(pub(crate) String);

impl Word for CookieName {
    const WANTED: &'static str = "the name of a cookie";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match is_token(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(Wrong::not(
                text,
                "the name of a cookie",
                "it has letters, digits, `-` and `_`: `session`",
            )),
        }
    }

    fn word_schema() -> Value {
        HeaderName::word_schema()
    }
}

impl Write for CookieName {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// A method. Case counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Method(pub(crate) String);

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

impl Word for Method {
    const WANTED: &'static str = "a method such as `GET`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let upper = text.to_ascii_uppercase();
        if upper != text && METHODS.contains(&upper.as_str()) {
            return Err(Wrong::not(text, "a method", format!("case counts: did you mean `{upper}`?")));
        }
        match is_token(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(Wrong::not(text, "a method", "write `GET`, or `[GET, HEAD]`")),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": METHODS})
    }
}

impl Write for Method {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

impl Word for MediaType {
    const WANTED: &'static str = "a media type such as `application/json`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let lower = text.to_ascii_lowercase();
        let wrong = || {
            let help = "write `application/json`, `text/*`, or `*+xml` for all that is written in XML";
            Err(Wrong::not(text, "a media type", help))
        };
        if let Some(suffix) = lower.strip_prefix("*+") {
            return if is_token(suffix) { Ok(Self::Suffix(format!("+{suffix}"))) } else { wrong() };
        }
        match lower.split_once('/') {
            Some((kind, "*")) if is_token(kind) && kind != "*" => Ok(Self::Any(format!("{kind}/"))),
            Some((kind, subtype))
                if [kind, subtype].iter().all(|part| is_token(part) && !part.contains('*')) =>
            {
                Ok(Self::Exact(lower))
            }
            _ => wrong(),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["application/json", "text/*", "*+xml"]})
    }
}

impl Write for MediaType {
    fn write(&self) -> Value {
        json!(self.to_string())
    }
}
