//! What the program says of itself: its schemas, what completes its commands, its manual.

pub mod completions;
pub mod manual;
pub mod schema;
