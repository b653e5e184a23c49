//! How things are written.

mod columns;
mod counted;
mod yaml;

pub use columns::aligned;
pub use counted::counted;
pub use yaml::scalar;
