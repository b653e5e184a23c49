//! `retry_budget` of a cluster.

use std::time::Duration;

use crate::language::{OrNone, document};
use crate::model::{Percent, Rate};

document! {
    /// How many retries a cluster may get: the larger of `ratio` and `floor`. What is not written is inherited.
    pub(crate) struct RetryBudgetDoc as "`none`, or a map such as `{ratio: 20%, floor: 10/s, window: 10s}`" {
        /// So many of the requests of the `window` may be sent again.
        ratio: Percent = Percent(200_000),
        /// So many there may be, however few requests there are.
        floor: OrNone<Rate> = OrNone::Some(Rate { count: 10, per: Duration::from_secs(1) }),
        /// Over which time both are counted, 100ms to 10m.
        window: Duration = Duration::from_secs(10),
    }
}
