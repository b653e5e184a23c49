//! What proxies report of their traffic, kept for a day: by route, cluster, subset and class, over all proxies.

mod book;
mod desk;
mod ring;
mod tally;

pub use book::{Key, Query};
pub use desk::{Reporter, Telemetry};
pub use tally::Tally;
