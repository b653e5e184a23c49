//! `redirect`: where the client is sent. What the rule does not name stays as the client asked.

use towpath_config::model::{Condition, Redirect};

use super::rewrite;

/// What of the request stays in a redirect.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `http` or `https`, as the client sees it.
    pub scheme: &'a str,
    /// Host and port, as the client wrote them.
    pub authority: &'a str,
    /// The path.
    pub path: &'a str,
    /// What follows `?`.
    pub query: Option<&'a str>,
}

/// The value of `Location`.
#[must_use]
pub fn location(redirect: &Redirect, condition: &Condition, asked: &Asked<'_>) -> String {
    let scheme = redirect.scheme().as_deref().unwrap_or(asked.scheme);
    let (asked_host, asked_port) = split_port(asked.authority);
    let host = redirect.host().as_deref().unwrap_or(asked_host);
    // a port belongs to the scheme and host it was written with
    let kept = redirect.scheme().is_none() && redirect.host().is_none();
    let port = redirect.port().or_else(|| asked_port.filter(|_| kept));
    let port = port.filter(|port| !matches!((scheme, port), ("http", 80) | ("https", 443)));
    let mut path = String::new();
    match redirect.path() {
        Some(change) => rewrite::path(change, condition, asked.path, &mut path),
        None => path.push_str(asked.path),
    }
    let mut location = format!("{scheme}://{host}");
    if let Some(port) = port {
        location.push_str(&format!(":{port}"));
    }
    location.push_str(&path);
    if let Some(query) = asked.query {
        location.push('?');
        location.push_str(query);
    }
    location
}

/// Host and port of an authority; the brackets of an address stay.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, port.parse().ok())
        }
        _ => (authority.strip_suffix(':').unwrap_or(authority), None),
    }
}

#[cfg(test)]
mod tests;
