//! `retry` of a policy.

use std::time::Duration;

use crate::language::{OneOrMany, OrNone, Pairs, ShortOr, document};
use crate::model::{RetryCondition, RetryMethods, StatusRange, ValueMatch};
use crate::values::{Flag, HeaderName, Whole};

/// How often a request may be sent again.
pub(crate) type Attempts = Whole<1, 10>;

/// `none`, a number, or a map.
pub(crate) type WrittenRetry = OrNone<ShortOr<Attempts, RetryDoc>>;

document! {
    /// When a request is sent again, and how. What is not written is inherited.
    pub(crate) struct RetryDoc as "`none`, how often a request may be sent again, or a map" {
        /// How often a request may be sent again, after the first time.
        attempts: Attempts = Whole(2),
        /// After which failures: `connect-failure` (no connection), `refused-stream` (an HTTP/2 endpoint has not processed it),
        /// `reset-before-request` (the connection ended before anything was sent), `reset` (no answer, these three included),
        /// `gateway-error` (502, 503, 504, or no answer), `5xx` (such an answer, or none), `retriable-4xx` (409); and for calls
        /// of gRPC `cancelled`, `deadline-exceeded`, `internal`, `resource-exhausted`, `unavailable` in the head of the answer.
        conditions: OrNone<OneOrMany<RetryCondition>> = OrNone::Some(OneOrMany::built_in(RetryCondition::DEFAULT)),
        /// After which statuses of answers: `503`, or `5xx` for all of a class.
        statuses: OrNone<OneOrMany<StatusRange>> = OrNone::None,
        /// After answers with one of these headers. Levels are merged by name; `none` drops what was inherited.
        headers: OrNone<Pairs<HeaderName, ValueMatch>>,
        /// How long a try may take for its connection, and again until the head of the answer once the request is sent whole.
        per_try_timeout: OrNone<Duration> = OrNone::None,
        /// The pause before a retry.
        backoff: BackoffDoc,
        /// The longest pause that is made because an answer asks for it (`Retry-After`, `X-RateLimit-Reset`); one that asks for
        /// more is not retried. `none`: what answers ask for is not looked at.
        retry_after_max: OrNone<Duration> = OrNone::Some(Duration::from_secs(5)),
        /// What may be sent again though an endpoint may have processed it: `idempotent` methods, or `any`.
        methods: RetryMethods = RetryMethods::Idempotent,
        /// Whether endpoints of other subsets of the cluster may get the retry.
        cross_version: Flag = Flag(false),
    }
}

document! {
    /// The pause before retry n: a part, drawn by chance, of (2ⁿ − 1) times `base`, of `max` at most.
    pub(crate) struct BackoffDoc as "a map such as `{base: 25ms, max: 250ms}`" {
        /// The longest pause before the first retry.
        base: Duration = Duration::from_millis(25),
        /// The longest pause before any.
        max: Duration = Duration::from_millis(250),
    }
}
