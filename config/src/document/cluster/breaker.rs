//! `breaker` of a cluster.

use std::time::Duration;

use crate::language::{OrNone, document};
use crate::model::Percent;
use crate::values::Whole;

document! {
    /// When an endpoint that keeps failing gets no more requests, and how it is tried again. What is not written is inherited.
    pub(crate) struct BreakerDoc as "`none`, or a map such as `{failure_threshold: 5}`" {
        /// So many failures without a success between them open it; `none` leaves it to `ratio`.
        failure_threshold: OrNone<Whole<1, 10_000>> = OrNone::Some(Whole(5)),
        /// The time within which failures, and requests for `ratio`, are counted.
        window: Duration = Duration::from_secs(60),
        /// The share of the requests of the window that must have failed to open it.
        ratio: OrNone<Percent> = OrNone::None,
        /// So many requests there must have been in the window before `ratio` counts.
        volume: Whole<1, 1_000_000> = Whole(20),
        /// Once it is open, for so long nothing is sent there; then one request tries. Each time that it fails, twice as long.
        recovery_timeout: Duration = Duration::from_secs(30),
        /// It is never longer than this.
        recovery_max: Duration = Duration::from_secs(300),
    }
}
