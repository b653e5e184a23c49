//! The section `listeners`.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;

use super::{Address, Place, Placed, readable};

/// What clients of a listener speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `http`: requests. The default.
    Http,
    /// `tcp`: bytes that nobody looks at.
    Tcp,
}

/// How a request path is made plain before it is matched and forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathNormalization {
    /// `none`: as it came.
    None,
    /// `base`: dot segments removed, unreserved octets decoded, `\` is `/` (RFC 3986 §6.2.2). The default.
    Base,
    /// `merge-slashes`: as `base`, and `//` becomes `/`.
    MergeSlashes,
    /// `decode-and-merge-slashes`: as `merge-slashes`, and `%2F` and `%5C` become `/` first.
    DecodeAndMergeSlashes,
}

/// A header by which a proxy tells the next hop about the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForwardHeader {
    /// `x-forwarded`: `X-Forwarded-For`, `-Proto`, `-Host`.
    XForwarded,
    /// `forwarded`: RFC 7239.
    Forwarded,
    /// `via`: RFC 9110 §7.6.3.
    Via,
    /// `x-request-id`.
    RequestId,
}

readable! {
    /// One listener.
    pub struct Listener {
        /// Its name.
        name: String,
        /// Where it is written.
        place: Place,
        /// `address`.
        address: Address,
        /// `mode`: who may connect, where `address` is a file. Default 0600.
        mode: u32,
        /// `protocol`. Default `http`.
        protocol: Protocol,
        /// `proxies`: which proxies of a fleet open it, by label; all when empty.
        proxies: BTreeMap<String, String>,
        /// `proxy_protocol`.
        proxy_protocol: Option<ProxyProtocol>,
        /// How requests are taken; as nobody wrote it where there are none.
        http: HttpRules,
        /// `limits`.
        limits: ListenerLimits,
        /// `header_timeout`, `body_timeout`, `idle_timeout`, `linger_timeout`.
        timeouts: ListenerTimeouts,
    }
}

/// Who may say whose connection it passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    /// `unix`: whoever comes by a Unix socket.
    Unix,
    /// Whoever comes from this network.
    Net(IpNet),
}

readable! {
    /// `proxy_protocol` of a listener: connections of these senders begin with a header that names the client.
    pub struct ProxyProtocol {
        /// `from`: of whom it is wanted, and believed. Of all others it is neither.
        from: Placed<Vec<Sender>>,
        /// `timeout`: from the beginning of the connection to the end of the header. Default 3 s.
        timeout: Placed<Duration>,
        /// `header_bytes` at most. Default 4KiB.
        header_bytes: Placed<u32>,
    }
}

readable! {
    /// How a listener takes requests.
    pub struct HttpRules {
        /// `trusted_hops`: how many proxies in front of this one tell the truth. Default 0.
        trusted_hops: u8,
        /// `normalize_path`.
        normalize_path: PathNormalization,
        /// `forward_headers`: which ones are written on requests, each once, in order. Default all four.
        forward_headers: Vec<ForwardHeader>,
        /// `reason_header`: whether `x-towpath-reason` stands on answers that the proxy makes. Default true.
        reason_header: bool,
        /// `grpc_web`: whether calls of gRPC-Web are made calls of gRPC. Default false.
        grpc_web: Placed<bool>,
        /// `explain_from`: who may ask a live request how it came about; nobody when empty.
        explain_from: Placed<Vec<IpNet>>,
    }
}

readable! {
    /// `limits` of a listener.
    pub struct ListenerLimits {
        /// `connections` open at once. Default 10000.
        connections: Placed<u32>,
        /// `requests_per_connection`; after these it is closed. Default none.
        requests_per_connection: Placed<Option<u32>>,
        /// `header_bytes` of one head, request line included. Default 64KiB; 431 beyond.
        header_bytes: Placed<u32>,
        /// `header_count` of one head. Default 128; 431 beyond.
        header_count: Placed<u32>,
        /// `uri_bytes` of a target. Default 16KiB; 414 beyond.
        uri_bytes: Placed<u32>,
        /// `body_bytes` of one request. Default 10GiB; 413 beyond.
        body_bytes: Placed<Option<u64>>,
        /// `streams` of one HTTP/2 connection at once. Default 100; refused beyond.
        streams: Placed<u32>,
        /// `stream_window`: octets of one HTTP/2 request that may come before they are passed on. Default 64KiB.
        stream_window: Placed<u32>,
        /// `connection_window`: the same for all requests of an HTTP/2 connection. Default 1MiB.
        connection_window: Placed<u32>,
        /// `control_frames` of an HTTP/2 connection within a second, beyond what its traffic calls for. Default 1000.
        control_frames: Placed<u32>,
        /// `resets` of an HTTP/2 connection within a second, beyond the requests that were answered. Default 500.
        resets: Placed<u32>,
        /// `linger_bytes`: what is still read and dropped after the last answer. Default 1MiB.
        linger_bytes: Placed<u64>,
    }
}

readable! {
    /// Time limits on what a client does.
    pub struct ListenerTimeouts {
        /// `header_timeout`: from the first byte of a head to its last. Default 10 s; 408 beyond.
        header: Placed<Option<Duration>>,
        /// `body_timeout`: between two reads of a body, or two writes of an answer. Default 30 s; 408 beyond.
        body: Placed<Option<Duration>>,
        /// `idle_timeout`: between two requests. Default 60 s.
        idle: Placed<Option<Duration>>,
        /// `linger_timeout`: how long a client may take to read the last answer. Default 2 s.
        linger: Placed<Duration>,
    }
}
