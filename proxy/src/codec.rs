//! Bytes ↔ messages. What two parsers could read differently is never let through.

pub mod base64;
pub mod body;
pub mod buffer;
pub mod digits;
pub mod fields;
pub mod grpc;
pub mod h1;
pub mod h2;
pub mod message;
pub mod outgoing;
pub mod proxy_protocol;
pub mod scratch;
