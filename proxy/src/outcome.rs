//! How an exchange can end without an answer of an upstream: one table gives status, reason code and whose fault it was.

use std::fmt;

mod grpc;

pub use grpc::GrpcStatus;

/// Whose doing a failure was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The caller's.
    Downstream,
    /// The proxy's own rules.
    Local,
    /// The called side's.
    Upstream,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $grpc:literal, $side:ident;)*) => {
        /// Why the proxy answered by itself.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $name),* }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code in logs, metrics and the header `x-towpath-reason`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// The status for callers that speak gRPC (grpc/grpc doc/statuscodes.md).
            #[must_use]
            pub fn grpc_status(self) -> GrpcStatus {
                GrpcStatus::of_code(match self { $(Self::$name => $grpc),* })
            }

            /// Whose doing it was.
            #[must_use]
            pub fn side(self) -> Side {
                match self { $(Self::$name => Side::$side),* }
            }
        }
    };
}

reasons! {
    /// A head that cannot be read in one way only (RFC 9112 §2.2).
    BadRequest = "bad-request", 400, 13, Downstream;
    /// `Transfer-Encoding` other than `chunked` (RFC 9112 §6.1).
    UnknownCoding = "unknown-transfer-coding", 501, 12, Downstream;
    /// An extended `CONNECT` for another protocol than WebSocket (RFC 9220 §3); `CONNECT` or `Upgrade` to endpoints that speak
    /// HTTP/2, of which no stream becomes a tunnel here.
    NoTunnel = "no-tunnel", 501, 12, Downstream;
    /// A version of HTTP that is not spoken here (RFC 9110 §15.6.6).
    BadVersion = "bad-version", 505, 12, Downstream;
    /// The target is longer than `uri_bytes`.
    UriTooLong = "uri-too-long", 414, 8, Downstream;
    /// The head is longer than `header_bytes` or has more fields than `header_count` (RFC 6585 §5).
    HeadTooLarge = "head-too-large", 431, 8, Downstream;
    /// The body is longer than `body_bytes`.
    BodyTooLarge = "body-too-large", 413, 8, Downstream;
    /// `Expect` other than `100-continue` (RFC 9110 §10.1.1).
    BadExpectation = "bad-expectation", 417, 13, Downstream;
    /// The head took longer than `header_timeout`.
    HeadTimeout = "head-timeout", 408, 4, Downstream;
    /// The body stood still for longer than `body_timeout`.
    BodyTimeout = "body-timeout", 408, 4, Downstream;
    /// The client went away or reset the connection.
    ClientGone = "client-gone", 499, 1, Downstream;
    /// No route names this host.
    NoHost = "no-host", 404, 12, Local;
    /// No route of this host is open on this listener.
    NoListener = "no-listener", 404, 12, Local;
    /// No route of this host has this path.
    NoPath = "no-path", 404, 12, Local;
    /// No route of this path has this method.
    NoMethod = "no-method", 404, 12, Local;
    /// No route of this path and method has these headers.
    NoHeader = "no-header", 404, 12, Local;
    /// As above, but the query parameters differ.
    NoQuery = "no-query", 404, 12, Local;
    /// As above, but the cookies differ.
    NoCookie = "no-cookie", 404, 12, Local;
    /// As above, but the source address differs.
    NoSource = "no-source", 404, 12, Local;
    /// The control server did not say in time what serves this host.
    HostPending = "host-pending", 503, 14, Local;
    /// `waiting` requests wait for their hosts already.
    HostLimit = "host-limit", 503, 14, Local;
    /// Every weight of the split is zero.
    NoDestination = "no-destination", 503, 14, Local;
    /// The destination has no endpoint that may be chosen.
    NoEndpoint = "no-endpoint", 503, 14, Local;
    /// The breakers of all endpoints of the destination are open.
    BreakerOpen = "breaker-open", 503, 14, Local;
    /// No endpoint of the destination is healthy and not ejected.
    NoHealthyEndpoint = "no-healthy-endpoint", 503, 14, Local;
    /// The first answer to the name of the cluster has not come yet.
    DnsPending = "dns-pending", 503, 14, Local;
    /// The name of the cluster stands for no endpoint: there is no such name, or nobody could be asked.
    DnsFailed = "dns-failed", 503, 14, Local;
    /// `pending` requests wait for a connection of the cluster already.
    PendingLimit = "pending-limit", 503, 14, Local;
    /// `limits.requests` are under way at the cluster already, as far as the importance of the route goes.
    RequestLimit = "request-limit", 503, 14, Local;
    /// Too many requests of the cluster fail, so a part of them is turned away.
    AdmissionControl = "admission-control", 503, 14, Local;
    /// The request waited longer than `pending_timeout` for a connection of the cluster.
    PendingTimeout = "pending-timeout", 503, 14, Local;
    /// The process has no file left for a connection to an endpoint.
    FileLimit = "file-limit", 503, 14, Local;
    /// The process has all the memory that `proxy.limits.memory` allows.
    Overload = "overload", 503, 14, Local;
    /// The route is in maintenance.
    Maintenance = "maintenance", 503, 14, Local;
    /// The route answers with a redirect.
    Redirect = "redirect", 302, 2, Local;
    /// The route answers by itself.
    DirectResponse = "direct-response", 200, 2, Local;
    /// `timeout` passed before the answer was whole.
    Timeout = "timeout", 504, 4, Upstream;
    /// The upstream did not answer within `response_idle_timeout`.
    ResponseTimeout = "response-timeout", 504, 4, Upstream;
    /// The upstream did not answer within `per_try_timeout`.
    TryTimeout = "per-try-timeout", 504, 4, Upstream;
    /// No connection within `connect_timeout`.
    ConnectTimeout = "connect-timeout", 504, 14, Upstream;
    /// The connection was refused or could not be made.
    ConnectFailure = "connect-failure", 502, 14, Upstream;
    /// The upstream closed or reset the connection before its answer's head was whole.
    UpstreamReset = "reset", 502, 14, Upstream;
    /// The upstream's answer cannot be read in one way only.
    BadResponse = "bad-response", 502, 13, Upstream;
    /// The upstream's head is longer than the limit.
    ResponseHeadTooLarge = "response-head-too-large", 502, 8, Upstream;
    /// The endpoints speak HTTP/2, but not WebSocket over it (RFC 8441 §3).
    NoWebSocket = "no-websocket", 502, 12, Upstream;
    /// A bug of the proxy: the exchange was given up, the worker lives.
    Internal = "internal", 500, 13, Local;
}

/// Whether an exchange counts as failed: by its status of gRPC, where it has one, and else by that of HTTP.
#[must_use]
pub fn is_failure(status: u16, grpc: Option<GrpcStatus>) -> bool {
    grpc.map_or(status / 100 == 5, GrpcStatus::is_failure)
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
