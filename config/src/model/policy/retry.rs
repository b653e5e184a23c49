//! `retry`: when a request is sent again.

use std::fmt;
use std::time::Duration;

use crate::model::{FieldCondition, Placed, StatusRange, readable};

readable! {
    /// When a request is sent again, and how.
    pub struct Retry {
        /// `attempts`: how often it is sent again at most. Default 2.
        attempts: Placed<u32>,
        /// `conditions` after which it is.
        conditions: Placed<Vec<RetryCondition>>,
        /// `statuses` of answers after which it is.
        statuses: Placed<Vec<StatusRange>>,
        /// `headers` of answers after which it is: any of them.
        headers: Vec<FieldCondition>,
        /// `per_try_timeout`: how long one try may take until the head of its answer. Default none.
        per_try_timeout: Placed<Option<Duration>>,
        /// `backoff`: the pause before it.
        backoff: Backoff,
        /// `retry_after_max`: a longer pause that an answer asks for is not made. Default 5 s; none: what it asks for is not
        /// looked at.
        retry_after_max: Placed<Option<Duration>>,
        /// `methods`: whether it may be done twice. Default idempotent.
        methods: Placed<RetryMethods>,
        /// `cross_version`: whether endpoints of other subsets may answer the retry. Default false.
        cross_version: Placed<bool>,
    }
}

readable! {
    /// `backoff`: before retry n a part, drawn by chance, of (2ⁿ − 1) times `base`, of `max` at most.
    pub struct Backoff {
        /// `base`. Default 25 ms.
        base: Placed<Duration>,
        /// `max`. Default 250 ms.
        max: Placed<Duration>,
    }
}

impl Backoff {
    /// The longest pause before retry `number`, counted from 1.
    #[must_use]
    pub fn longest(&self, number: u32) -> Duration {
        let doubled = 1_u32.checked_shl(number).unwrap_or(u32::MAX).saturating_sub(1);
        self.base.saturating_mul(doubled).min(*self.max)
    }
}

/// Which requests may be sent again though an endpoint may have processed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMethods {
    /// `idempotent`: those that do no more when done twice (RFC 9110 §9.2.2).
    Idempotent,
    /// `any`: all.
    Any,
}

/// Whether doing a request with this method twice does no more than doing it once (RFC 9110 §9.2.2).
#[must_use]
pub fn is_idempotent(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "PUT" | "DELETE" | "OPTIONS" | "TRACE" | "QUERY")
}

/// A failure after which a request is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryCondition {
    /// `5xx`: an answer with such a status, or none.
    ServerError,
    /// `gateway-error`: an answer with 502, 503 or 504, or none.
    GatewayError,
    /// `reset`: no answer, whatever the reason.
    Reset,
    /// `reset-before-request`: the connection ended before any of the request was sent.
    ResetBeforeRequest,
    /// `connect-failure`: no connection.
    ConnectFailure,
    /// `refused-stream`: an endpoint of HTTP/2 said that it has not processed it.
    RefusedStream,
    /// `retriable-4xx`: an answer with 409.
    Conflict,
    /// `cancelled`: status 1 of gRPC in the head of the answer.
    Cancelled,
    /// `deadline-exceeded`: status 4.
    DeadlineExceeded,
    /// `internal`: status 13.
    Internal,
    /// `resource-exhausted`: status 8.
    ResourceExhausted,
    /// `unavailable`: status 14.
    Unavailable,
}

impl RetryCondition {
    /// Those that hold where nobody says otherwise.
    pub const DEFAULT: [Self; 4] =
        [Self::ConnectFailure, Self::RefusedStream, Self::Reset, Self::Unavailable];

    /// The status of gRPC that it is about.
    #[must_use]
    pub fn grpc_code(self) -> Option<u8> {
        match self {
            Self::Cancelled => Some(1),
            Self::DeadlineExceeded => Some(4),
            Self::ResourceExhausted => Some(8),
            Self::Internal => Some(13),
            Self::Unavailable => Some(14),
            _ => None,
        }
    }

    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ServerError => "5xx",
            Self::GatewayError => "gateway-error",
            Self::Reset => "reset",
            Self::ResetBeforeRequest => "reset-before-request",
            Self::ConnectFailure => "connect-failure",
            Self::RefusedStream => "refused-stream",
            Self::Conflict => "retriable-4xx",
            Self::Cancelled => "cancelled",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::Internal => "internal",
            Self::ResourceExhausted => "resource-exhausted",
            Self::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for RetryCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
