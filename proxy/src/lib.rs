//! The data plane. The tree is the request: read the rooms in the order of the ten stops.

pub mod codec;
pub mod route;
