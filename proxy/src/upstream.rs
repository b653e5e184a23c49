//! The side we call: stops 8, 9 and 10.

pub mod cluster;
