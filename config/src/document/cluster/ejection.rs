//! `ejection` of a cluster.

use std::time::Duration;

use crate::language::{OrNone, document};
use crate::model::Percent;
use crate::values::{Decimal, Flag, Whole};

document! {
    /// When an endpoint that fails more than others gets no requests for a while. What is not written is inherited.
    pub(crate) struct EjectionDoc as "`none`, or a map such as `{consecutive_5xx: 5}`" {
        /// So many errors in a row: answers above 499, failed calls of gRPC, and attempts without an answer.
        consecutive_5xx: OrNone<Whole<1, 10_000>> = OrNone::Some(Whole(5)),
        /// So many in a row that say that it cannot serve: 502, 503, 504, or no answer.
        consecutive_gateway: OrNone<Whole<1, 10_000>> = OrNone::None,
        /// So many attempts in a row without an answer.
        consecutive_local: OrNone<Whole<1, 10_000>> = OrNone::None,
        /// A share of successes in an `interval` that is far below that of the other endpoints.
        success_rate: OrNone<SuccessRateDoc>,
        /// A share of failures in an `interval`, whatever that of the other endpoints is.
        failure_percentage: OrNone<FailurePercentageDoc>,
        /// The time over which shares are counted; one time of ejection is forgotten after each.
        interval: Duration = Duration::from_secs(10),
        /// For how long an endpoint is ejected, times how often it was.
        base: Duration = Duration::from_secs(30),
        /// It is never longer than this.
        max_time: Duration = Duration::from_secs(300),
        /// No more of the cluster's endpoints are ejected at once.
        max: Percent = Percent(500_000),
        /// Whether one may be ejected whatever `max` says.
        always_one: Flag = Flag(true),
    }
}

document! {
    /// When an endpoint's share of successes is too far below that of the others.
    pub(crate) struct SuccessRateDoc as "`none`, or a map such as `{deviations: 1.9}`" {
        /// So many standard deviations below the mean of all.
        deviations: Decimal<100, 10_000> = Decimal(1900),
        /// Requests that an endpoint must have had in the interval to be judged.
        volume: Whole<1, 1_000_000> = Whole(100),
        /// So many endpoints must have had that many.
        endpoints: Whole<2, 10_000> = Whole(5),
    }
}

document! {
    /// When an endpoint's share of failures is too large.
    pub(crate) struct FailurePercentageDoc as "`none`, or a map such as `{threshold: 85%}`" {
        /// So large.
        threshold: Percent = Percent(850_000),
        /// Requests that an endpoint must have had in the interval to be judged.
        volume: Whole<1, 1_000_000> = Whole(50),
        /// So many endpoints must have had that many.
        endpoints: Whole<1, 10_000> = Whole(5),
    }
}
