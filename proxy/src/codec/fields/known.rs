//! Names that the proxy looks at, told apart by length and first letter: at most two comparisons.

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
    /// `grpc-status`.
    GrpcStatus,
    /// `grpc-timeout`.
    GrpcTimeout,
    /// `Content-Length`.
    ContentLength,
    /// `X-Forwarded-For`.
    ForwardedFor,
    /// `X-Forwarded-Host`.
    ForwardedHost,
    /// `X-Forwarded-Proto`.
    ForwardedProto,
    /// `X-Towpath-Explain`.
    Explain,
    /// `X-Towpath-Attempt`.
    Attempt,
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
        let Some(first) = name.first() else { return Self::Other };
        match (name.len(), first | CASE) {
            (2, b't') if is(name, b"te") => Self::Te,
            (3, b'v') if is(name, b"via") => Self::Via,
            (4, b'h') if is(name, b"host") => Self::Host,
            (6, b'c') if is(name, b"cookie") => Self::Cookie,
            (6, b'e') if is(name, b"expect") => Self::Expect,
            (7, b't') if is(name, b"trailer") => Self::Trailer,
            (7, b'u') if is(name, b"upgrade") => Self::Upgrade,
            (9, b'f') if is(name, b"forwarded") => Self::Forwarded,
            (10, b'c') if is(name, b"connection") => Self::Connection,
            (10, b'k') if is(name, b"keep-alive") => Self::KeepAlive,
            (11, b'g') if is(name, b"grpc-status") => Self::GrpcStatus,
            (12, b'c') if is(name, b"content-type") => Self::ContentType,
            (12, b'g') if is(name, b"grpc-timeout") => Self::GrpcTimeout,
            (12, b'x') if is(name, b"x-request-id") => Self::RequestId,
            (14, b'c') if is(name, b"content-length") => Self::ContentLength,
            (14, b'h') if is(name, b"http2-settings") => Self::Http2Settings,
            (15, b'x') if is(name, b"x-forwarded-for") => Self::ForwardedFor,
            (16, b'x') if is(name, b"x-forwarded-host") => Self::ForwardedHost,
            (16, b'p') if is(name, b"proxy-connection") => Self::ProxyConnection,
            (17, b'x') if is(name, b"x-forwarded-proto") => Self::ForwardedProto,
            (17, b'x') if is(name, b"x-towpath-explain") => Self::Explain,
            (17, b'x') if is(name, b"x-towpath-attempt") => Self::Attempt,
            (17, b't') if is(name, b"transfer-encoding") => Self::TransferEncoding,
            _ => Self::Other,
        }
    }
}

/// The bit by which a capital differs from its small letter.
const CASE: u8 = 0x20;

/// Whether the name is this one, case aside. Of a length that is known beforehand, so that it is compared at once; no
/// byte of a token but the capital becomes the letter, the digit or the hyphen by having its bit set.
fn is<const N: usize>(name: &[u8], known: &[u8; N]) -> bool {
    let differs = |name: &[u8; N]| {
        name.iter().zip(known).fold(0, |differs, (one, other)| differs | (one | CASE) ^ other)
    };
    name.first_chunk().is_some_and(|name| differs(name) == 0)
}

/// Classes of names.
#[derive(Debug, Default, Clone, Copy)]
pub struct KnownSet(u32);

impl KnownSet {
    /// Fields that are about one connection only and never passed on (RFC 9110 §7.6.1).
    pub const HOP_BY_HOP: Self = Self::of(&[
        Known::Connection,
        Known::KeepAlive,
        Known::ProxyConnection,
        Known::Te,
        Known::Upgrade,
        Known::Http2Settings,
        Known::TransferEncoding,
    ]);

    /// These.
    #[must_use]
    pub const fn of(classes: &[Known]) -> Self {
        let mut set = Self(0);
        let mut rest = classes;
        while let [class, others @ ..] = rest {
            set.0 |= 1 << *class as u32;
            rest = others;
        }
        set
    }

    /// Adds one.
    pub fn insert(&mut self, class: Known) {
        self.0 |= Self::of(&[class]).0;
    }

    /// Whether any class is in both.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it has this class.
    #[must_use]
    pub const fn has(self, class: Known) -> bool {
        self.meets(Self::of(&[class]))
    }
}

#[cfg(test)]
mod tests;
