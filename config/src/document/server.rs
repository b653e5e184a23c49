//! The settings of a control server: the same language as the route table, another document.

mod raw;
mod settings;
mod words;

pub use raw::schema;
pub use settings::{ApiLimits, Limits, PushLimits, Settings, Staged, Times, Token, Truth, settings};
pub use words::{Namespaces, Share, TokenScope};
