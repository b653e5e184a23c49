//! Hosts.

use std::net::{IpAddr, Ipv6Addr};

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};
use crate::model::HostPattern;

/// Lower case, no port: a name, an IPv4 address, or an IPv6 address in brackets.
fn plain(text: &str, whole: &str) -> Result<String, Wrong> {
    let lower = text.to_ascii_lowercase();
    if lower
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok())
    {
        return Ok(lower);
    }
    if let Ok(IpAddr::V6(ip)) = lower.parse() {
        return Err(Wrong::not(whole, "a host", format!("an IPv6 address stands in brackets: `\"[{ip}]\"`")));
    }
    if let Some((host, port)) = lower.rsplit_once(':')
        && port.bytes().all(|octet| octet.is_ascii_digit())
    {
        return Err(Wrong::not(whole, "a host", format!("ports do not count for hosts: `{host}`")));
    }
    if lower.contains("://") || lower.contains('/') {
        return Err(Wrong::not(
            whole,
            "a host",
            "write the host alone, without scheme and path: `shop.example.com`",
        ));
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
    };
    match lower.len() <= 253 && lower.split('.').all(label) {
        true => Ok(lower),
        false => {
            let help =
                "a host is `shop.example.com`, `\"*.example.com\"` or `\"*\"`, in ASCII (`xn--…` for others)";
            Err(Wrong::not(whole, "a host", help))
        }
    }
}

impl Word for HostPattern {
    const WANTED: &'static str = "a host such as `shop.example.com` or `\"*.example.com\"`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text == "*" {
            return Ok(Self::Any);
        }
        match text.strip_prefix("*.") {
            Some(suffix) => plain(suffix, text).map(|suffix| Self::Suffix(format!(".{suffix}"))),
            None => plain(text, text).map(Self::Exact),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["shop.example.com", "*.example.com", "*"]})
    }
}

impl Write for HostPattern {
    fn write(&self) -> Value {
        match self {
            Self::Exact(host) => json!(host),
            Self::Suffix(suffix) => json!(format!("*{suffix}")),
            Self::Any => json!("*"),
        }
    }
}

/// A host that is sent: a name or an address, a port if need be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hostname(pub(crate) String);

impl Word for Hostname {
    const WANTED: &'static str = "a host such as `shop.example.com`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() && !text.ends_with(']') => {
                (host, format!(":{port}"))
            }
            _ => (text, String::new()),
        };
        plain(host, text).map(|host| Self(host + &port))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["shop.example.com"]})
    }
}

impl Write for Hostname {
    fn write(&self) -> Value {
        json!(self.0)
    }
}
