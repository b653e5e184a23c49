//! Names that the proxy looks at, told apart by length first: one comparison for most fields.

/// The class of a field name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// A name that means nothing to the proxy.
    Other,
    /// `TE`.
    Te,
    /// `Via`.
    Via,
    /// `Host`.
    Host,
    /// `Cookie`.
    Cookie,
    /// `Expect`.
    Expect,
    /// `Trailer`.
    Trailer,
    /// `Upgrade`.
    Upgrade,
    /// `Forwarded`.
    Forwarded,
    /// `Connection`.
    Connection,
    /// `Keep-Alive`.
    KeepAlive,
    /// `X-Request-Id`.
    RequestId,
    /// `Content-Type`.
    ContentType,
    /// `Content-Length`.
    ContentLength,
    /// `X-Forwarded-For`.
    ForwardedFor,
    /// `X-Forwarded-Host`.
    ForwardedHost,
    /// `X-Forwarded-Proto`.
    ForwardedProto,
    /// `Proxy-Connection`.
    ProxyConnection,
    /// `Transfer-Encoding`.
    TransferEncoding,
    /// `HTTP2-Settings`.
    Http2Settings,
}

impl Known {
    /// The class of this name; case does not count.
    #[must_use]
    pub fn of(name: &[u8]) -> Self {
        let among: &[(&str, Self)] = match name.len() {
            2 => &[("te", Self::Te)],
            3 => &[("via", Self::Via)],
            4 => &[("host", Self::Host)],
            6 => &[("cookie", Self::Cookie), ("expect", Self::Expect)],
            7 => &[("trailer", Self::Trailer), ("upgrade", Self::Upgrade)],
            9 => &[("forwarded", Self::Forwarded)],
            10 => &[("connection", Self::Connection), ("keep-alive", Self::KeepAlive)],
            12 => &[("content-type", Self::ContentType), ("x-request-id", Self::RequestId)],
            14 => &[("content-length", Self::ContentLength), ("http2-settings", Self::Http2Settings)],
            15 => &[("x-forwarded-for", Self::ForwardedFor)],
            16 => &[("x-forwarded-host", Self::ForwardedHost), ("proxy-connection", Self::ProxyConnection)],
            17 => {
                &[("x-forwarded-proto", Self::ForwardedProto), ("transfer-encoding", Self::TransferEncoding)]
            }
            _ => &[],
        };
        among
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))
            .map_or(Self::Other, |(_, class)| *class)
    }

    /// Whether the field is about one connection only and never passed on (RFC 9110 §7.6.1).
    #[must_use]
    pub fn is_hop_by_hop(self) -> bool {
        matches!(
            self,
            Self::Connection
                | Self::KeepAlive
                | Self::ProxyConnection
                | Self::Te
                | Self::Upgrade
                | Self::Http2Settings
                | Self::TransferEncoding
        )
    }
}
