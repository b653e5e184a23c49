//! Lets callers in, or not.

use std::collections::BTreeMap;
use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use towpath_config::server::{Token, TokenScope};

use super::caller::Caller;
use super::token::Tokens;

/// The one that lets in.
#[derive(Debug)]
pub(in crate::api) struct Guard {
    tokens: Tokens,
}

/// Why somebody is not let in. They hear no more than that; the reason is for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::api) enum Refusal {
    /// No token was shown.
    NoToken,
    /// One was shown that is not known.
    UnknownToken,
    /// Without tokens only this machine is answered, and this came from elsewhere.
    NotLocal,
    /// Without tokens a page in a browser could ask in the name of whoever looks at it.
    Browser,
    /// The token of this name allows less.
    Scope(String),
}

impl Refusal {
    /// For the audit log.
    pub(in crate::api) fn reason(&self) -> &'static str {
        match self {
            Self::NoToken => "no token was shown",
            Self::UnknownToken => "the token is not known",
            Self::NotLocal => "there are no tokens, and the request came from another machine",
            Self::Browser => "there are no tokens, and the request came from a page in a browser",
            Self::Scope(_) => "the token does not allow it",
        }
    }

    /// Who it was, where that is known.
    pub(in crate::api) fn name(&self) -> Option<&str> {
        match self {
            Self::Scope(name) => Some(name),
            _ => None,
        }
    }
}

impl Guard {
    /// For these tokens.
    pub(in crate::api) fn new(tokens: BTreeMap<String, Token>) -> Self {
        Self { tokens: Tokens::new(tokens) }
    }

    /// Somebody who asks for what everybody may see.
    pub(in crate::api) fn anybody(&self, address: IpAddr) -> Caller {
        Caller::stranger(address)
    }

    /// Who asks, if they may ask for something of this scope.
    ///
    /// # Errors
    /// Why they may not.
    pub(in crate::api) fn admit(
        &self,
        headers: &HeaderMap,
        address: IpAddr,
        scope: TokenScope,
    ) -> Result<Caller, Refusal> {
        let caller = match bearer(headers) {
            _ if self.tokens.is_empty() => local(headers, address)?,
            None => return Err(Refusal::NoToken),
            Some(shown) => {
                let (name, token) = self.tokens.find(shown).ok_or(Refusal::UnknownToken)?;
                Caller::by(name, token, address)
            }
        };
        if caller.may(scope) { Ok(caller) } else { Err(Refusal::Scope(caller.into_name())) }
    }
}

/// What stands behind `Bearer` (RFC 6750 §2.1), whose case does not matter (RFC 9110 §11.1).
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// This machine, and no page that a browser on it shows: such a page may send to 127.0.0.1, and a name that leads
/// there lets it read the answer too (DNS rebinding).
fn local(headers: &HeaderMap, address: IpAddr) -> Result<Caller, Refusal> {
    if !address.to_canonical().is_loopback() {
        return Err(Refusal::NotLocal);
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if headers.contains_key(ORIGIN) || !host.is_some_and(is_this_machine) {
        return Err(Refusal::Browser);
    }
    Ok(Caller::local(address))
}

/// Whether a `Host` is an address or `localhost`.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests;
