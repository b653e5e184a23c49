//! `admission` of a cluster.

use std::time::Duration;

use crate::model::{Percent, Placed, readable};

readable! {
    /// When requests are turned away because too many of them fail.
    pub struct AdmissionControl {
        /// `success_rate` from which on nobody is turned away. Default 95%.
        success_rate: Placed<Percent>,
        /// `aggression`: 1 is in proportion. Default 1.
        aggression: Placed<u32>,
        /// `window` within which requests count. Default 30 s.
        window: Placed<Duration>,
        /// `volume`: requests within it before anybody is turned away. Default 20.
        volume: Placed<u32>,
        /// `max` part that is turned away. Default 80%.
        max: Placed<Percent>,
    }
}
