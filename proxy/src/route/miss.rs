//! How far a request got that no route took.

use crate::route::condition::Predicate;

/// The furthest stage that any candidate reached, in the order in which they are passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Miss {
    /// No route answers for this host.
    NoHost,
    /// One does, but not on this listener.
    NoListener,
    /// One does, but not for this path.
    NoPath,
    /// One would, with another method.
    NoMethod,
    /// One would, with other headers.
    NoHeader,
    /// One would, with other query parameters.
    NoQuery,
    /// One would, with other cookies.
    NoCookie,
    /// One would, for another client.
    NoSource,
}

impl Miss {
    /// The reason code, as it stands in the log and in `x-towpath-reason`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoHost => "no-host",
            Self::NoListener => "no-listener",
            Self::NoPath => "no-path",
            Self::NoMethod => "no-method",
            Self::NoHeader => "no-header",
            Self::NoQuery => "no-query",
            Self::NoCookie => "no-cookie",
            Self::NoSource => "no-source",
        }
    }
}

impl From<Predicate> for Miss {
    fn from(failed: Predicate) -> Self {
        match failed {
            Predicate::Path => Self::NoPath,
            Predicate::Method => Self::NoMethod,
            Predicate::Header(_) => Self::NoHeader,
            Predicate::Query(_) => Self::NoQuery,
            Predicate::Cookie(_) => Self::NoCookie,
            Predicate::Source => Self::NoSource,
        }
    }
}
