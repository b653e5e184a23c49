//! raw → [`Config`](crate::model::Config): names are resolved, policies inherited, rules checked. Everything that is
//! wrong is found in one pass.

mod action;
mod cluster;
mod compile;
mod condition;
mod dns;
mod listener;
mod policy;
mod ports;
mod process;
mod route;
mod split;
mod sticky;

pub(crate) use compile::compile_fleet;
pub use compile::{Compiled, compile, endpoints};
pub(crate) use process::labels;
