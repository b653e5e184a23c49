//! What the end of an attempt says of its endpoint.

use crate::outcome::{GrpcStatus, Reason, is_failure};

#[cfg(test)]
mod tests;

/// How an attempt ended, as far as that is the endpoint's doing. Ordered: each is a worse sign than the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It answered, and whatever is wrong with the request, nothing is wrong with the endpoint.
    Success,
    /// It answered that it failed: 5xx, or a status of gRPC that says so.
    Error,
    /// It answered that it cannot serve, or not in time: 502, 503, 504, UNAVAILABLE, DEADLINE_EXCEEDED.
    Gateway,
    /// It did not answer: no connection, none in time, reset, or nothing that can be read.
    Local,
}

impl Outcome {
    /// The word in the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Gateway => "gateway",
            Self::Local => "local",
        }
    }

    /// Of an answer. A call of gRPC goes by its own status.
    #[must_use]
    pub fn answered(status: u16, grpc: Option<GrpcStatus>) -> Self {
        let is_gateway = match grpc {
            Some(status) => matches!(status, GrpcStatus::Unavailable | GrpcStatus::DeadlineExceeded),
            None => matches!(status, 502..=504),
        };
        match (is_failure(status, grpc), is_gateway) {
            (false, _) => Self::Success,
            (true, false) => Self::Error,
            (true, true) => Self::Gateway,
        }
    }

    /// Of an attempt that gave no answer, or none that is whole; `None` where the endpoint has no part in it.
    #[must_use]
    pub fn failed(reason: Reason) -> Option<Self> {
        let is_local = matches!(
            reason,
            Reason::ConnectFailure
                | Reason::ConnectTimeout
                | Reason::UpstreamReset
                | Reason::BadResponse
                | Reason::ResponseHeadTooLarge
                | Reason::ResponseTimeout
                | Reason::TryTimeout
                | Reason::Timeout
        );
        is_local.then_some(Self::Local)
    }
}
