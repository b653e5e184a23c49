//! What the settings mean.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::raw::{ServerDoc, ServerLimitsDoc, StagedDoc, TokenDoc};
use super::words::{NamespaceWord, Namespaces, Share, TokenScope};
use crate::fault::{Fault, Faults, Findings};
use crate::language::{Fields, Language, Reader, ShortOr};
use crate::model::{Percent, readable};
use crate::source::{At, Environment, Source, parse};

#[cfg(test)]
mod tests;

readable! {
    /// The settings of a control server.
    pub struct Settings {
        /// Where the API listens.
        api: SocketAddr,
        /// Where proxies connect to.
        push: SocketAddr,
        /// Where revisions and the audit log are kept.
        state: PathBuf,
        /// Where the truth is.
        truth: Truth,
        /// Who may use the API, by name.
        tokens: BTreeMap<String, Token>,
        /// How a revision goes through the fleet; `None` to all at once.
        staged: Option<Staged>,
        /// Times.
        times: Times,
        /// What the server spends at most.
        limits: Limits,
    }
}

/// Where the truth is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// In the server's own store: the API is the only writer.
    Store,
    /// In the files below this directory.
    Directory(PathBuf),
}

readable! {
    /// Who may use the API.
    pub struct Token {
        /// SHA-256 of the token.
        digest: [u8; 32],
        /// Which namespaces it is for.
        namespaces: Namespaces,
        /// What it may do at most: each scope holds those before it.
        scope: TokenScope,
    }
}

readable! {
    /// How a revision goes through the fleet.
    pub struct Staged {
        /// Who gets it, step by step; the last one is everybody.
        steps: Vec<Share>,
        /// How long a step lasts once its proxies have all taken it.
        hold: Duration,
        /// By how much the share of failed requests may rise.
        errors: Percent,
    }
}

readable! {
    /// Times of a control server.
    pub struct Times {
        /// How long a stream lives, more or less a tenth.
        stream_age: Option<Duration>,
        /// After so long without a word a proxy is asked whether it is there.
        keepalive: Duration,
        /// It has so long to answer that.
        keepalive_timeout: Duration,
        /// So long a proxy that is gone is still listed.
        gone_for: Duration,
        /// How long a request of the API may take.
        api: Duration,
    }
}

/// What a control server spends at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of proxies.
    pub push: PushLimits,
    /// Documents of the source.
    pub source_documents: usize,
    /// Octets of all of them together.
    pub source_bytes: usize,
    /// Revisions that are kept.
    pub revisions: u32,
    /// Octets of the audit log.
    pub audit_bytes: u64,
    /// Of the API.
    pub api: ApiLimits,
}

/// What proxies may cost.
#[derive(Debug, Clone, Copy)]
pub struct PushLimits {
    /// Streams open at once.
    pub streams: usize,
    /// Messages of one stream in a second.
    pub messages_per_second: u32,
    /// Octets of one message of a proxy.
    pub message_bytes: usize,
    /// Hosts of one namespace that proxies ask for at once.
    pub hosts: usize,
    /// Names that one stream subscribes to.
    pub names: usize,
    /// Proxies that get their first table at once.
    pub first_pushes: usize,
    /// Proxies that are gone and still listed.
    pub gone_proxies: usize,
    /// Series of metrics over all proxies.
    pub series: usize,
}

/// What users of the API may cost.
#[derive(Debug, Clone, Copy)]
pub struct ApiLimits {
    /// Connections open at once.
    pub connections: usize,
    /// Requests under way at once.
    pub requests: usize,
    /// Requests that wait for the proxies at once, beside those.
    pub waits: usize,
    /// Octets of the body of a request.
    pub body_bytes: usize,
    /// Clients that follow events at once.
    pub event_streams: usize,
}

/// Understands the settings of a control server. `environment` gives the values of `${…}`.
///
/// # Errors
/// Everything that is wrong with them, in the order of the lines.
pub fn settings(source: &Source, environment: &dyn Fn(&str) -> Option<String>) -> Result<Settings, Faults> {
    let mut findings = Findings::default();
    let settings = understood(source, Some(environment), &mut findings);
    match settings {
        Some(settings) if !findings.fatal() => Ok(settings),
        _ => Err(findings.into_faults(source)),
    }
}

