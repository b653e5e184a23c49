//! What would become of a request, and why: the request is made, read and judged by the functions of live traffic.

mod connection;
mod explanation;
mod judge;
mod page;
mod parts;
mod question;
mod resilience;
mod retries;
mod settings;
mod text;

pub use explanation::Explanation;
pub use judge::explain;
pub(super) use page::page;
pub use question::Question;
