//! What proxies count, on its way to the control server: a stream of [`Telemetry`], about one a second.
//!
//! Counts are those since the report before; only what moved is in it. A report that was lost with its connection is lost,
//! so that nothing is counted twice.

mod layout;
mod report;
mod sketch;

#[cfg(test)]
mod tests;

pub use layout::{BUCKETS, bucket, highest, lowest};
pub use report::{Cluster, Count, Directive, Live, Named, Series, State, Telemetry};
pub use sketch::Sketch;
