//! What is counted while traffic flows, and how it is shown. Workers write their own cells; the control thread merges.

pub mod latency;
pub mod series;
pub mod stats;
