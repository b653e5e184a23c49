//! One type of resources on one stream: what the client subscribed to, what it was told, what it made of it.
//!
//! What a client was told is no map of versions: a thousand proxies with ten thousand resources would have ten million of
//! them. It is a list that others share (`base`), the way to the next one (`pass`), and the few names that are an exception.

mod standing;
mod state;
mod subscribe;

pub use standing::Standing;
pub(crate) use state::Track;
