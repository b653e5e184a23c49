//! HTTP/2 by RFC 9113, whose frames are those of the crate `h2`: what a stream is on either side of the proxy, and what a peer
//! may make the crate do. Heads are read where they are used, since a request and an answer have little in common.

mod credit;
mod fields;
mod frames;
mod gathering;
mod guard;
mod receiving;
mod sending;
mod tunnel;

pub use credit::{Credit, FIRST_WINDOW, Reader};
pub use fields::{list_bytes, map, read_trailers};
pub use gathering::Gathering;
pub use guard::{Breach, Guard, Unheard};
pub use receiving::{Receiving, SMALL_FRAME};
pub use sending::Sending;
pub use tunnel::Tunnel;
