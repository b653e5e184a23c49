//! What the API asks of the rest of the server, and in which words it is answered.

mod change;
mod control;
mod event;
mod fleet;
mod traffic;
mod truth;

pub use change::{Change, WriteFault, Wrote};
pub use control::{Control, Events, Pending};
pub use event::{Event, EventKind};
pub use fleet::{ObjectStatus, ProxyStatus, Question, Rejection, StageStatus};
pub use traffic::{Durations, LocalReplies, Traffic, TrafficCluster, TrafficQuestion, TrafficSeries};
pub use truth::{Finding, Judged, Standing, Truth};
