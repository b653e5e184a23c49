//! Addresses as a person types them.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use crate::text::scalar;

#[cfg(test)]
mod tests;

/// Where to listen: a port alone is one of 127.0.0.1, so that nothing is open to others unless they are let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place(pub(super) String);

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(port) = text.parse::<u16>() {
            return Ok(Self(format!("127.0.0.1:{port}")));
        }
        if let Some(port) = text.strip_prefix(':').filter(|port| port.parse::<u16>().is_ok()) {
            return Err(format!("{port} listens on 127.0.0.1, 0.0.0.0:{port} on all addresses"));
        }
        match text.parse::<Endpoint>()?.host {
            Host::Known(address) => Ok(Self(address)),
            Host::Name { name, port } => {
                Err(format!("to listen on, an IP address is wanted, as in 127.0.0.1:{port}, not {name}"))
            }
        }
    }
}

/// Where to send: what was typed, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) typed: String,
    host: Host,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// As the route table takes it.
    Known(String),
    /// To be asked for by the running proxy.
    Name { name: String, port: u16 },
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains(char::is_control) || text.contains(char::is_whitespace) {
            return Err("an address has no blanks: localhost:3000".into());
        }
        Ok(Self { typed: text.to_owned(), host: host(text)? })
    }
}

fn host(text: &str) -> Result<Host, String> {
    if let Some((scheme, rest)) = text.split_once("://") {
        let bare = rest.trim_end_matches('/');
        return Err(format!("an address has no {scheme}:// in front: {bare}"));
    }
    if text.starts_with("unix:") || text.parse::<SocketAddr>().is_ok() {
        return Ok(Host::Known(text.to_owned()));
    }
    let (name, port) = text.split_once(':').ok_or_else(|| match text.parse::<u16>() {
        Ok(port) => format!("the host is missing: localhost:{port}"),
        Err(_) => format!("the port is missing: {text}:3000"),
    })?;
    let port = port.parse::<u16>().ok().filter(|port| *port > 0);
    let port =
        port.ok_or("a port is a number from 1 to 65535; an IPv6 address stands in brackets: [::1]:3000")?;
    if !is_name(name) {
        return Err("an address is host:port: localhost:3000, 10.0.0.1:80, [::1]:3000".into());
    }
    // RFC 6761 §6.3: such names are the loopback, whatever a resolver says
    let lower = name.to_ascii_lowercase();
    let is_loopback = lower == "localhost" || lower.ends_with(".localhost");
    Ok(if is_loopback { Host::Known(format!("127.0.0.1:{port}")) } else { Host::Name { name: lower, port } })
}

/// Letters, digits, `-` and `_`, in labels (RFC 1123 §2.1, and what people do). What ends with a number was meant to be an
/// address.
fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
    };
    let bare = text.trim_end_matches('.');
    let number = |label: &str| label.bytes().all(|octet| octet.is_ascii_digit());
    bare.split('.').all(label) && !bare.rsplit('.').next().is_some_and(number)
}

impl Endpoint {
    /// What a cluster of it alone has, as the route table takes it.
    pub(super) fn cluster(&self) -> String {
        match &self.host {
            Host::Known(address) => format!("endpoints: [{}]", scalar(address)),
            Host::Name { name, port } => format!("dns: {{name: {}, port: {port}}}", scalar(name)),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}
