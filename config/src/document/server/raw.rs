//! The settings as they are written.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};

use super::words::{NamespaceWord, Sha256, Share, StoreWord, TokenScope};
use crate::language::{Definitions, Language, OneOrMany, OrNone, Pairs, ShortOr, document};
use crate::model::Percent;
use crate::units::Size;
use crate::values::{Line, Name, Whole};

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

document! {
    /// The settings of a control server.
    pub(crate) struct ServerDoc as "a map of settings of the control server" {
        /// Where the API listens.
        api: SocketAddr = loopback(15_010),
        /// Where proxies connect to, by gRPC.
        push: SocketAddr = loopback(15_011),
        /// Directory in which revisions and the audit log are kept.
        state: Line = Line("towpath-state".into()),
        /// Where the truth is: `store` (it changes by the API alone) or `{directory: DIR}`.
        source: ShortOr<StoreWord, SourceDoc>; required,
        /// Who may use the API, by name. Without tokens, whoever reaches it from this machine.
        tokens: Pairs<Name, TokenDoc>,
        /// Gives a revision to a part of the fleet first. Without it, to all at once.
        staged: StagedDoc,
        /// How long a proxy's stream lives, more or less a tenth, so that a fleet spreads over servers; `none` for ever.
        stream_age: OrNone<Duration> = OrNone::Some(Duration::from_secs(3600)),
        /// After so long without a word a proxy is asked whether it is there.
        keepalive: Duration = Duration::from_secs(30),
        /// It has so long to answer that.
        keepalive_timeout: Duration = Duration::from_secs(10),
        /// So long a proxy that is gone stays in the list.
        gone_for: Duration = Duration::from_secs(24 * 3600),
        /// How long a request of the API may take.
        api_timeout: Duration = Duration::from_secs(30),
        /// What the server spends at most.
        limits: ServerLimitsDoc,
    }
}

document! {
    /// The truth in files.
    pub(crate) struct SourceDoc as "a map" {
        /// A directory of YAML files, with all directories below it; a change of a file is a revision.
        directory: Line; required,
    }
}

document! {
    /// A token of the API.
    pub(crate) struct TokenDoc as "a map" {
        /// SHA-256 of the token in hexadecimal digits.
        digest: Sha256; required,
        /// Which namespaces it is for; `"*"` for all.
        namespaces: OneOrMany<NamespaceWord>; required,
        /// What it may do: `read`, `write`, `admin`.
        scopes: OneOrMany<TokenScope>; required,
    }
}

document! {
    /// How a revision goes through the fleet.
    pub(crate) struct StagedDoc as "a map" {
        /// Who gets it, step by step; the last step is `all`.
        steps: OneOrMany<Share>,
        /// How long a step lasts once its proxies have all taken it.
        hold: Duration = Duration::from_secs(30),
        /// By how much the share of failed requests may rise on the proxies that have it, before it is taken back.
        errors: Percent = Percent(50_000),
    }
}

document! {
    /// What the server spends at most.
    pub(crate) struct ServerLimitsDoc as "a map" {
        /// Streams of proxies open at once.
        streams: Whole<1, 1_000_000> = Whole(20_000),
        /// Messages that a stream may send a second; it is read more slowly beyond.
        messages_per_second: Whole<1, 1_000_000> = Whole(100),
        /// Hosts of one namespace that proxies ask for at once; of further ones nothing is said.
        hosts: Whole<1, 10_000_000> = Whole(10_000),
        /// Octets of one message of a proxy.
        message_bytes: Size<{ 16 << 10 }, { 64 << 20 }> = Size(4 << 20),
        /// Names that a stream may subscribe to.
        names: Whole<1, 10_000_000> = Whole(100_000),
        /// Proxies that get their first table at once; more wait their turn.
        first_pushes: Whole<1, 100_000> = Whole(64),
        /// Proxies that are gone and still listed.
        gone_proxies: Whole<1, 1_000_000> = Whole(10_000),
        /// Series of metrics that are kept, over all proxies; what is beyond is counted together.
        series: Whole<1, 1_000_000> = Whole(5_000),
        /// Documents of the source.
        source_documents: Whole<1, 1_000_000> = Whole(10_000),
        /// Octets of all documents of the source together.
        source_bytes: Size<1024, { 16 << 30 }> = Size(256 << 20),
        /// Revisions that are kept.
        revisions: Whole<1, 1_000_000> = Whole(1_000),
        /// Octets of the audit log.
        audit_bytes: Size<{ 1 << 20 }, { 1 << 40 }> = Size(64 << 20),
        /// Connections to the API open at once.
        api_connections: Whole<1, 100_000> = Whole(512),
        /// Requests of the API under way at once; more get 503.
        api_requests: Whole<1, 100_000> = Whole(64),
        /// Requests of the API that wait for the verdict of the proxies at once, beside those; more get 503.
        api_waits: Whole<1, 100_000> = Whole(64),
        /// Octets of the body of a request of the API.
        api_body_bytes: Size<1024, { 256 << 20 }> = Size(16 << 20),
        /// Clients that follow events at once.
        event_streams: Whole<1, 10_000> = Whole(64),
    }
}

/// The JSON Schema (2020-12) of the settings of a control server, with the meaning and the default of every key.
#[must_use]
pub fn schema() -> Value {
    let mut definitions = Definitions::default();
    let root = ServerDoc::schema(&mut definitions);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of the Towpath control server",
        "$defs": definitions.into_json(),
    });
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), root) {
        schema.extend(root);
    }
    schema
}
