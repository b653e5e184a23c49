//! STOP 7: the attempt loop. All its branches are here.

pub mod admit;
pub mod choose;
pub mod dial;
pub mod order;
pub mod replay;
pub mod retry;
pub mod transfer;
pub mod tries;
pub mod tunnel;

mod send;

pub use send::{Answered, Waiting, send};
