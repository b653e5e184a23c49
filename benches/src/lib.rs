//! Route tables of any size and the requests that they take: what the micro-benchmarks ask, and what the tests of this
//! crate hold them to.

pub mod layout;
pub mod pattern;
pub mod request;
pub mod table;
