//! What is inherited: `defaults` → cluster → subset → route → destination.

use std::time::Duration;

use crate::language::{OneOrMany, OrNone, Pairs, document};
use crate::model::Template;
use crate::values::EditedHeader;

document! {
    /// What may stand at every level.
    pub(crate) struct PolicyDoc as "a map" {
        /// The whole exchange, from the request's head to the last octet of the answer.
        timeout: OrNone<Duration> = OrNone::None,
        /// To a new upstream connection.
        connect_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(5)),
        /// Waiting for the answer's head, or between two reads of its body.
        response_idle_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(60)),
        /// Waiting for a connection while the cluster has all that it may have; 503 beyond.
        pending_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(5)),
        /// How long a tunnel (an upgrade, `CONNECT`, a connection of a TCP listener) may stand still.
        tunnel_idle_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(3600)),
        /// The same, once one of its sides has ended.
        tunnel_half_closed_timeout: OrNone<Duration> = OrNone::Some(Duration::from_secs(60)),
        /// Edits of headers; `none` drops those that were inherited.
        headers: OrNone<HeadersDoc>,
    }
}

document! {
    /// Edits of headers, both ways.
    pub(crate) struct HeadersDoc as "a map of `request` and `response`, or `none`" {
        /// Edits of the request; `none` drops those that were inherited.
        request: OrNone<EditsDoc>,
        /// Edits of the answer; `none` drops those that were inherited.
        response: OrNone<EditsDoc>,
    }
}

document! {
    /// Edits of one head, applied in the order set, add, remove.
    pub(crate) struct EditsDoc as "a map of `set`, `add` and `remove`, or `none`" {
        /// Replaces every header of that name. Levels are merged by name; `none` drops what was inherited.
        set: OrNone<Pairs<EditedHeader, Template>>,
        /// One more header of that name. Levels are merged by name; `none` drops what was inherited.
        add: OrNone<Pairs<EditedHeader, Template>>,
        /// Names to remove. The lower level replaces the upper; `none` removes nothing.
        remove: OrNone<OneOrMany<EditedHeader>>,
    }
}
