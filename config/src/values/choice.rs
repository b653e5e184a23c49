//! One of a few words.

use std::num::NonZeroU16;

use serde_json::{Value, json};

use crate::fault::did_you_mean;
use crate::language::{Word, Write, Wrong};
use crate::model::{
    Algorithm, Balance, ClusterProtocol, DnsFamily, DnsMode, ForwardHeader, GrpcTimeout, Importance,
    PathNormalization, Protocol, ProxyVersion, RetryCondition, RetryMethods, Workers,
};
use crate::values::LogStyle;

/// Declares the words of a type. Each value has exactly one.
macro_rules! choice {
    ($kind:ty, $what:literal: $($word:literal => $value:path),+ $(,)?) => {
        impl Word for $kind {
            const WANTED: &'static str = $what;

            fn parse(text: &str) -> Result<Self, Wrong> {
                match text {
                    $($word => Ok($value),)+
                    _ => Err(unknown(text, $what, &[$($word),+])),
                }
            }

            fn word_schema() -> Value {
                json!({"enum": [$($word),+]})
            }
        }

        impl Write for $kind {
            fn write(&self) -> Value {
                match self {
                    $($value => json!($word),)+
                }
            }
        }
    };
}

/// Words of other proxies, for which there are keys here.
const ELSEWHERE: [(&str, &str); 2] = [
    ("retriable-status-codes", "write the statuses beside `conditions`: `statuses: [503]`"),
    ("retriable-headers", "write the headers beside `conditions`: `headers: {x-retry: present}`"),
];

fn unknown(text: &str, what: &str, words: &[&str]) -> Wrong {
    let listed = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    if let Some((_, help)) = ELSEWHERE.iter().find(|(word, _)| *word == text) {
        return Wrong::not(text, what, *help);
    }
    let help = did_you_mean(text, words.iter().copied()).unwrap_or_else(|| match words {
        [_] => format!("only {listed} is known here"),
        _ => format!("one of {listed}"),
    });
    Wrong::not(text, what, help)
}

/// Which property of the connection's peer is a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeySource {
    Ip,
}

/// The scheme of a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

choice!(Protocol, "a protocol of a listener": "http" => Self::Http, "tcp" => Self::Tcp);
choice!(ClusterProtocol, "a protocol of a cluster": "h1" => Self::Http1, "h2" => Self::Http2);
choice!(ProxyVersion, "a version of the PROXY protocol": "v1" => Self::V1, "v2" => Self::V2);
choice!(KeySource, "a property of the peer": "ip" => Self::Ip);
choice!(Scheme, "a scheme": "http" => Self::Http, "https" => Self::Https);
choice!(Balance, "a way to balance":
    "least-request" => Self::LeastRequest,
    "round-robin" => Self::RoundRobin,
    "random" => Self::Random,
);
choice!(Algorithm, "an algorithm of compression":
    "zstd" => Self::Zstd,
    "br" => Self::Brotli,
    "gzip" => Self::Gzip,
);
choice!(Importance, "an importance":
    "low" => Self::Low,
    "normal" => Self::Normal,
    "high" => Self::High,
);
choice!(GrpcTimeout, "a way to take `grpc-timeout`":
    "cap" => Self::Cap,
    "ignore" => Self::Ignore,
);
choice!(RetryMethods, "a choice of methods":
    "idempotent" => Self::Idempotent,
    "any" => Self::Any,
);
choice!(RetryCondition, "a condition of retries":
    "5xx" => Self::ServerError,
    "gateway-error" => Self::GatewayError,
    "reset" => Self::Reset,
    "reset-before-request" => Self::ResetBeforeRequest,
    "connect-failure" => Self::ConnectFailure,
    "refused-stream" => Self::RefusedStream,
    "retriable-4xx" => Self::Conflict,
    "cancelled" => Self::Cancelled,
    "deadline-exceeded" => Self::DeadlineExceeded,
    "internal" => Self::Internal,
    "resource-exhausted" => Self::ResourceExhausted,
    "unavailable" => Self::Unavailable,
);
choice!(LogStyle, "a way to write a line":
    "json" => Self::Json,
    "short" => Self::Short,
);
choice!(DnsMode, "a way to take several addresses":
    "strict" => Self::Strict,
    "logical" => Self::Logical,
);
choice!(DnsFamily, "a family of addresses":
    "any" => Self::Any,
    "v4" => Self::V4,
    "v6" => Self::V6,
);
choice!(PathNormalization, "a way to normalise paths":
    "base" => Self::Base,
    "none" => Self::None,
    "merge-slashes" => Self::MergeSlashes,
    "decode-and-merge-slashes" => Self::DecodeAndMergeSlashes,
);
choice!(ForwardHeader, "a header for the next hop":
    "x-forwarded" => Self::XForwarded,
    "forwarded" => Self::Forwarded,
    "via" => Self::Via,
    "request-id" => Self::RequestId,
);

impl Word for Workers {
    const WANTED: &'static str = "`auto` or a number of threads";

    fn parse(text: &str) -> Result<Self, Wrong> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        match text.parse::<NonZeroU16>() {
            Ok(count) if count.get() <= 256 => Ok(Self::Count(count)),
            _ => Err(Wrong::not(text, "a number of workers", "write `auto`, or a number from 1 to 256")),
        }
    }

    fn word_schema() -> Value {
        json!({"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1, "maximum": 256}]})
    }
}

impl Write for Workers {
    fn write(&self) -> Value {
        match self {
            Self::Auto => json!("auto"),
            Self::Count(count) => json!(count.get()),
        }
    }
}
