//! Bytes ↔ messages, without I/O.

pub mod fields;
