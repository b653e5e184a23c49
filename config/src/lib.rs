//! What a route table means: *raw* (what was written) → [`Config`](model::Config) (what it means). No tokio, no
//! sockets.

pub mod model;
