//! The demo: two versions of a small service, the real proxy in front of them, a crowd of clients, and a board that
//! shows what the clients saw.

mod board;
mod crowd;
mod live;
mod ports;
pub mod protocols;
mod running;
mod service;
mod stage;
mod table_file;
mod tally;

pub use stage::{Options, run};
