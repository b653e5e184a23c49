//! `proxy.access_log`: a line for each request.

use std::fmt;
use std::time::Duration;

use crate::model::{Placed, TemplatePart, UnixAddress, readable};

/// Where the lines of an access log go.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogPlace {
    /// `stdout`.
    Stdout,
    /// `stderr`.
    Stderr,
    /// `/var/log/towpath/access.log`: to the end of this file, which is made where it is not.
    File(String),
    /// `unix:/run/collector.sock`: over a connection to whoever listens there.
    Socket(UnixAddress),
}

impl fmt::Display for LogPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("stdout"),
            Self::Stderr => f.write_str("stderr"),
            Self::File(path) => f.write_str(path),
            Self::Socket(UnixAddress(name)) => write!(f, "unix:{name}"),
        }
    }
}

/// Declares the values that only a log can name.
macro_rules! log_values {
    ($($name:ident = $word:literal, $doc:literal;)*) => {
        /// A value of an exchange that has ended.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum LogValue {
            $(#[doc = $doc] $name,)*
            /// What header edits can name too: `cluster`, `path`, `header.NAME` …
            Request(TemplatePart),
            /// `response-header.NAME`: the first field of this (lower-case) name that the client got.
            ResponseHeader(String),
        }

        /// Their names.
        pub(crate) const LOG_VALUES: &[(&str, LogValue)] = &[$(($word, LogValue::$name)),*];
    };
}

log_values! {
    Time = "time", "When the request began: RFC 3339, UTC, with milliseconds.";
    Duration = "duration", "From the first octet of the request to the last one of its answer, in seconds.";
    FirstByte = "first-byte", "From the first octet of the request to the head of the upstream's answer, in seconds.";
    Protocol = "protocol", "`HTTP/1.1` or `HTTP/1.0`.";
    Query = "query", "What follows `?`, as it came.";
    Status = "status", "The status that the client got; 499 where it went away before.";
    Reason = "reason", "Why the proxy answered by itself, or why the answer broke off.";
    GrpcStatus = "grpc-status", "The status of a call of gRPC, such as `UNAVAILABLE`.";
    Attempts = "attempts", "How often the request was sent, or was to be.";
    RequestBytes = "request-bytes", "Octets of the request's body.";
    ResponseBytes = "response-bytes", "Octets of the answer's body.";
    Compression = "compression", "By what the answer was compressed: `zstd`, `br` or `gzip`.";
    BytesBefore = "uncompressed-bytes", "Octets of the answer's body before it was compressed.";
    Peer = "peer", "Address of the other end of the connection.";
    TraceId = "trace-id", "The trace that the request is part of (W3C Trace Context).";
}

/// A value under its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogField {
    pub(crate) name: String,
    pub(crate) value: LogValue,
}

impl LogField {
    /// The name, which needs no escapes in JSON.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &LogValue {
        &self.value
    }
}

/// One part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogPart {
    /// Text as it stands.
    Literal(String),
    /// `%{…}`.
    Value(LogValue),
}

/// `template`: how a line is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTemplate {
    pub(crate) text: String,
    pub(crate) parts: Vec<LogPart>,
}

impl LogTemplate {
    /// Its parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[LogPart] {
        &self.parts
    }
}

/// How a line is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFormat {
    /// `format: json`: an object of these values. What has no value is left out.
    Json(Vec<LogField>),
    /// `template`: text. What has no value is `-`.
    Template(LogTemplate),
    /// `format: short`: for people who watch; in colours on a terminal.
    Short,
}

impl LogFormat {
    /// The values that it names.
    pub fn values(&self) -> impl Iterator<Item = &LogValue> {
        let (fields, parts) = match self {
            Self::Json(fields) => (fields.as_slice(), [].as_slice()),
            Self::Template(template) => ([].as_slice(), template.parts()),
            Self::Short => Default::default(),
        };
        let in_parts = parts.iter().filter_map(|part| match part {
            LogPart::Value(value) => Some(value),
            LogPart::Literal(_) => None,
        });
        fields.iter().map(LogField::value).chain(in_parts)
    }
}

/// `404`, or `5xx` for all of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRange {
    pub(crate) first: u16,
    pub(crate) last: u16,
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => write!(f, "{}", self.first),
            false => write!(f, "{}xx", self.first / 100),
        }
    }
}

impl StatusRange {
    /// Whether this status is one of it.
    #[must_use]
    pub fn holds(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

/// Why the proxy answered by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogReason {
    /// `present`: whatever the reason.
    Present,
    /// A code, such as `no-endpoint`.
    Code(String),
}

/// The codes by which a table can name a reason. The proxy's own table of reasons has a test that holds them to it.
pub const REASONS: &[&str] = &[
    "bad-request",
    "unknown-transfer-coding",
    "no-tunnel",
    "bad-version",
    "uri-too-long",
    "head-too-large",
    "body-too-large",
    "bad-expectation",
    "head-timeout",
    "body-timeout",
    "client-gone",
    "no-host",
    "no-listener",
    "no-path",
    "no-method",
    "no-header",
    "no-query",
    "no-cookie",
    "no-source",
    "host-pending",
    "host-limit",
    "no-destination",
    "no-endpoint",
    "breaker-open",
    "no-healthy-endpoint",
    "dns-pending",
    "dns-failed",
    "pending-limit",
    "request-limit",
    "admission-control",
    "pending-timeout",
    "file-limit",
    "overload",
    "maintenance",
    "redirect",
    "direct-response",
    "timeout",
    "response-timeout",
    "per-try-timeout",
    "connect-timeout",
    "connect-failure",
    "reset",
    "bad-response",
    "response-head-too-large",
    "no-websocket",
    "internal",
    "idle-timeout",
    "cut",
];

/// `10%`, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(pub(crate) u32);

impl Percent {
    /// All of it, in millionths.
    pub const ALL: u32 = 1_000_000;

    /// It in millionths.
    #[must_use]
    pub fn millionths(self) -> u32 {
        self.0
    }

    /// Whether this one of all numbers is in the share.
    #[must_use]
    pub fn holds(self, number: u64) -> bool {
        (u128::from(number) * u128::from(Self::ALL)) >> 64 < u128::from(self.0)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:04}", self.0 / 10_000, self.0 % 10_000);
        write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

readable! {
    /// What an exchange has to be like to be logged: all of it.
    pub struct LogCondition {
        /// `status`: one of these, when there are any.
        status: Vec<StatusRange>,
        /// `reason`: one of these, when there are any.
        reason: Vec<LogReason>,
        /// `slower_than`: took longer.
        slower_than: Option<Duration>,
        /// `sample`: so many of all, drawn by the trace, or else by the request's id.
        sample: Option<Percent>,
    }
}

readable! {
    /// One access log.
    pub struct AccessLog {
        /// `to`: where the lines go. No two logs go to one place.
        to: Placed<LogPlace>,
        /// How a line is written.
        format: LogFormat,
        /// `when`: any of these holds; every exchange is logged when there is none.
        when: Vec<LogCondition>,
    }
}
