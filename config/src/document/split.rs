//! `to` and `sticky`.

use std::time::Duration;

use super::{ConditionDoc, PolicyDoc};
use crate::language::{OneOrMany, OrNone, Pairs, ShortOr, document};
use crate::values::{CookieName, DestinationName, EditedHeader, HeaderName, KeySource, Line, Whole};

/// One destination, or several with their weights.
pub(crate) type To = ShortOr<DestinationName, Pairs<DestinationName, ShortOr<Weight, DestinationDoc>>>;

/// A weight.
pub(crate) type Weight = Whole<0, 1_000_000>;

document! {
    /// One destination of several.
    pub(crate) struct DestinationDoc as "a weight, or a map of `weight` and policies" {
        /// Its share is weight / sum of weights.
        weight: Weight = Whole(1),
        ..policy: PolicyDoc,
    }
}

document! {
    /// Users stay where they are.
    pub(crate) struct StickyDoc as "a map such as `{by: {header: x-user-id}}`" {
        /// What makes a user; of a list, the first one present.
        by: OneOrMany<KeyDoc>; required,
        /// The salt: routes of the same cohort agree on every user. The route's name when left out.
        cohort: Line,
        /// Tells the next hop which variant was chosen.
        send: SendDoc,
        /// Callers whose `send` header decides.
        trust: OneOrMany<ConditionDoc>,
    }
}

document! {
    /// A property of the request by which it is grouped; exactly one of these.
    pub(crate) struct KeyDoc as "a key such as `{header: x-user-id}`" {
        /// The first value of this header.
        header: HeaderName,
        /// The value of this cookie.
        cookie: CookieName,
        /// With `cookie`: one is made where it is missing, and lives so long; `none` for the browser's session.
        ttl: OrNone<Duration>,
        /// `ip`: the client's address, behind the trusted hops.
        source: KeySource,
        /// The first value of this query parameter.
        query: Line,
    }
}

document! {
    /// How the chosen variant is told to the next hop.
    pub(crate) struct SendDoc as "a map such as `{header: x-variant}`" {
        /// The header that carries it.
        header: EditedHeader; required,
    }
}
