//! What passes between a proxy and the control server: delta ADS
//! (`envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources`) as two state machines, and the
//! messages of telemetry. No I/O, no clock, no gRPC: whoever has the stream puts messages in and takes messages out. What a
//! resource says is text to this crate (`docs/control-protocol.md`).
//!
//! | the server | the proxy |
//! |---|---|
//! | [`Cache`]: text → [`Resource`], encoded once | [`Client`]: what it wants, what it holds |
//! | [`Resources`], [`View`]: what one identity may see | [`Client::response`] → [`Batch`]: judge it |
//! | [`Session`]: one stream; [`Session::poll`] → [`Response`] | [`Client::verdict`] → [`Request`]: ACK or NACK |
//! | [`Standing`]: what became of a resource there | [`backoff()`]: when to connect again |
//!
//! Both halves know the types of resources by [`Kind`] alone, which gives their order; the messages of gRPC are
//! [`Request`] and [`Response`], which `tonic` encodes as they are; [`method`] has the names of the calls.

pub mod method;
pub mod telemetry;

mod backoff;
mod cache;
mod client;
mod identity;
mod kind;
mod message;
mod server;
mod version;

pub use backoff::backoff;
pub use cache::{Cache, Resource, Resources, View};
pub use client::{Batch, Client, Garbled, Upsert};
pub use identity::{Identity, NoIdentity};
pub use kind::Kind;
pub use message::{Request, Response};
pub use server::{Heard, Limits, Refused, Rejection, Session, Standing};
pub use version::{NoVersion, Version};
