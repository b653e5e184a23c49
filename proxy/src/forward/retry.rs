//! Whether a request is sent again after what became of a try, and after which pause. Nothing is counted or waited for here.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use towpath_config::model::{Retry, RetryCondition, RetryMethods};

use crate::codec::fields::{Fields, Known};
use crate::codec::grpc;
use crate::codec::message::{RequestHead, ResponseHead};
use crate::outcome::{GrpcStatus, Reason, Side};
use crate::route::condition::field_holds;
use crate::upstream::attempt::{AttemptFault, Seen};

/// The field that tells an endpoint that it may have seen the request before: the number of the try, from 2 on.
pub const ATTEMPT_FIELD: &str = "x-towpath-attempt";

/// What became of a try.
#[derive(Debug, Clone, Copy)]
pub enum Tried<'a> {
    /// An answer, as far as its head.
    Answered(&'a ResponseHead),
    /// None.
    Failed(AttemptFault),
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The caller gets it.
    Enough,
    /// It would be sent again, but that could do it twice.
    NotIdempotent,
    /// It would be sent again, but the answer asks for a longer pause than may be made.
    TooLate,
    /// It may be sent again, after this pause at least if an answer asked for one.
    Again(Option<Duration>),
}

/// Judges what became of a try.
#[must_use]
pub fn judge(
    rules: &Retry,
    request: &RequestHead,
    tried: Tried<'_>,
    now: impl FnOnce() -> SystemTime,
) -> Verdict {
    let wanted = match tried {
        Tried::Answered(head) => is_answer_wanting(rules, request, head),
        Tried::Failed(fault) => is_fault_wanting(rules, fault),
    };
    let is_unprocessed = match tried {
        Tried::Answered(_) => false,
        Tried::Failed(fault) => match fault.seen {
            Seen::Unsent | Seen::Refused | Seen::Nothing => true,
            Seen::Unknown | Seen::Something => false,
        },
    };
    let may_be_done_twice = **rules.methods() == RetryMethods::Any || request.is_idempotent();
    match tried {
        _ if !wanted => Verdict::Enough,
        _ if !is_unprocessed && !may_be_done_twice => Verdict::NotIdempotent,
        Tried::Failed(_) => Verdict::Again(None),
        Tried::Answered(head) => match (asked_pause(&head.fields, now()), **rules.retry_after_max()) {
            (Some(asked), Some(max)) if asked > max => Verdict::TooLate,
            (asked, Some(_)) => Verdict::Again(asked),
            (_, None) => Verdict::Again(None),
        },
    }
}

fn is_answer_wanting(rules: &Retry, request: &RequestHead, head: &ResponseHead) -> bool {
    let grpc = head.fields.has(Known::GrpcStatus) && request.is_grpc();
    let grpc = if grpc { grpc::status(&head.fields) } else { None };
    let fits = |condition: &RetryCondition| match condition {
        RetryCondition::ServerError => head.status / 100 == 5,
        RetryCondition::GatewayError => matches!(head.status, 502..=504),
        RetryCondition::Conflict => head.status == 409,
        condition => condition.grpc_code().is_some_and(|code| grpc.map(GrpcStatus::code) == Some(code)),
    };
    // most answers are good
    (head.status >= 400 || grpc.is_some()) && rules.conditions().iter().any(fits)
        || rules.statuses().iter().any(|range| range.holds(head.status))
        || rules.headers().iter().any(|condition| field_holds(condition, &head.fields))
}

fn is_fault_wanting(rules: &Retry, AttemptFault { reason, seen }: AttemptFault) -> bool {
    let is_connect = matches!(
        (reason, seen),
        (Reason::ConnectFailure | Reason::ConnectTimeout, _) | (Reason::TryTimeout, Seen::Unsent)
    );
    // what the proxy itself refuses is no failure of an endpoint, and after `timeout` there is no time
    let is_none = reason.side() == Side::Upstream
        && !matches!(reason, Reason::Timeout | Reason::ResponseHeadTooLarge | Reason::NoWebSocket);
    is_none
        && rules.conditions().iter().any(|condition| match condition {
            RetryCondition::ServerError | RetryCondition::GatewayError | RetryCondition::Reset => true,
            RetryCondition::ConnectFailure => is_connect,
            RetryCondition::ResetBeforeRequest => !is_connect && matches!(seen, Seen::Unsent | Seen::Nothing),
            RetryCondition::RefusedStream => seen == Seen::Refused,
            _ => false,
        })
}

/// Numbers of seconds above this are moments, below it spans of time.
const MOMENT_SECONDS_MIN: u64 = 1_000_000_000;

/// How long an answer asks to wait, if it does: by `Retry-After` (RFC 9110 §10.2.3), or by the reset of a rate limit, which some
/// write as a span and some as a moment, or by the pushback of gRPC (grpc/proposal A6), which may be "never".
fn asked_pause(fields: &Fields, now: SystemTime) -> Option<Duration> {
    let text =
        |name: &'static str| fields.values(name).next().and_then(|value| std::str::from_utf8(value).ok());
    let seconds = |text: &str| text.trim().parse::<u64>().ok();
    let until = |moment: SystemTime| moment.duration_since(now).unwrap_or_default();
    let after = text("retry-after").and_then(|text| {
        seconds(text).map(Duration::from_secs).or_else(|| httpdate::parse_http_date(text).ok().map(until))
    });
    let reset = |name| {
        text(name).and_then(seconds).map(|seconds| match seconds {
            MOMENT_SECONDS_MIN.. => until(UNIX_EPOCH + Duration::from_secs(seconds)),
            span => Duration::from_secs(span),
        })
    };
    let pushback = || {
        let told = text("grpc-retry-pushback-ms")?.trim();
        Some(told.parse().map_or(Duration::MAX, Duration::from_millis))
    };
    after.or_else(|| reset("ratelimit-reset")).or_else(|| reset("x-ratelimit-reset")).or_else(pushback)
}

/// The pause before retry `number`, counted from 1: by chance, so that what failed at once does not come back at once. `draw` is
/// from 0 to 1.
#[must_use]
pub fn pause(rules: &Retry, number: u32, asked: Option<Duration>, draw: f64) -> Duration {
    match asked {
        // not sooner than asked, and up to half of it later
        Some(asked) => asked.mul_f64(1.0 + draw / 2.0),
        None => rules.backoff().longest(number).mul_f64(draw),
    }
}

/// Whether a proxy before this one has sent the request again: then it is for that one to do so once more.
#[must_use]
pub fn is_again(fields: &Fields) -> bool {
    let number = fields.first(Known::Attempt).and_then(|value| std::str::from_utf8(value).ok());
    number.and_then(|text| text.parse::<u32>().ok()).is_some_and(|number| number > 1)
}

#[cfg(test)]
mod tests;
