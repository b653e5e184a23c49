//! Addresses and networks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::{IpNet, Ipv4Net};
use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};
use crate::model::{Address, Sender, UnixAddress};

impl Word for SocketAddr {
    const WANTED: &'static str = "an address such as `10.0.0.1:8080`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if let Ok(address) = text.parse() {
            return Ok(address);
        }
        if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
            return Ok(Self::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
        }
        let help = if text.bytes().all(|octet| octet.is_ascii_digit()) {
            format!("an address is IP:port: `127.0.0.1:{text}`")
        } else if text.parse::<IpAddr>().is_ok() {
            let bracketed = if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
            format!("the port is missing: `{bracketed}:8080`")
        } else if text.starts_with("unix:") {
            "addresses are IP:port here".to_owned()
        } else if text.split(':').next().is_some_and(|host| host.contains(|c: char| c.is_ascii_alphabetic()))
        {
            "write IP:port: `10.0.0.1:8080`; a cluster can have a name: `dns: {name: app.internal, port: 80}`"
                .to_owned()
        } else {
            "write IP:port: `10.0.0.1:8080`, `\"[2001:db8::1]:8080\"`".to_owned()
        };
        Err(Wrong::not(text, "an address", help))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["127.0.0.1:8080", "[::1]:8080"]})
    }
}

impl Write for SocketAddr {
    fn write(&self) -> Value {
        json!(self.to_string())
    }
}

/// Longest path of a Unix socket that the kernel takes (unix(7)); the last of its 108 octets is NUL.
const UNIX_BYTES_MAX: usize = 107;

impl Word for Address {
    const WANTED: &'static str = "an address such as `10.0.0.1:8080` or `unix:/run/app.sock`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let Some(name) = text.strip_prefix("unix:") else { return SocketAddr::parse(text).map(Self::Ip) };
        let long = name.len() > UNIX_BYTES_MAX;
        let form = matches!(name.as_bytes(), [b'/' | b'@', _, ..]) && !name.ends_with('/');
        if long || !form || name.contains(char::is_control) {
            let help = match long {
                true => format!("the kernel takes at most {UNIX_BYTES_MAX} octets behind `unix:`"),
                false => {
                    "a Unix socket is `unix:/run/app.sock`, or `unix:@name` for one without a file".to_owned()
                }
            };
            return Err(Wrong::not(text, "an address", help));
        }
        Ok(Self::Unix(UnixAddress(name.into())))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["127.0.0.1:8080", "[::1]:8080", "unix:/run/app.sock"]})
    }
}

impl Write for Address {
    fn write(&self) -> Value {
        json!(self.to_string())
    }
}

impl Word for IpNet {
    const WANTED: &'static str = "a network such as `10.0.0.0/8`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let net = text.parse::<Self>().or_else(|_| text.parse::<IpAddr>().map(Self::from));
        let net = net.map_err(|_| {
            Wrong::not(
                text,
                "a network",
                "write an address or a network: `192.0.2.7`, `10.0.0.0/8`, `\"2001:db8::/32\"`",
            )
        })?;
        if net.addr() != net.network() {
            let help = format!("the network is `{}`; a single address is `{}`", net.trunc(), net.addr());
            return Err(Wrong::new(format!("`{text}` has bits set outside of its prefix"), help));
        }
        Ok(as_seen(net))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["10.0.0.0/8", "192.0.2.7"]})
    }
}

impl Word for Sender {
    const WANTED: &'static str = "a network such as `10.0.0.0/8`, or `unix`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text == "unix" { Ok(Self::Unix) } else { IpNet::parse(text).map(Self::Net) }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["10.0.0.0/8", "192.0.2.7", "unix"]})
    }
}

impl Write for Sender {
    fn write(&self) -> Value {
        match self {
            Self::Unix => json!("unix"),
            Self::Net(net) => net.write(),
        }
    }
}

/// A network of IPv4 that is written in IPv6 (RFC 4291 §2.5.5.2) as the network that it is: whoever comes from it is seen as
/// IPv4 too.
fn as_seen(net: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let IpNet::V6(six) = net else { return net };
    let prefix = six.prefix_len().checked_sub(MAPPED);
    let four = prefix.zip(six.addr().to_ipv4_mapped());
    four.and_then(|(prefix, address)| Ipv4Net::new(address, prefix).ok()).map_or(net, IpNet::V4)
}

impl Write for IpNet {
    fn write(&self) -> Value {
        json!(self.to_string())
    }
}

#[cfg(test)]
mod tests;
