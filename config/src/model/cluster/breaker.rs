//! `breaker` of a cluster.

use std::time::Duration;

use crate::model::{Percent, Placed, readable};

readable! {
    /// When an endpoint that keeps failing gets no more requests, and how it is tried again.
    pub struct Breaker {
        /// `failure_threshold`: so many failures without a success between them. Default 5.
        failure_threshold: Placed<Option<u32>>,
        /// `window` within which they are counted. Default 60 s.
        window: Placed<Duration>,
        /// `ratio` of the requests of the window that have failed. Default none.
        ratio: Placed<Option<Percent>>,
        /// `volume`: requests within the window before the ratio counts. Default 20.
        volume: Placed<u32>,
        /// `recovery_timeout`: for so long nothing is sent there. Default 30 s; twice as long each time that it is in vain.
        recovery_timeout: Placed<Duration>,
        /// `recovery_max`: never longer. Default 5 min.
        recovery_max: Placed<Duration>,
    }
}
