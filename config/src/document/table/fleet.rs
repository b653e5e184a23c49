//! A document of a fleet: what the control server holds of one namespace.

use serde_json::Value;

use crate::document::{ClusterDoc, DefaultsDoc, ListenerDoc, RouteDoc, SharedDoc, titled};
use crate::language::{OneOrMany, Pairs, document};
use crate::values::{AnyOr, Line, Name, Reach, Whole};

document! {
    /// A Towpath document of a fleet: a part of the route table of one namespace, or all of it.
    pub(crate) struct FleetDoc as "a map of `namespace`, `listeners`, `routes` and `clusters`" {
        /// Whose listeners, routes and clusters these are.
        namespace: Name = Name("default".into()),
        /// What all proxies of the namespace have alike; what a proxy's own file says goes before it, key by key.
        proxy: SharedDoc,
        /// Where requests come in, by name.
        listeners: Pairs<Name, ListenerDoc>,
        /// What clusters, subsets, routes and destinations inherit, field by field.
        defaults: DefaultsDoc,
        /// What is done with requests, by name.
        routes: Pairs<Name, RouteDoc>,
        /// Where requests go, by name.
        clusters: Pairs<Name, ClusterDoc>,
        /// Which other namespaces may point at clusters of this one, by a name for each grant.
        grants: Pairs<Name, GrantDoc>,
        /// How much this namespace may have.
        quotas: QuotasDoc,
        /// Which clusters which workloads reach, by a name for each scope; all that their routes name when left out.
        scopes: Pairs<Name, ScopeDoc>,
    }
}

document! {
    /// Lets routes of other namespaces point at clusters of this one.
    pub(crate) struct GrantDoc as "a grant such as `{from: shop, clusters: [ledger]}`" {
        /// The namespaces, or `"*"` for all.
        from: OneOrMany<AnyOr>; required,
        /// The clusters of this namespace, or `"*"` for all.
        clusters: OneOrMany<AnyOr>; required,
    }
}

document! {
    /// How much a namespace may have. What comes beyond is rejected, the newest first.
    pub(crate) struct QuotasDoc as "a map such as `{routes: 200}`" {
        /// Routes.
        routes: Whole<0, 1_000_000> = Whole(10_000),
        /// Clusters.
        clusters: Whole<0, 1_000_000> = Whole(10_000),
        /// Series of metrics: each route, and each route with each of its destinations.
        series: Whole<0, 10_000_000> = Whole(100_000),
    }
}

document! {
    /// Which clusters some workloads reach.
    pub(crate) struct ScopeDoc as "a scope such as `{workloads: {app: shop}, reaches: [checkout]}`" {
        /// The labels of the proxies that it is about, all of them; every proxy when left out.
        workloads: Pairs<Line, Line>,
        /// `checkout`, `payments:ledger`, `payments:*`, or `"*"` for all of this namespace.
        reaches: OneOrMany<Reach>; required,
    }
}

/// The JSON Schema (2020-12) of a document of a fleet.
#[must_use]
pub fn fleet_schema() -> Value {
    titled::<FleetDoc>("Towpath document of a fleet")
}
