//! The names of clusters: asked for on the control thread, by their TTL, and published as endpoints.

mod answer;
mod query;
mod run;
mod schedule;

pub use run::Resolutions;
