//! Commands that ask a control server.

pub mod changes;
pub mod looks;
