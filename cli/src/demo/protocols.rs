//! The demo of protocols: what clients speak, what endpoints speak, and each with each, asked once a second.

mod board;
mod frames;
mod http1;
mod http2;
mod question;
mod services;
mod stage;

pub use stage::run;
