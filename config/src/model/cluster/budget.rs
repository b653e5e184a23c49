//! `retry_budget` of a cluster.

use std::fmt;
use std::time::Duration;

use crate::model::{Percent, Placed, readable};

/// So many in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub(crate) count: u32,
    pub(crate) per: Duration,
}

impl Rate {
    /// How many come to a span of time, rounded down.
    #[must_use]
    pub fn within(self, span: Duration) -> u64 {
        let count = u128::from(self.count) * span.as_millis() / self.per.as_millis().max(1);
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per.as_secs() {
            1 => "s",
            60 => "min",
            _ => "h",
        };
        write!(f, "{}/{unit}", self.count)
    }
}

readable! {
    /// How many retries a cluster may get: the larger of `ratio` and `floor`.
    pub struct RetryBudget {
        /// `ratio`: of the requests of the `window` that may be sent again. Default 20%.
        ratio: Placed<Percent>,
        /// `floor`: so many there may be, however few requests there are. Default 10/s.
        floor: Placed<Option<Rate>>,
        /// `window` over which both are counted. Default 10 s.
        window: Placed<Duration>,
    }
}
