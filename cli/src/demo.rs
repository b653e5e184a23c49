//! The demo: two versions of a small service, two real proxies in front of them, a control server that tells both what to
//! do, a crowd of clients, and a board that shows what the clients saw.

mod board;
mod crowd;
mod live;
mod mesh;
mod ports;
pub mod protocols;
mod running;
mod server;
mod service;
mod stage;
mod table_file;
mod tally;

pub use stage::{Options, run};
