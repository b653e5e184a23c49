//! One language of conditions.

use ipnet::IpNet;

use crate::language::{OneOrMany, Pairs, document};
use crate::model::{PathPattern, ValueMatch};
use crate::values::{CookieName, GrpcMethod, GrpcService, HeaderName, Line, Method};

document! {
    /// All of this must hold. An empty condition always does.
    pub(crate) struct ConditionDoc as "a condition such as `{path: /api/*}`" {
        /// `/exact`, `/prefix/*` (that path and all below it), `/users/:id/orders`, `{regex: …}`.
        path: PathPattern,
        /// Any of these. Case counts.
        methods: OneOrMany<Method>,
        /// What headers must be, by name. With several headers of a name, any of them will do.
        headers: Pairs<HeaderName, ValueMatch>,
        /// What query parameters must be, by name.
        query: Pairs<Line, ValueMatch>,
        /// What cookies must be, by name.
        cookies: Pairs<CookieName, ValueMatch>,
        /// The client's address (behind the trusted hops) is in any of these.
        source: OneOrMany<IpNet>,
        /// A call of gRPC, instead of `path` and `methods`; any call when it says no more.
        grpc: GrpcDoc,
    }
}

document! {
    /// A call of gRPC: a POST to `/service/method` with its `content-type`.
    pub(crate) struct GrpcDoc as "a map of `service` and `method`" {
        /// The service with its package, such as `shop.v1.Orders`; any when left out.
        service: GrpcService,
        /// The method, such as `Create`; any when left out.
        method: GrpcMethod,
    }
}
