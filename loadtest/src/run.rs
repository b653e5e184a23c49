//! Asks and measures. `session` wires: `plan` says when what is asked, a `lane` is one thread with its connections,
//! `tally` holds what they saw, `report` says it and `plot` draws it.

mod connection;
mod lane;
mod live;
mod pacer;
mod plan;
mod plot;
mod question;
mod report;
mod session;
mod tally;
mod url;
mod watch;

pub use session::run;
