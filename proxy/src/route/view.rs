//! What a route can see of a request.

use towpath_config::model::ListenerId;

use crate::codec::fields::Fields;
use crate::sys::stream::Origin;

/// A request, as far as routes, splits and conditions look at it.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a> {
    /// The listener it came in by.
    pub listener: ListenerId,
    /// The host in lower case, without a port; empty when there is none.
    pub host: &'a str,
    /// The method as written.
    pub method: &'a str,
    /// The path, normalised.
    pub path: &'a str,
    /// What follows `?`.
    pub query: Option<&'a str>,
    /// The header fields.
    pub fields: &'a Fields,
    /// The client behind the trusted hops.
    pub source: Origin,
}
