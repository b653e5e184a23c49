//! Whether the endpoints of clusters are well: they are asked on the control thread, beside the traffic.

mod ask;
mod course;
mod grpc;
mod run;

pub use run::run;
