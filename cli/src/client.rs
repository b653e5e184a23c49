//! What the commands ask: the admin port of a proxy, the API of a control server.

pub mod server;

mod http;
mod lines;

pub use http::{Answer, Client, Request};
