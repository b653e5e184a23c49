//! The ways to other processes: what they pass to this one, and what it tells them.

pub mod activation;
pub mod channel;
pub mod notify;
