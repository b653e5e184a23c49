//! `ejection` of a cluster.

use std::fmt;
use std::time::Duration;

use crate::model::{Percent, Placed, readable};

readable! {
    /// When an endpoint that fails more than others gets no requests for a while.
    pub struct Ejection {
        /// `consecutive_5xx`: so many errors in a row, whatever their kind. Default 5.
        consecutive_5xx: Placed<Option<u32>>,
        /// `consecutive_gateway`: so many gateway and local errors in a row. Default none.
        consecutive_gateway: Placed<Option<u32>>,
        /// `consecutive_local`: so many local errors in a row. Default none.
        consecutive_local: Placed<Option<u32>>,
        /// `success_rate` far below that of the others. Default none.
        success_rate: Placed<Option<SuccessRate>>,
        /// `failure_percentage` of an interval. Default none.
        failure_percentage: Placed<Option<FailurePercentage>>,
        /// `interval` over which shares are counted, and after which one time of ejection is forgotten. Default 10 s.
        interval: Placed<Duration>,
        /// `base`: for how long, times how often. Default 30 s.
        base: Placed<Duration>,
        /// `max_time`: never longer. Default 300 s.
        max_time: Placed<Duration>,
        /// `max`: no more of the endpoints at once. Default 50%.
        max: Placed<Percent>,
        /// `always_one`: whether one may be ejected whatever `max` says. Default yes.
        always_one: Placed<bool>,
    }
}

readable! {
    /// When an endpoint's share of successes is too far below that of the others.
    pub struct SuccessRate {
        /// `deviations`: so many standard deviations below the mean. Default 1.9.
        deviations: Placed<Thousandths>,
        /// `volume`: requests that an endpoint must have had in the interval. Default 100.
        volume: Placed<u32>,
        /// `endpoints` that must have had so many. Default 5.
        endpoints: Placed<u32>,
    }
}

readable! {
    /// When an endpoint's share of failures is too large, whatever that of the others is.
    pub struct FailurePercentage {
        /// `threshold`: so large. Default 85%.
        threshold: Placed<Percent>,
        /// `volume`: requests that an endpoint must have had in the interval. Default 50.
        volume: Placed<u32>,
        /// `endpoints` that must have had so many. Default 5.
        endpoints: Placed<u32>,
    }
}

/// A number such as `1.9`, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thousandths(pub(crate) u32);

impl Thousandths {
    /// It as a number.
    #[must_use]
    pub fn number(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}
