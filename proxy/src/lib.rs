//! The data plane. The tree is the request: read the rooms in the order of the ten stops.

pub mod codec;
pub mod observe;
pub mod outcome;
pub mod route;
pub mod shared;
pub mod snapshot;
pub mod upstream;
