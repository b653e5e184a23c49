//! How things are written.

mod columns;
mod yaml;

pub use columns::aligned;
pub use yaml::scalar;
