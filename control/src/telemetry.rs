//! What proxies report of their traffic, kept for a day: by route, cluster, subset and class, over all proxies; and what
//! happened towards endpoints by cluster, and what they answered by themselves.

mod book;
mod counts;
mod desk;
mod ring;
mod tally;

pub use book::{Key, Query};
pub use counts::CountKey;
pub use desk::{Reporter, Telemetry};
pub use tally::Tally;