fn understood(source: &Source, environment: Environment<'_>, findings: &mut Findings) -> Option<Settings> {
    let tree = parse(source, findings)?;
    let document = ServerDoc::read(&tree, &mut Reader::new(environment, findings))?;
    let api = document.api().value;
    let push = document.push().value;
    if api == push && api.port() != 0 {
        let span = document.push.as_ref().or(document.api.as_ref()).map(|address| address.span);
        let fault = Fault::error(span.unwrap_or(tree.span), format!("`api` and `push` both listen on {api}"));
        findings.push(fault.help("give each a port of its own"));
    }
    let truth = match &document.source.as_ref()?.value {
        ShortOr::Short(_) => Truth::Store,
        ShortOr::Long(directory) => Truth::Directory(PathBuf::from(&directory.directory.as_ref()?.value.0)),
    };
    let tokens = document.tokens.iter().flat_map(|tokens| &tokens.value.list);
    let tokens =
        tokens.filter_map(|(name, token)| Some((name.value.0.clone(), self::token(&token.value)?))).collect();
    let limits = document.limits.as_ref().map_or_else(Fields::nothing, |limits| limits.value.clone());
    Some(Settings {
        api,
        push,
        state: PathBuf::from(document.state().value.0),
        truth,
        tokens,
        staged: document.staged.as_ref().map(|staged| self::staged(staged, findings)),
        times: Times {
            stream_age: document.stream_age().value.into_option(),
            keepalive: document.keepalive().value,
            keepalive_timeout: document.keepalive_timeout().value,
            gone_for: document.gone_for().value,
            api: document.api_timeout().value,
        },
        limits: self::limits(&limits),
    })
}

fn token(token: &TokenDoc) -> Option<Token> {
    let words: Vec<_> = token.namespaces.clone()?.value.into_values().collect();
    let named = words.into_iter().map(|word| match word {
        NamespaceWord::All => None,
        NamespaceWord::Named(name) => Some(name),
    });
    Some(Token {
        digest: token.digest.as_ref()?.value.0,
        namespaces: named.collect::<Option<Vec<_>>>().map_or(Namespaces::All, Namespaces::Named),
        scope: token.scopes.clone()?.value.into_values().max()?,
    })
}

fn staged(document: &At<StagedDoc>, findings: &mut Findings) -> Staged {
    let steps = match &document.value.steps {
        None => vec![Share::One, Share::Percent(Percent(100_000)), Share::All],
        Some(written) => {
            let list = &written.value.0;
            for (step, next) in list.iter().zip(list.iter().skip(1)) {
                if next.value.size() <= step.value.size() {
                    let found = format!("`{}` is no more than the step before it", next.value.text());
                    findings.push(Fault::error(next.span, found).help("each step takes more of the fleet"));
                }
            }
            if let Some(last) = list.last().filter(|last| last.value != Share::All) {
                let found = "the last step is not `all`";
                findings.push(Fault::error(last.span, found).help("write `all` after it"));
            }
            list.iter().map(|step| step.value).collect()
        }
    };
    Staged { steps, hold: document.value.hold().value, errors: document.value.errors().value }
}

fn limits(limits: &ServerLimitsDoc) -> Limits {
    let octets = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    Limits {
        push: PushLimits {
            streams: limits.streams().value.0 as usize,
            messages_per_second: limits.messages_per_second().value.0,
            message_bytes: octets(limits.message_bytes().value.0),
            hosts: limits.hosts().value.0 as usize,
            names: limits.names().value.0 as usize,
            first_pushes: limits.first_pushes().value.0 as usize,
            gone_proxies: limits.gone_proxies().value.0 as usize,
            series: limits.series().value.0 as usize,
        },
        source_documents: limits.source_documents().value.0 as usize,
        source_bytes: octets(limits.source_bytes().value.0),
        revisions: limits.revisions().value.0,
        audit_bytes: limits.audit_bytes().value.0,
        api: ApiLimits {
            connections: limits.api_connections().value.0 as usize,
            requests: limits.api_requests().value.0 as usize,
            waits: limits.api_waits().value.0 as usize,
            body_bytes: octets(limits.api_body_bytes().value.0),
            event_streams: limits.event_streams().value.0 as usize,
        },
    }
}
