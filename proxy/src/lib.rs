//! The data plane. The tree is the request: read the rooms in the order of the ten stops.

pub mod admin;
pub mod boot;
pub mod codec;
pub mod downstream;
pub mod exchange;
pub mod filter;
pub mod forward;
pub mod health;
pub mod local;
pub mod observe;
pub mod outcome;
pub mod overload;
pub mod reload;
pub mod resolve;
pub mod route;
pub mod shared;
pub mod snapshot;
pub mod sys;
pub mod upstream;
pub mod worker;
