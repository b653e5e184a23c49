//! Proxies: their streams by gRPC, what each of them is sent, and what they say of it.

mod arrival;
mod asked;
mod edition;
mod event;
mod fleet;
mod member;
mod report;
mod service;
mod staged;
mod stager;
mod status;
mod stream;

pub use edition::{Edition, Plan};
pub use event::{Event, Happening};
pub use fleet::{Fleet, GAUGES, Question};
pub use member::Member;
pub use service::{Serving, serve};
pub use staged::Stage;
pub use stager::{StageStatus, Stager, Withheld};
pub use status::{ObjectStatus, ProxyStatus, RejectedResource};
