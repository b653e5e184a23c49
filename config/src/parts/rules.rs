//! What a document of a fleet says beside the table: grants, quotas, scopes.

use std::collections::BTreeMap;

use crate::document::{FleetDoc, GrantDoc, QuotasDoc, ScopeDoc};
use crate::language::{Fields, OneOrMany};
use crate::model::Place;
use crate::source::At;
use crate::validate::labels;
use crate::values::{AnyOr, ClusterName, Reach};

/// Lets routes of other namespaces point at clusters of the one that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    from: Vec<AnyOr>,
    clusters: Vec<AnyOr>,
    place: Place,
}

impl Grant {
    /// Whether routes of `namespace` may point at `cluster`.
    #[must_use]
    pub fn allows(&self, namespace: &str, cluster: &str) -> bool {
        let held = |list: &[AnyOr], name: &str| list.iter().any(|one| one.holds(name));
        held(&self.from, namespace) && held(&self.clusters, cluster)
    }

    /// Where it is written.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }
}

/// How much a namespace may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Routes. Default 10000.
    pub routes: u32,
    /// Clusters. Default 10000.
    pub clusters: u32,
    /// Series of metrics. Default 100000.
    pub series: u32,
    /// Where they are written.
    pub place: Place,
}

impl Default for Quotas {
    fn default() -> Self {
        Self::of(&QuotasDoc::nothing(), Place::BuiltIn)
    }
}

impl Quotas {
    fn of(document: &QuotasDoc, place: Place) -> Self {
        Self {
            routes: document.routes().0,
            clusters: document.clusters().0,
            series: document.series().0,
            place,
        }
    }
}

/// Which clusters some workloads reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    workloads: BTreeMap<String, String>,
    reaches: Vec<Reach>,
    place: Place,
}

impl Scope {
    /// Whether it is about a proxy with these labels.
    #[must_use]
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.workloads.iter().all(|(name, value)| labels.get(name) == Some(value))
    }

    /// Whether the cluster is reached that a table of `namespace` calls so: `checkout`, `payments:ledger`.
    #[must_use]
    pub fn reaches(&self, namespace: &str, cluster: &str) -> bool {
        let cluster = ClusterName(cluster.to_owned());
        self.reaches.iter().any(|reach| reach.holds(namespace, &cluster))
    }

    /// Where it is written.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }
}

/// Grants, quotas and scopes of one document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// By name.
    pub grants: BTreeMap<String, Grant>,
    /// What is written of them.
    pub quotas: Option<Quotas>,
    /// By name.
    pub scopes: BTreeMap<String, Scope>,
}

impl Rules {
    pub(super) fn of(document: &FleetDoc) -> Self {
        let grants = document.grants.iter().flat_map(|grants| &grants.value.list);
        let scopes = document.scopes.iter().flat_map(|scopes| &scopes.value.list);
        Self {
            grants: grants
                .map(|(name, one)| (name.value.0.clone(), grant(&one.value, name.span.place())))
                .collect(),
            quotas: document.quotas.as_ref().map(|quotas| Quotas::of(&quotas.value, quotas.span.place())),
            scopes: scopes
                .map(|(name, one)| (name.value.0.clone(), scope(&one.value, name.span.place())))
                .collect(),
        }
    }
}

fn values<T: Clone>(written: Option<&At<OneOrMany<T>>>) -> Vec<T> {
    written.into_iter().flat_map(|list| list.value.0.iter().map(|one| one.value.clone())).collect()
}

fn grant(document: &GrantDoc, place: Place) -> Grant {
    Grant { from: values(document.from.as_ref()), clusters: values(document.clusters.as_ref()), place }
}

fn scope(document: &ScopeDoc, place: Place) -> Scope {
    Scope {
        workloads: labels(document.workloads.as_ref()),
        reaches: values(document.reaches.as_ref()),
        place,
    }
}
