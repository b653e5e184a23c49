//! The one way by which a mesh changes: what the source says is settled, kept as a revision and published, in this order,
//! by one task.

mod live;
mod proposal;
mod run;

pub use live::{GAUGES, Live};
pub use proposal::{Proposal, Refused};
pub use run::{Start, Truth};
