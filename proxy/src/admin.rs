//! What people and programs ask the process itself: probes, metrics, what is live, and why. On the control thread.

mod context;
mod documents;
mod explain;
mod fleet;
mod log;
mod metrics;
mod names;
mod pages;
mod reply;
mod server;
mod words;

pub use context::{Act, Acts, AdminContext};
pub use explain::{Explanation, Question, explain};
pub use server::serve;
