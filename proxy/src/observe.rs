//! What is counted while traffic flows, and how it is shown. Workers write their own cells; the control thread merges.

pub mod access_log;
pub mod exemplar;
pub mod expose;
pub mod latency;
pub mod listener;
pub mod metrics;
pub mod passage;
pub mod process_log;
pub mod rows;
pub mod series;
pub mod stats;
pub mod tally;
