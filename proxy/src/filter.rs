//! What judges and changes heads, and what changes bodies. A filter is one file and one row of the chain.

pub mod chain;
pub mod deadline;
pub mod edits;
pub mod forwarded;
pub mod hop;
pub mod maintenance;
pub mod reply;
pub mod transform;
pub mod upgrade;
