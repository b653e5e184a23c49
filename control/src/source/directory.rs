//! A directory of YAML files as the truth: read with all that is below it, watched, written in place.

mod handle;
mod journal;
mod scan;
mod thread;
mod watch;
mod write;

pub use handle::{Directory, DirectoryFault};
