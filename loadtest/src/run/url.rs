//! The URL that is asked.

use std::net::{SocketAddr, ToSocketAddrs};

use crate::failure::Failure;

/// A URL in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Host and port as the `host` field wants them.
    pub authority: String,
    host: String,
    port: u16,
    /// Path and query.
    pub path: String,
}

impl Url {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("`{text}` {what}; write it as http://host:port/path");
        let rest = match text.split_once("://") {
            Some(("http", rest)) => rest,
            Some((scheme, _)) => {
                return Err(wrong(&format!("has the scheme `{scheme}` and only http is spoken")));
            }
            None => return Err(wrong("has no scheme")),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(wrong("names a user; put `authorization` into --header"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                let port = port.parse().ok().filter(|port| *port != 0);
                (host, port.ok_or_else(|| wrong("has a port that is no number from 1 to 65535"))?)
            }
            _ => (authority, 80),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() || host.bytes().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control()) {
            return Err(wrong("has no host"));
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { authority: authority.to_owned(), host: host.to_owned(), port, path })
    }

    /// Where the host is: the first of its addresses that takes a connection, or else the first.
    ///
    /// # Errors
    /// When the host has no address.
    pub fn address(&self) -> Result<SocketAddr, Failure> {
        let unknown = || format!("cannot find the host `{}`", self.host);
        let mut found =
            (self.host.as_str(), self.port).to_socket_addrs().map_err(Failure::system(unknown()))?;
        let first = found.next().ok_or_else(|| Failure::Usage(unknown()))?;
        let open = |address: &SocketAddr| std::net::TcpStream::connect(address).is_ok();
        // one address only: it is tried when the load connects
        let rest: Vec<_> = found.collect();
        if rest.is_empty() || open(&first) {
            return Ok(first);
        }
        Ok(rest.into_iter().find(open).unwrap_or(first))
    }
}

#[cfg(test)]
mod tests;
