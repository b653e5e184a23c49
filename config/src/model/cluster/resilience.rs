//! How a cluster bears it that its endpoints fail.

use super::{Breaker, HealthCheck, RetryBudget};
use crate::model::{Placed, readable};

readable! {
    /// How a cluster bears it that its endpoints fail.
    pub struct Resilience {
        /// `breaker` of each endpoint. Default none.
        breaker: Placed<Option<Box<Breaker>>>,
        /// `health`: how endpoints are asked whether they are well. Default none.
        health: Placed<Option<Box<HealthCheck>>>,
        /// `retry_budget`: how many retries there may be beside the requests. On by default.
        retry_budget: Placed<Option<RetryBudget>>,
    }
}
