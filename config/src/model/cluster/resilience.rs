//! How a cluster bears it that its endpoints fail.

use super::{AdmissionControl, Breaker, Ejection, HealthCheck, RetryBudget};
use crate::model::{Percent, Placed, readable};

readable! {
    /// How a cluster bears it that its endpoints fail.
    pub struct Resilience {
        /// `breaker` of each endpoint. Default none.
        breaker: Placed<Option<Box<Breaker>>>,
        /// `ejection` of endpoints that fail more than others. Default none.
        ejection: Placed<Option<Box<Ejection>>>,
        /// `panic`: where fewer endpoints than this can be picked, all are. Default 50%.
        panic: Placed<Option<Percent>>,
        /// `health`: how endpoints are asked whether they are well. Default none.
        health: Placed<Option<Box<HealthCheck>>>,
        /// `retry_budget`: how many retries there may be beside the requests. On by default.
        retry_budget: Placed<Option<RetryBudget>>,
        /// `admission`: when requests are turned away because too many fail. Default none.
        admission: Placed<Option<Box<AdmissionControl>>>,
    }
}
