//! Names, what a route points at, and what gRPC calls.

mod fleet;

use std::fmt;

use serde_json::{Value, json};

use crate::language::{Word, Write, Wrong};

pub(crate) use fleet::{AnyOr, Reach};

const NAME_BYTES_MAX: usize = 253;

/// A name of a listener, a route, a cluster, a subset, a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name(pub(crate) String);

impl Word for Name {
    const WANTED: &'static str = "a name";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let edge = |octet: Option<u8>| {
            octet.is_some_and(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit())
        };
        let inner = |octet: u8| edge(Some(octet)) || matches!(octet, b'-' | b'.');
        if text.len() > NAME_BYTES_MAX {
            return Err(Wrong::new(
                "this name is too long",
                format!("a name has at most {NAME_BYTES_MAX} characters"),
            ));
        }
        if edge(text.bytes().next()) && edge(text.bytes().last()) && text.bytes().all(inner) {
            return Ok(Self(text.to_owned()));
        }
        let plain: String =
            text.to_lowercase().chars().map(|c| if c == '_' || c == ' ' { '-' } else { c }).collect();
        let help = match plain != text && Self::parse(&plain).is_ok() {
            true => format!("did you mean `{plain}`?"),
            false => {
                "a name has a-z, 0-9, `-` and `.`, and begins and ends with a letter or a digit".to_owned()
            }
        };
        Err(Wrong::not(text, "a name", help))
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "integer"], "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", "maxLength": NAME_BYTES_MAX})
    }
}

impl Write for Name {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// `cluster`, or `namespace:cluster` for one of another namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClusterName(pub(crate) String);

impl ClusterName {
    /// The namespace, if it is named.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.0.split_once(':').map(|(namespace, _)| namespace)
    }

    /// The name within its namespace.
    pub(crate) fn local(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(_, local)| local)
    }
}

impl Word for ClusterName {
    const WANTED: &'static str = "a name";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if let Some((namespace, local)) = text.split_once(':')
            && Name::parse(namespace).is_ok()
        {
            Name::parse(local).map_err(|wrong| Wrong::not(text, "a name", wrong.help))?;
            return Ok(Self(text.to_owned()));
        }
        Name::parse(text).map(|name| Self(name.0))
    }

    fn word_schema() -> Value {
        let name = "[a-z0-9]([-a-z0-9.]*[a-z0-9])?";
        json!({"type": ["string", "integer"], "pattern": format!("^({name}:)?{name}$")})
    }
}

impl Write for ClusterName {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// `cluster`, `cluster/subset` or `namespace:cluster/subset`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DestinationName {
    pub(crate) cluster: ClusterName,
    pub(crate) subset: Option<String>,
}

impl DestinationName {
    /// As a table of this namespace calls it.
    pub(crate) fn seen_from(&self, namespace: &str) -> Self {
        match self.cluster.namespace() {
            Some(own) if own == namespace => {
                Self { cluster: ClusterName(self.cluster.local().to_owned()), subset: self.subset.clone() }
            }
            _ => self.clone(),
        }
    }
}

impl Word for DestinationName {
    const WANTED: &'static str = "a destination such as `checkout` or `checkout/canary`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        let (namespace, rest) = match text.split_once(':') {
            Some((namespace, rest)) => (Some(namespace), rest),
            None => (None, text),
        };
        let (cluster, subset) = match rest.split_once('/') {
            Some((cluster, subset)) => (cluster, Some(subset)),
            None => (rest, None),
        };
        let name = |part: &str| {
            Name::parse(part).map(|name| name.0).map_err(|wrong| {
                let help = match wrong.help.starts_with("did you mean") {
                    true => wrong.help,
                    false => "a destination is `cluster`, `cluster/subset` or `namespace:cluster/subset`"
                        .to_owned(),
                };
                Wrong::not(text, "a destination", help)
            })
        };
        let local = name(cluster)?;
        let cluster = match namespace.map(name).transpose()? {
            Some(namespace) => ClusterName(format!("{namespace}:{local}")),
            None => ClusterName(local),
        };
        Ok(Self { cluster, subset: subset.map(name).transpose()? })
    }

    fn word_schema() -> Value {
        json!({"type": ["string", "integer"], "examples": ["checkout", "checkout/canary"]})
    }
}

impl fmt::Display for DestinationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cluster.0)?;
        self.subset.as_ref().map_or(Ok(()), |subset| write!(f, "/{subset}"))
    }
}

impl Write for DestinationName {
    fn write(&self) -> Value {
        json!(self.to_string())
    }
}

/// A service of gRPC with its package: `shop.v1.Orders`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrpcService(pub(crate) String);

/// A method of a service of gRPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrpcMethod(pub(crate) String);

/// An identifier of protocol buffers (their language specification, `ident`).
fn is_identifier(text: &str) -> bool {
    let inner = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'_';
    text.bytes().next().is_some_and(|first| inner(first) && !first.is_ascii_digit())
        && text.bytes().all(inner)
}

impl Word for GrpcService {
    const WANTED: &'static str = "a service such as `shop.v1.Orders`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.split('.').all(is_identifier) {
            return Ok(Self(text.to_owned()));
        }
        let help = match text.trim_start_matches('/').split_once('/') {
            Some((service, method)) if Self::parse(service).is_ok() && is_identifier(method) => {
                format!("did you mean `{{service: {service}, method: {method}}}`?")
            }
            _ => "a service is the name that stands behind `service` in its .proto file, with the package \
                before it: `shop.v1.Orders`"
                .to_owned(),
        };
        Err(Wrong::not(text, "a service of gRPC", help))
    }

    fn word_schema() -> Value {
        json!({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*$", "examples": ["shop.v1.Orders"]})
    }
}

impl Write for GrpcService {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// A service whose health is asked for; empty for the server as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckedService(pub(crate) String);

impl Word for CheckedService {
    const WANTED: &'static str = "a service such as `shop.v1.Orders`, or `\"\"` for the server as a whole";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text.is_empty() {
            return Ok(Self(String::new()));
        }
        let help = "write a service with its package, `shop.v1.Orders`, or `\"\"` for the server as a whole";
        let checked = GrpcService::parse(text).map(|service| Self(service.0));
        checked.map_err(|wrong| Wrong { help: help.to_owned(), ..wrong })
    }

    fn word_schema() -> Value {
        json!({"type": "string", "examples": ["", "shop.v1.Orders"]})
    }
}

impl Write for CheckedService {
    fn write(&self) -> Value {
        json!(self.0)
    }
}

impl Word for GrpcMethod {
    const WANTED: &'static str = "a method such as `Create`";

    fn parse(text: &str) -> Result<Self, Wrong> {
        match is_identifier(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(Wrong::not(
                text,
                "a method of gRPC",
                "a method is the name that stands behind `rpc` in its .proto file: `Create`",
            )),
        }
    }

    fn word_schema() -> Value {
        json!({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "examples": ["Create"]})
    }
}

impl Write for GrpcMethod {
    fn write(&self) -> Value {
        json!(self.0)
    }
}
