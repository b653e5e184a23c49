//! What is inherited: `defaults` → cluster → subset → route → destination.

use std::time::Duration;

mod retry;

pub(crate) use retry::{RetryDoc, WrittenRetry};

use crate::language::{OneOrMany, OrNone, Pairs, ShortOr, document};
use crate::model::{Algorithm, GrpcTimeout, MediaType, Template, compressed_types};
use crate::units::Size;
use crate::values::{EditedHeader, Whole};

document! {
    /// What may stand at every level.
    pub(crate) struct PolicyDoc as "a map" {
        /// The whole exchange, from the request's head to the last octet of the answer.
        timeout: OrNone<Duration> = OrNone::None,
        /// What the `grpc-timeout` of a call of gRPC means: `cap` makes the shorter of it and `timeout` hold and tells the
        /// endpoint what is left of that; `ignore` passes it on as it came.
        grpc_timeout: GrpcTimeout = GrpcTimeout::Cap,
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
        /// How answers are compressed for clients that accept it: algorithms, or more; `none` passes them on as they are.
        compression: OrNone<ShortOr<OneOrMany<Algorithm>, CompressionDoc>>,
        /// When a request is sent again: how often, or more; `none` never does.
        retry: WrittenRetry,
    }
}

document! {
    /// Which answers are compressed, and how. What is not written is inherited.
    pub(crate) struct CompressionDoc as "`none`, algorithms such as `[zstd, br, gzip]`, or a map" {
        /// Those that may be used; of several that a client likes equally well, the first.
        algorithms: OneOrMany<Algorithm> = OneOrMany::built_in(Algorithm::ALL),
        /// Media types of answers that are worth it: `application/json`, `text/*`, `*+xml`.
        types: OneOrMany<MediaType> = OneOrMany::built_in(compressed_types()),
        /// An answer that is known to be shorter is passed on as it is.
        min_bytes: Size<1, { 1 << 30 }> = Size(1 << 10),
        /// How hard each algorithm tries.
        levels: LevelsDoc,
    }
}

document! {
    /// How hard each algorithm tries: more takes more CPU and gives a little less to send.
    pub(crate) struct LevelsDoc as "a map such as `{gzip: 4}`" {
        /// Of zstd.
        zstd: Whole<1, 6> = Whole(3),
        /// Of Brotli.
        br: Whole<1, 6> = Whole(4),
        /// Of gzip.
        gzip: Whole<1, 9> = Whole(5),
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
