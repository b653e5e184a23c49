//! The section `routes`.

use super::{ConditionDoc, DirectDoc, MaintenanceDoc, PolicyDoc, RedirectDoc, RewriteDoc, StickyDoc, To};
use crate::language::{OneOrMany, ShortOr, document};
use crate::model::{HostPattern, Importance};
use crate::values::{Flag, Name, Rank, Whole};

document! {
    /// One route: what it matches, and exactly one of `to`, `redirect`, `direct_response`.
    pub(crate) struct RouteDoc as "a route such as `{to: app}`" {
        /// The listeners it answers on; all that speak HTTP when left out. A route of TCP listeners takes their connections.
        listeners: OneOrMany<Name>,
        /// `shop.example.com`, `*.example.com`, `"*"`; any when left out. Ports do not count.
        hosts: OneOrMany<HostPattern>,
        /// A condition, or a list of which any may hold; all requests when left out.
        r#match: OneOrMany<ConditionDoc>,
        /// Higher goes first among routes that match equally.
        rank: Rank = Rank(0),
        /// Requests of this route are counted apart under this label.
        class: Name,
        /// Who is turned away first where not all requests can be served: `low`, then `normal`, then `high`.
        importance: Importance = Importance::Normal,
        /// Where requests go: a destination, or several with their weights.
        to: To,
        /// Sends the client elsewhere.
        redirect: RedirectDoc,
        /// Answers at once: a status, or more.
        direct_response: ShortOr<Whole<200, 599>, DirectDoc>,
        /// Keeps users on their destination. Only with `to`.
        sticky: StickyDoc,
        /// Changes what the upstream gets. Only with `to`.
        rewrite: RewriteDoc,
        /// Answers 503 while it is on.
        maintenance: ShortOr<Flag, MaintenanceDoc>,
        ..policy: PolicyDoc,
    }
}
