//! The side we call: stops 8, 9 and 10.

pub mod allowance;
pub mod attempt;
pub mod balance;
pub mod budget;
pub mod cluster;
pub mod connect;
pub mod endpoint;
pub mod health;
pub mod http1;
pub mod http2;
pub mod names;
pub mod pool;
