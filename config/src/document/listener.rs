//! The section `listeners`.

use std::time::Duration;

use ipnet::IpNet;

use crate::language::{OneOrMany, OrNone, Pairs, document};
use crate::model::{Address, ForwardHeader, PathNormalization, Protocol, Sender};
use crate::units::Size;
use crate::values::{Flag, Line, SocketMode, Whole};

document! {
    /// One listener.
    pub(crate) struct ListenerDoc as "a listener such as `{address: 127.0.0.1:8080}`" {
        /// IP and port, or the Unix socket, that is opened.
        address: Address; required,
        /// Permissions of the Unix socket's file: whoever may write may connect.
        mode: SocketMode = SocketMode(0o600),
        /// What clients speak: `http`, or `tcp` for connections that are passed on as they are.
        protocol: Protocol = Protocol::Http,
        /// Whose connections begin with a header of the PROXY protocol; nobody's when left out.
        proxy_protocol: ProxyProtocolDoc,
        /// How many proxies in front of this one tell the truth about the client.
        trusted_hops: Whole<0, 255> = Whole(0),
        /// Which proxies of a fleet open it, by label; all when left out.
        proxies: Pairs<Line, Line>,
        /// How a path is made plain before it is matched and forwarded.
        normalize_path: PathNormalization = PathNormalization::Base,
        /// Headers that tell the next hop about this one; `none` writes none of them.
        forward_headers: OrNone<OneOrMany<ForwardHeader>> = OrNone::Some(OneOrMany::built_in([
            ForwardHeader::XForwarded, ForwardHeader::Forwarded, ForwardHeader::Via, ForwardHeader::RequestId,
        ])),
        /// Whether `x-towpath-reason` stands on answers that the proxy makes itself.
        reason_header: Flag = Flag(true),
        /// Whether calls of gRPC-Web are made calls of gRPC.
        grpc_web: Flag = Flag(false),
        /// Clients (by their address behind the trusted hops) whose requests may ask, by the header
        /// `x-towpath-explain`, for an answer that says how it came about; nobody's when left out.
        explain_from: OneOrMany<IpNet>,
        /// Limits of this listener.
        limits: ListenerLimitsDoc,
        /// From the first octet of a head to its last; 408 beyond.
        header_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(10)),
        /// Between two reads of a body, or two writes of an answer; 408 beyond.
        body_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(30)),
        /// Between two requests of a connection.
        idle_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(60)),
        /// How long a client may take to read the last answer before its connection is closed.
        linger_timeout: Duration = Duration::from_secs(2),
    }
}

document! {
    /// Connections that begin with a header of the PROXY protocol, version 1 or 2, which names the client.
    pub(crate) struct ProxyProtocolDoc as "a map such as `{from: 10.0.0.0/8}`" {
        /// Networks of those whose connections must begin so, or `unix` for whoever comes by a Unix socket.
        from: OneOrMany<Sender>; required,
        /// From the beginning of the connection to the end of the header; closed beyond.
        timeout: Duration = Duration::from_secs(3),
        /// Size of one header; closed beyond.
        header_bytes: Size<128, { 16 << 10 }> = Size(4 << 10),
    }
}

document! {
    /// Limits of one listener.
    pub(crate) struct ListenerLimitsDoc as "a map" {
        /// Connections open at once.
        connections: Whole<1, 10_000_000> = Whole(10_000),
        /// After so many requests a connection is closed.
        requests_per_connection: OrNone<Whole<1, { u32::MAX }>> = OrNone::None,
        /// Size of one head, request line included; 431 beyond.
        header_bytes: Size<1024, { 16 << 20 }> = Size(64 << 10),
        /// Number of headers of one head; 431 beyond.
        header_count: Whole<1, 256> = Whole(128),
        /// Size of a request's path and query; 414 beyond.
        uri_bytes: Size<64, { 1 << 20 }> = Size(16 << 10),
        /// Size of one request's body; 413 beyond.
        body_bytes: OrNone<Size<1, { 1 << 60 }>> = OrNone::Some(Size(10 << 30)),
        /// Requests of one HTTP/2 connection open at once; refused beyond.
        streams: Whole<1, 10_000> = Whole(100),
        /// What a client may send of one HTTP/2 request before it is passed on; it waits beyond.
        stream_window: Size<{ 16 << 10 }, { 1 << 30 }> = Size(64 << 10),
        /// What a client may send of all requests of an HTTP/2 connection before it is passed on; it waits beyond.
        connection_window: Size<{ 64 << 10 }, { 1 << 30 }> = Size(1 << 20),
        /// Frames of an HTTP/2 connection within a second that its requests and answers do not call for: PING, SETTINGS, PRIORITY,
        /// WINDOW_UPDATE, RST_STREAM, empty ones and unknown ones; the connection is ended beyond.
        control_frames: Whole<100, 1_000_000> = Whole(1_000),
        /// Requests of an HTTP/2 connection that are taken back within a second, beyond those that were answered; the
        /// connection is ended beyond.
        resets: Whole<10, 1_000_000> = Whole(500),
        /// What is still read after the last answer, and dropped, so that the client gets to read it.
        linger_bytes: Size<0, { 1 << 60 }> = Size(1 << 20),
    }
}
