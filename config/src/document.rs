//! *Raw*: what was written. One declaration per section gives its reader and its schema.

mod access_log;
mod action;
mod cluster;
mod condition;
mod dns;
mod listener;
mod policy;
mod process;
mod route;
pub mod server;
mod split;
mod table;

pub(crate) use access_log::{AccessLogDoc, LogConditionDoc};
pub(crate) use action::{DirectDoc, MaintenanceDoc, RedirectDoc, RewriteDoc};
pub(crate) use cluster::{
    AdmissionDoc, BreakerDoc, ClusterDoc, ClusterLimitsDoc, ClusterSettingsDoc, EjectionDoc, EndpointDoc,
    FailurePercentageDoc, HealthDoc, RetryBudgetDoc, SubsetDoc, SuccessRateDoc, WrittenHealth,
};
pub(crate) use condition::{ConditionDoc, GrpcDoc};
pub(crate) use dns::{DnsDoc, ResolverDoc};
pub(crate) use listener::{ListenerDoc, ListenerLimitsDoc, ProxyProtocolDoc};
pub(crate) use policy::{CompressionDoc, EditsDoc, LevelsDoc, PolicyDoc, RetryDoc, WrittenRetry};
pub(crate) use process::{ControlDoc, ControlLimitsDoc, ProcessDoc, ProcessLimitsDoc, SharedDoc};
pub(crate) use route::RouteDoc;
pub(crate) use split::{DestinationDoc, KeyDoc, StickyDoc, To};
pub(crate) use table::{DefaultsDoc, FleetDoc, GrantDoc, QuotasDoc, ScopeDoc, TableDoc, titled};
pub use table::{fleet_schema, schema};
