//! The route table changes while traffic flows: file → Config → Snapshot → published once, or rejected loudly.

mod reloader;
mod run;
mod watch;
mod way;

pub use reloader::{Environment, GoLive, Reloader, Verdict, When};
pub use run::{Requester, Requests, refuse, requests, run};
