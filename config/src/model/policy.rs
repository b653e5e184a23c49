//! What is inherited: `defaults` → cluster → subset → route → destination, field by field.

use std::time::Duration;

use super::{Placed, Template, readable};

readable! {
    /// The effective policy of one destination of one route, every field with the line that won.
    pub struct Policy {
        /// `timeout`: the whole exchange, from the request's head to the last byte of the answer. Default none.
        timeout: Placed<Option<Duration>>,
        /// `connect_timeout`: to a new upstream connection. Default 5 s.
        connect_timeout: Placed<Option<Duration>>,
        /// `response_idle_timeout`: waiting for the answer's head, or between two reads of its body. Default 60 s.
        response_idle_timeout: Placed<Option<Duration>>,
        /// `pending_timeout`: waiting for a connection while the cluster has all that it may have. Default 5 s; 503
        /// `pending-timeout` beyond.
        pending_timeout: Placed<Option<Duration>>,
        /// `tunnel_idle_timeout`: how long a tunnel may stand still. Default 1 h.
        tunnel_idle_timeout: Placed<Option<Duration>>,
        /// `tunnel_half_closed_timeout`: the same, once one of its sides has ended. Default 60 s.
        tunnel_half_closed_timeout: Placed<Option<Duration>>,
        /// `headers.request`.
        request_headers: HeaderEdits,
        /// `headers.response`.
        response_headers: HeaderEdits,
    }
}

readable! {
    /// Edits of one head, applied in the order set, add, remove.
    pub struct HeaderEdits {
        /// `set`: replaces every field of that name. Merged by name.
        set: EditList,
        /// `add`: one more field. Merged by name.
        add: EditList,
        /// `remove`: lower-case names. A list: the lower level replaces the upper.
        remove: Vec<Placed<String>>,
    }
}

/// Edits in the order of their names.
pub type EditList = Vec<Edit>;

readable! {
    /// One header to write.
    pub struct Edit {
        /// The name as it was written; compared without case.
        name: String,
        /// What to write.
        value: Placed<Template>,
    }
}
