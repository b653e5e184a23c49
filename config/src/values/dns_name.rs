//! Names that DNS is asked for.

use std::net::{IpAddr, SocketAddr};

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};

/// RFC 1035 §2.3.4: octets of a name as it is written, without a dot at its end, and of one of its labels.
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// A host's name, in lower case. One that ends with a dot is whole; others may be searched for (resolv.conf(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DnsName(pub(crate) String);

/// `_service._proto.name` (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceName(pub(crate) String);

/// An address or a name, with a port: where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerName(pub(crate) String);

fn labels(text: &str) -> Option<impl Iterator<Item = &str>> {
    let name = text.strip_suffix('.').unwrap_or(text);
    let sane = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
    };
    (name.len() <= NAME_BYTES_MAX && name.split('.').all(sane)).then(|| name.split('.'))
}

impl Word for DnsName {
    const WANTED: &'static str = "a name such as `app.internal`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let help = if text.parse::<IpAddr>().is_ok() {
            "an address is not looked up: write it under `endpoints`, with its port"
        } else if text.starts_with('_') {
            "a service is written under `srv`"
        } else if labels(text).is_some() {
            return Ok(Self(text.to_ascii_lowercase()));
        } else if text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
            "the port stands beside it: `{name: app.internal, port: 8080}`"
        } else {
            "a name has letters, digits, `-` and `_`, at most 63 between two dots and 253 in all (`xn--…` for others)"
        };
        Err(Wrong::not(text, "a name that DNS knows", help))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["app.internal"]})
    }
}

impl Word for ServiceName {
    const WANTED: &'static str = "a service such as `_http._tcp.app.internal`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let mut parts = labels(text).into_iter().flatten();
        let [service, protocol, name] = [parts.next(), parts.next(), parts.next()];
        let marked = |part: Option<&str>| part.is_some_and(|part| part.len() > 1 && part.starts_with('_'));
        match marked(service) && marked(protocol) && name.is_some() {
            true => Ok(Self(text.to_ascii_lowercase())),
            false => Err(Wrong::not(text, "a service", "a service is `_http._tcp.app.internal`")),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["_http._tcp.app.internal"]})
    }
}

impl Word for ServerName {
    const WANTED: &'static str = "an address or a name with a port, such as `127.0.0.1:15011`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.parse::<SocketAddr>().is_ok_and(|address| address.port() > 0) {
            return Ok(Self(text.to_owned()));
        }
        let help = match text.rsplit_once(':') {
            _ if text.contains("://") => "leave out what stands before the name: `control.internal:15011`",
            Some((name, port))
                if labels(name).is_some() && port.parse::<u16>().is_ok_and(|port| port > 0) =>
            {
                return Ok(Self(text.to_ascii_lowercase()));
            }
            None if labels(text).is_some() => "the port is missing: `control.internal:15011`",
            _ => "write `127.0.0.1:15011`, `\"[2001:db8::1]:15011\"` or `control.internal:15011`",
        };
        Err(Wrong::not(text, "where a server is", help))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["127.0.0.1:15011", "control.internal:15011"]})
    }
}

impl Write for ServerName {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

impl Write for DnsName {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

impl Write for ServiceName {
    fn write(&self) -> Value {
        json!(self.0)
    }
}
