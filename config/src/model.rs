//! *Config*: what a route table means. Validated, private fields, no `Deserialize`: the only way to one is
//! [`crate::compile`].

use std::sync::Arc;

mod address;
mod cluster;
mod condition;
mod dns;
mod id;
mod listener;
mod place;
mod policy;
mod process;
mod route;
mod split;
mod template;

pub use address::{Address, UnixAddress};
pub(crate) use cluster::well_statuses;
pub use cluster::{
    AdmissionControl, Ask, Balance, Breaker, Chunks, Cluster, ClusterLimits, ClusterProtocol, Ejection,
    Endpoint, FailurePercentage, HealthCheck, Pings, ProxyVersion, Rate, RequestLimits, Resilience,
    RetryBudget, Subset, SuccessRate, Thousandths,
};
pub use condition::{
    Condition, FieldCondition, GRPC_MEDIA_TYPE, HostPattern, PathPattern, Pattern, Segment, ValueMatch,
};
pub use dns::{Dns, DnsFamily, DnsMode, DnsQuery, Resolver};
pub use id::{ClusterId, ListenerId, RouteId};
pub use listener::{
    ForwardHeader, HttpRules, Listener, ListenerLimits, ListenerTimeouts, PathNormalization, Protocol,
    ProxyProtocol, Sender,
};
pub use place::{Place, Placed};
pub(crate) use policy::compressed_types;
pub use policy::{
    Algorithm, Backoff, Compression, Edit, EditList, GrpcTimeout, HeaderEdits, Levels, MediaType, Policy,
    Retry, RetryCondition, RetryMethods, is_idempotent,
};
pub(crate) use process::LOG_VALUES;
pub use process::{
    AccessLog, LogCondition, LogField, LogFormat, LogPart, LogPlace, LogReason, LogTemplate, LogValue,
    Percent, REASONS, StatusRange,
};
pub use process::{Control, ControlLimits, Drain, Process, ProcessLimits, ProcessTimeouts, Workers};
pub use route::{
    Action, Candidate, DirectResponse, Forward, Importance, Maintenance, Redirect, Rewrite, RewritePath,
    Route,
};
pub use split::{CookieLife, Destination, Key, Split, Sticky};
pub use template::{Template, TemplatePart};

/// A struct whose fields are read from outside and written in this crate only.
macro_rules! readable {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* $field:ident : $kind:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name { $(pub(crate) $field: $kind),* }

        impl $name {
            $($(#[$doc])* #[must_use] pub fn $field(&self) -> &$kind { &self.$field })*
        }
    };
}
pub(crate) use readable;

/// One whole route table, with every name resolved and every rule checked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) process: Arc<Process>,
    pub(crate) control: Option<Arc<Control>>,
    pub(crate) listeners: Arc<[Listener]>,
    pub(crate) routes: Arc<[Route]>,
    pub(crate) order: Arc<[Candidate]>,
    pub(crate) connection_order: Arc<[Candidate]>,
    pub(crate) clusters: Chunks<Cluster>,
}

impl Config {
    /// What concerns the process: identity, workers, admin port, limits.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Where the table comes from instead, if this is not one.
    #[must_use]
    pub fn control(&self) -> Option<&Control> {
        self.control.as_deref()
    }

    /// The listeners, sorted by name; [`ListenerId`] is an index into this.
    #[must_use]
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// The routes, sorted by name; [`RouteId`] is an index into this.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Every (host, alternative) of every route of requests, in the order in which they are tried.
    #[must_use]
    pub fn order(&self) -> &[Candidate] {
        &self.order
    }

    /// The same of every route of connections, to which TCP listeners lead.
    #[must_use]
    pub fn connection_order(&self) -> &[Candidate] {
        &self.connection_order
    }

    /// The clusters, sorted by name; [`ClusterId`] is an index into this.
    #[must_use]
    pub fn clusters(&self) -> &Chunks<Cluster> {
        &self.clusters
    }

    /// The same table, in which the clusters of these names have these endpoints: all the rest is shared; and these
    /// clusters. `None` when one is not there, or has a name in DNS instead of endpoints.
    #[must_use]
    pub fn with_endpoints<'a>(
        &self,
        changes: impl IntoIterator<Item = (&'a str, Vec<Endpoint>)>,
    ) -> Option<(Self, Vec<ClusterId>)> {
        let (mut next, mut changed) = (self.clone(), Vec::new());
        for (cluster, endpoints) in changes {
            let id = self.cluster_id(cluster)?;
            let before = next.cluster(id).filter(|cluster| cluster.dns.is_none())?;
            let after = Arc::new(before.with_endpoints(endpoints));
            next.clusters.set(id.index(), after);
            changed.push(id);
        }
        Some((next, changed))
    }

    /// The ids of the listeners, in the order of [`Config::listeners`].
    pub fn listener_ids(&self) -> impl Iterator<Item = ListenerId> + use<> {
        (0..self.listeners.len() as u32).map(ListenerId)
    }

    /// The ids of the clusters, in the order of [`Config::clusters`].
    pub fn cluster_ids(&self) -> impl Iterator<Item = ClusterId> + use<> {
        (0..self.clusters.len() as u32).map(ClusterId)
    }

    /// The ids of the routes, in the order of [`Config::routes`].
    pub fn route_ids(&self) -> impl Iterator<Item = RouteId> + use<> {
        (0..self.routes.len() as u32).map(RouteId)
    }

    /// The listener with this id.
    #[must_use]
    pub fn listener(&self, id: ListenerId) -> Option<&Listener> {
        self.listeners.get(id.index())
    }

    /// The id of the cluster of this name.
    #[must_use]
    pub fn cluster_id(&self, name: &str) -> Option<ClusterId> {
        let position = self.clusters.find(|cluster| cluster.name.as_str().cmp(name))?;
        Some(ClusterId(position as u32))
    }

    /// The cluster with this id.
    #[must_use]
    pub fn cluster(&self, id: ClusterId) -> Option<&Cluster> {
        self.clusters.get(id.index()).map(|cluster| &**cluster)
    }

    /// The route with this id.
    #[must_use]
    pub fn route(&self, id: RouteId) -> Option<&Route> {
        self.routes.get(id.index())
    }
}
