//! What is inherited: `defaults` → cluster → subset → route → destination, field by field.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Placed, Template, readable};

mod retry;

pub use retry::{Backoff, Retry, RetryCondition, RetryMethods, is_idempotent};

readable! {
    /// The effective policy of one destination of one route, every field with the line that won.
    pub struct Policy {
        /// `timeout`: the whole exchange, from the request's head to the last byte of the answer. Default none.
        timeout: Placed<Option<Duration>>,
        /// `grpc_timeout`: what a call of gRPC says of its time. Default `cap`.
        grpc_timeout: Placed<GrpcTimeout>,
        /// `connect_timeout`: to a new upstream connection. Default 5 s.
        connect_timeout: Placed<Option<Duration>>,
        /// `response_idle_timeout`: waiting for the answer's head, or between two reads of its body. Default 60 s.
        response_idle_timeout: Placed<Option<Duration>>,
        /// `pending_timeout`: waiting for a connection while the cluster has all that it may have. Default 5 s; 503
        /// `pending-timeout` beyond.
        pending_timeout: Placed<Option<Duration>>,
        /// `tunnel_idle_timeout`: how long a tunnel may stand still. Default 1 h.
        tunnel_idle_timeout: Placed<Option<Duration>>,
        /// `tunnel_half_closed_timeout`: the same, once one of its sides has ended. Default 60 s.
        tunnel_half_closed_timeout: Placed<Option<Duration>>,
        /// `headers.request`.
        request_headers: HeaderEdits,
        /// `headers.response`.
        response_headers: HeaderEdits,
        /// `compression`: none by default. Levels share one until one of them says more.
        compression: Placed<Option<Arc<Compression>>>,
        /// `retry`: none by default. Levels share one until one of them says more.
        retry: Placed<Option<Arc<Retry>>>,
    }
}

/// A coding in which an answer is sent instead of as it is (RFC 9110 §8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `zstd`: RFC 8878.
    Zstd,
    /// `br`: Brotli, RFC 7932.
    Brotli,
    /// `gzip`: RFC 1952.
    Gzip,
}

impl Algorithm {
    /// All of them, those first that give the least to send for their cost.
    pub const ALL: [Self; 3] = [Self::Zstd, Self::Brotli, Self::Gzip];

    /// The name in `Content-Encoding`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// Media types, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`.
    Exact(String),
    /// `text/*`: all of a type; what is kept is `text/`.
    Any(String),
    /// `*+json`: all of a structured syntax (RFC 6839); what is kept is `+json`.
    Suffix(String),
}

impl MediaType {
    /// Whether this is one; without parameters, case does not count.
    #[must_use]
    pub fn holds(&self, essence: &[u8]) -> bool {
        let part = match self {
            Self::Exact(_) => Some(essence),
            Self::Any(start) => essence.get(..start.len()),
            Self::Suffix(end) => essence.len().checked_sub(end.len()).and_then(|from| essence.get(from..)),
        };
        let (Self::Exact(text) | Self::Any(text) | Self::Suffix(text)) = self;
        part.is_some_and(|part| part.eq_ignore_ascii_case(text.as_bytes()))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => f.write_str(text),
            Self::Any(start) => write!(f, "{start}*"),
            Self::Suffix(end) => write!(f, "*{end}"),
        }
    }
}

/// What is text by nature, and no stream of events: those are open for long, and each would hold a compressor.
pub(crate) fn compressed_types() -> Vec<MediaType> {
    let exact = [
        "text/html",
        "text/plain",
        "text/css",
        "text/csv",
        "text/javascript",
        "text/markdown",
        "text/xml",
        "application/javascript",
        "application/json",
        "application/wasm",
        "application/x-ndjson",
        "application/xml",
        "font/otf",
        "font/ttf",
    ];
    let suffixes = ["+json", "+xml"].map(|end| MediaType::Suffix(end.to_owned()));
    exact.into_iter().map(|text| MediaType::Exact(text.to_owned())).chain(suffixes).collect()
}

readable! {
    /// Which answers are compressed, and how.
    pub struct Compression {
        /// `algorithms`, each once; of several that a client likes equally well, the first is taken.
        algorithms: Placed<Vec<Algorithm>>,
        /// `types` of answers that are worth it.
        types: Placed<Vec<MediaType>>,
        /// `min_bytes`: an answer that is known to be shorter is passed on as it is. Default 1KiB.
        min_bytes: Placed<u64>,
        /// `levels`: how hard each algorithm tries.
        levels: Levels,
    }
}

readable! {
    /// `levels` of compression.
    pub struct Levels {
        /// `zstd`, 1 to 6. Default 3.
        zstd: Placed<u32>,
        /// `br`, 1 to 6. Default 4.
        br: Placed<u32>,
        /// `gzip`, 1 to 9. Default 5.
        gzip: Placed<u32>,
    }
}

impl Levels {
    /// How hard this one tries.
    #[must_use]
    pub fn of(&self, algorithm: Algorithm) -> u32 {
        match algorithm {
            Algorithm::Zstd => *self.zstd,
            Algorithm::Brotli => *self.br,
            Algorithm::Gzip => *self.gzip,
        }
    }
}

/// What the field `grpc-timeout` of a call means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrpcTimeout {
    /// `cap`: the shorter of it and `timeout` holds, and the endpoint is told what is left.
    Cap,
    /// `ignore`: nothing; it is passed on as it came.
    Ignore,
}

readable! {
    /// Edits of one head, applied in the order set, add, remove.
    pub struct HeaderEdits {
        /// `set`: replaces every field of that name. Merged by name.
        set: EditList,
        /// `add`: one more field. Merged by name.
        add: EditList,
        /// `remove`: lower-case names. A list: the lower level replaces the upper.
        remove: Vec<Placed<String>>,
    }
}

/// Edits in the order of their names.
pub type EditList = Vec<Edit>;

readable! {
    /// One header to write.
    pub struct Edit {
        /// The name as it was written; compared without case.
        name: String,
        /// What to write.
        value: Placed<Template>,
    }
}
