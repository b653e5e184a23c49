//! A request that nobody sends.

use std::net::{IpAddr, Ipv4Addr};

use serde::Deserialize;
use serde_json::{Map, Value};
use towpath_config::model::{Address, GRPC_MEDIA_TYPE, Listener, ListenerId, Protocol};

use crate::snapshot::Snapshot;
use crate::sys::stream::Origin;

#[cfg(test)]
mod tests;

/// What is asked about.
#[derive(Debug, Clone)]
pub struct Question {
    /// The method; when left out POST for a call of gRPC, and GET for all else.
    pub method: Option<String>,
    /// With scheme and host, or only a path; `grpc://shop.example.com/shop.v1.Orders/Create` is a call of gRPC;
    /// `tcp://127.0.0.1:5432` is a connection, and no request.
    pub url: String,
    /// The header fields. `Host` goes before the host of the URL.
    pub headers: Vec<(String, String)>,
    /// The listener it comes to. When left out, the one with the URL's port, or else the first one.
    pub listener: Option<String>,
    /// The address that the connection comes from. When left out, this machine, which a Unix socket gives no address.
    pub source: Option<IpAddr>,
}

/// The question as JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    method: Option<String>,
    url: String,
    #[serde(default)]
    headers: Map<String, Value>,
    listener: Option<String>,
    source: Option<IpAddr>,
}

/// What the head of every call of gRPC has (grpc/grpc doc/PROTOCOL-HTTP2.md, Requests).
const OF_GRPC: [(&str, &str); 2] = [("content-type", GRPC_MEDIA_TYPE), ("te", "trailers")];

/// The parts of an URL; what is not there is empty.
struct Url<'a> {
    authority: &'a str,
    target: String,
}

impl<'a> Url<'a> {
    /// Reads the URL of a question, or says that it is none.
    fn of(question: &'a Question) -> Result<Self, String> {
        let sent = question.url.split('#').next().unwrap_or_default();
        if sent.starts_with('/') || matches!((question.method(), sent), ("CONNECT", _) | (_, "*")) {
            return Ok(Self { authority: "", target: sent.to_owned() });
        }
        let whole = sent.split_once("://").filter(|(scheme, _)| {
            ["http", "https", "grpc", "tcp"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        });
        let (authority, target) =
            whole.map_or(("", ""), |(_, rest)| rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())));
        if authority.is_empty() {
            let asked = &question.url;
            return Err(format!("`{asked}` is no URL such as `/a?b=c` or `http://shop.example.com/a`"));
        }
        let slash = if target.starts_with('/') { "" } else { "/" };
        Ok(Self { authority, target: format!("{slash}{target}") })
    }

    fn port(&self) -> Option<u16> {
        self.authority.rsplit_once(':')?.1.parse().ok()
    }
}

impl Question {
    /// Reads `{"method": …, "url": …, "headers": {name: value or [values]}, "listener": …, "source": …}`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(body: &[u8]) -> Result<Self, String> {
        let Written { method, url, headers, listener, source } =
            serde_json::from_slice(body).map_err(|error| format!("the question cannot be read: {error}"))?;
        let headers =
            headers.iter().map(|(name, value)| fields(name, value)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { method, url, headers: headers.concat(), listener, source })
    }

    /// The listener that the request comes to.
    pub(super) fn listener<'a>(&self, snapshot: &'a Snapshot) -> Result<(ListenerId, &'a Listener), String> {
        let all = snapshot.config().listeners();
        if let Some(name) = &self.listener {
            let known: Vec<_> = all.iter().map(|listener| listener.name().as_str()).collect();
            let fault = || format!("there is no listener `{name}`; there are: {}", known.join(", "));
            let (id, listener) = snapshot.listener(name).ok_or_else(fault)?;
            return match (listener.protocol(), self.protocol()) {
                (Protocol::Tcp, Protocol::Http) => Err(format!(
                    "the listener `{name}` takes connections, and no requests: ask about `tcp://{}`",
                    listener.address()
                )),
                (Protocol::Http, Protocol::Tcp) => Err(format!("the listener `{name}` does not speak TCP")),
                _ => Ok((id, listener)),
            };
        }
        let port = Url::of(self)?.port();
        let fitting = || all.iter().filter(|listener| *listener.protocol() == self.protocol());
        let named = fitting().find(|listener| port.is_some() && listener.address().port() == port);
        let listener = named.or_else(|| fitting().next()).and_then(|one| snapshot.listener(one.name()));
        listener.ok_or_else(|| match self.protocol() {
            Protocol::Http => "the route table has no listeners for requests".to_owned(),
            Protocol::Tcp => "the route table has no TCP listeners".to_owned(),
        })
    }

    /// What it is about: a request, or a connection.
    fn protocol(&self) -> Protocol {
        if self.has_scheme("tcp") { Protocol::Tcp } else { Protocol::Http }
    }

    fn has_scheme(&self, wanted: &str) -> bool {
        self.url.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case(wanted))
    }

    fn method(&self) -> &str {
        let usual = if self.has_scheme("grpc") { "POST" } else { "GET" };
        self.method.as_deref().unwrap_or(usual)
    }

    /// Where a connection to this listener comes from.
    pub(super) fn origin(&self, listener: &Listener) -> Origin {
        match (self.source, listener.address()) {
            (Some(ip), _) => ip.into(),
            (None, Address::Ip(_)) => Origin::Ip(Ipv4Addr::LOCALHOST.into()),
            (None, Address::Unix(_)) => Origin::Unix,
        }
    }

    /// The head that a client would send to this listener.
    pub(super) fn head(&self, listener: &Listener) -> Result<Vec<u8>, String> {
        let (method, asked) = (self.method(), self.url.as_str());
        let texts = self.headers.iter().flat_map(|(name, value)| [name.as_str(), value]);
        if let Some(text) = texts.chain([method, asked]).find(|text| text.contains(['\r', '\n'])) {
            return Err(format!(
                "{text:?} ends its line: no client could send that as one part of a request"
            ));
        }
        if let Some(word) = [method, asked].into_iter().find(|word| !is_word(word)) {
            return Err(format!(
                "{word:?} is no word of a request line: it is empty, or holds more than visible ASCII"
            ));
        }
        let url = Url::of(self)?;
        let own = match listener.address() {
            Address::Ip(address) => address.to_string(),
            Address::Unix(_) => "localhost".to_owned(),
        };
        let host = match url.authority {
            "" if method == "CONNECT" => &url.target,
            "" => &own,
            asked => asked,
        };
        let of_grpc = if self.has_scheme("grpc") { OF_GRPC.as_slice() } else { &[] };
        let usual = [("host", host)].into_iter().chain(of_grpc.iter().copied());
        let said = |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let fields = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut head = format!("{method} {} HTTP/1.1\r\n", url.target);
        for (name, value) in usual.filter(|(name, _)| !said(name)).chain(fields) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        Ok(head.into_bytes())
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn fields(name: &str, value: &Value) -> Result<Vec<(String, String)>, String> {
    let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let field = |value: &Value| match value.as_str() {
        Some(text) => Ok((name.to_owned(), text.to_owned())),
        None => Err(format!("header `{name}` is {value}, but a header is text or a list of texts")),
    };
    values.iter().map(field).collect()
}
