//! What is counted while traffic flows, and how it is shown. Workers write their own cells; the control thread merges.

pub mod expose;
pub mod latency;
pub mod metrics;
pub mod series;
pub mod stats;
