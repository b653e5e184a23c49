//! One check: a connection of its own, and one question on it.

use std::io;
use std::time::Duration;

use http::HeaderMap;
use tokio::time::timeout;
use towpath_config::model::{Address, Ask, ClusterProtocol, HealthCheck, ProxyVersion, StatusRange};

use super::course::Sign;
use super::grpc;
use crate::codec::proxy_protocol::own;
use crate::sys::client;
use crate::sys::stream::Stream;
use crate::upstream::connect::reach;
use crate::upstream::health::Heard;
use crate::upstream::http2::check::{self, Answer, Question};

const AGENT: &str = concat!("towpath/", env!("CARGO_PKG_VERSION"), " (health check)");

/// How the endpoints of a cluster are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manner {
    /// What is asked, and what follows from the answers.
    pub check: HealthCheck,
    /// What they speak.
    pub protocol: ClusterProtocol,
    /// What they want to hear before everything else.
    pub proxy_protocol: Option<ProxyVersion>,
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// In a word.
    pub heard: Heard,
    /// The status that was answered, where one was.
    pub status: Option<u16>,
    /// What it says of the endpoint.
    pub sign: Sign,
}

impl From<Heard> for Told {
    fn from(heard: Heard) -> Self {
        let sign = match heard {
            Heard::Passed => Sign::Good,
            Heard::Unasked => Sign::None,
            _ => Sign::Bad,
        };
        Self { heard, status: None, sign }
    }
}

/// Checks an endpoint once. Never takes longer than `timeout`.
pub async fn ask(address: &Address, manner: &Manner) -> Told {
    let limit = *manner.check.timeout();
    timeout(limit, asked(address, manner, limit)).await.unwrap_or(Heard::Late.into())
}

async fn asked(address: &Address, manner: &Manner, limit: Duration) -> Told {
    let stream = match reach(address, manner.proxy_protocol.map(own)).await {
        Ok(stream) => stream,
        Err(fault) if is_ours(&fault) => return Heard::Unasked.into(),
        Err(_) => return Heard::Unconnected.into(),
    };
    let host = manner.check.host().clone().unwrap_or_else(|| match address {
        Address::Ip(address) => address.to_string(),
        Address::Unix(_) => "localhost".to_owned(),
    });
    match manner.check.ask() {
        Ask::Tcp => Heard::Passed.into(),
        Ask::Http { path, statuses, at_once } => {
            let status = http(stream, manner.protocol, path, &host).await;
            status.map_or(Heard::Broken.into(), |status| judged(status, statuses, at_once))
        }
        Ask::Grpc(service) => {
            let message = grpc::request(service);
            let call = Some((message.as_slice(), limit));
            let question = Question { host: &host, path: grpc::PATH, agent: AGENT, call };
            check::ask(stream, &question).await.map_or(Heard::Broken.into(), |answer| served(&answer))
        }
    }
}

async fn http(stream: Stream, protocol: ClusterProtocol, path: &str, host: &str) -> io::Result<u16> {
    match protocol {
        ClusterProtocol::Http1 => client::get(stream, path, host, AGENT).await,
        ClusterProtocol::Http2 => {
            let question = Question { host, path, agent: AGENT, call: None };
            check::ask(stream, &question).await.map(|answer| answer.status)
        }
    }
}

/// What a status says.
fn judged(status: u16, well: &[StatusRange], at_once: &[StatusRange]) -> Told {
    let is_of = |ranges: &[StatusRange]| ranges.iter().any(|range| range.holds(status));
    let told = if is_of(at_once) {
        Told { sign: Sign::Final, ..Heard::Status.into() }
    } else if is_of(well) {
        Heard::Passed.into()
    } else {
        Heard::Status.into()
    };
    Told { status: Some(status), ..told }
}

/// What an answer of the health protocol says. One with another status of gRPC than OK knows no such service, or no such
/// protocol.
fn served(answer: &Answer) -> Told {
    let status = |fields: &HeaderMap| fields.get("grpc-status").map(|status| status.as_bytes() == b"0");
    let ended = answer.trailers.as_ref().and_then(status).or_else(|| status(&answer.head));
    match (answer.status, ended, grpc::is_serving(&answer.body)) {
        (200, Some(true), Some(true)) => Heard::Passed.into(),
        (200, Some(true), Some(false)) => Heard::NotServing.into(),
        (200, Some(false), _) => Heard::Status.into(),
        (200, ..) => Heard::Broken.into(),
        (status, ..) => Told { status: Some(status), ..Heard::Status.into() },
    }
}

/// Whether it is this process or its machine that lacks something.
fn is_ours(fault: &io::Error) -> bool {
    /// `ENFILE`, `EMFILE`: no file is left; `ENOMEM`, `ENOBUFS`: no memory is.
    const OURS: [i32; 4] = [23, 24, 12, 105];
    fault.raw_os_error().is_some_and(|code| OURS.contains(&code))
}

#[cfg(test)]
mod tests;
