//! `admission` of a cluster.

use std::time::Duration;

use crate::language::document;
use crate::model::Percent;
use crate::values::Whole;

document! {
    /// Turns requests away by chance while too many of them fail. What is not written is inherited.
    pub(crate) struct AdmissionDoc as "`none`, or a map such as `{success_rate: 95%}`" {
        /// While so many of the requests succeed, or more, nobody is turned away.
        success_rate: Percent = Percent(950_000),
        /// How steeply more are turned away as fewer succeed: 1 is in proportion.
        aggression: Whole<1, 10> = Whole(1),
        /// So long a request counts.
        window: Duration = Duration::from_secs(30),
        /// So many requests within the window it takes, until anybody is turned away.
        volume: Whole<1, 10_000_000> = Whole(20),
        /// Never more than this part is turned away.
        max: Percent = Percent(800_000),
    }
}
