//! Units: a bare number is a count, never a time or a size.

mod duration;
mod moment;
mod percent;
mod rate;
mod size;

pub use duration::duration;
pub(crate) use size::Size;
