//! How much of its requests a cluster turns away: worked out on the control thread from what the workers count.

mod admission;
mod run;

pub use run::run;
