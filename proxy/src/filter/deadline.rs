//! How long an exchange may take: what the route allows, and for a call of gRPC no more than its caller waits.

use std::time::Duration;

use towpath_config::model::{GrpcTimeout, Policy};

use crate::codec::fields::{Fields, Known};
use crate::codec::grpc;
use crate::codec::outgoing::Outgoing;

/// Whose word on time holds for an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The route's alone.
    Route,
    /// The caller's too, by `grpc-timeout`, which the endpoint gets anew.
    Call,
}

impl Clock {
    /// Of a request, by the policy of its destination.
    #[must_use]
    pub fn of(is_grpc: bool, policy: &Policy) -> Self {
        match **policy.grpc_timeout() {
            GrpcTimeout::Cap if is_grpc => Self::Call,
            GrpcTimeout::Cap | GrpcTimeout::Ignore => Self::Route,
        }
    }

    /// How long the whole exchange may take.
    #[must_use]
    pub fn limit(self, fields: &Fields, policy: &Policy) -> Option<Duration> {
        let allowed = **policy.timeout();
        match (allowed, self.waited(fields)) {
            (Some(allowed), Some(waited)) => Some(allowed.min(waited)),
            (allowed, waited) => allowed.or(waited),
        }
    }

    /// How long the caller waits; of what is said twice nothing holds.
    fn waited(self, fields: &Fields) -> Option<Duration> {
        if self == Self::Route {
            return None;
        }
        let mut said = fields.of(Known::GrpcTimeout);
        let first = said.next()?;
        if said.next().is_some() { None } else { grpc::timeout(first.value) }
    }

    /// Tells the endpoint how much of the time is left. What the caller said goes, also where it was no time.
    pub fn tell(self, fields: &Fields, left: Option<Duration>, out: &mut Outgoing) {
        if self == Self::Route {
            return;
        }
        out.remove(fields, b"grpc-timeout");
        if let Some(left) = left {
            out.add_with(b"grpc-timeout", |text| grpc::write_timeout(left, text));
        }
    }
}

#[cfg(test)]
mod tests;
