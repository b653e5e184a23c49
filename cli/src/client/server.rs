//! The control server, as the commands ask it.

mod ask;
mod bundle;
mod options;
mod problem;
mod words;

pub use ask::Ask;
pub use bundle::bundle;
pub use options::Server;
pub use problem::fault;
pub use words::{ago, count, line, origin, segment, text, texts, time};
