//! The route table changes while traffic flows: file → Config → Snapshot → published once, or rejected loudly.

pub mod fleet;

mod go_live;
mod reloader;
mod run;
mod watch;
mod way;

pub use go_live::{GoLive, Halt, Unbound};
pub use reloader::{Environment, Reloader, Verdict, When};
pub use run::{Requester, Requests, refuse, requests, run};
