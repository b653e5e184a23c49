//! The side that calls us: stops 1, 2 and 3.

pub mod berth;
pub mod connection;
pub mod http1;
pub mod http2;
pub mod listener;

mod grpc_web;
mod introduction;
