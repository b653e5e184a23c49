//! How a cluster bears it that its endpoints fail.

use super::Breaker;
use crate::model::{Placed, readable};

readable! {
    /// How a cluster bears it that its endpoints fail.
    pub struct Resilience {
        /// `breaker` of each endpoint. Default none.
        breaker: Placed<Option<Box<Breaker>>>,
    }
}
