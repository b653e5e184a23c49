//! The section `clusters`.

use std::collections::HashMap;
use std::sync::Arc;

use super::dns;
use super::policy::Inherited;
use super::process::labels;
use crate::document::{ClusterDoc, ClusterSettingsDoc, EndpointDoc, SubsetDoc};
use crate::fault::{Fault, Findings, Missing, did_you_mean, nearest};
use crate::language::{Fields, OrNone, Pairs, ShortOr};
use crate::model::{
    Address, Chunks, Cluster, ClusterId, ClusterLimits, Endpoint, Pings, RequestLimits, Subset,
};
use crate::source::{At, Span};
use crate::values::{ClusterName, DestinationName, Name};

mod admission;
mod budget;
mod health;
mod http2;
mod resilience;

/// The clusters, sorted by name, with what routes need to know of them.
pub(super) struct Clusters {
    list: Vec<Known>,
    ids: HashMap<String, ClusterId>,
    holes: Vec<ClusterName>,
}

struct Known {
    cluster: Cluster,
    span: Span,
    /// Where each endpoint is written.
    spans: Vec<Span>,
    used: bool,
    inherited: Inherited,
    /// What each subset hands down, in the order of the cluster's subsets.
    subsets: Vec<Inherited>,
    holes: Vec<Name>,
}

/// A destination that is there, and what it hands down.
pub(super) struct Resolved<'a> {
    pub(super) cluster: ClusterId,
    pub(super) subset: Option<usize>,
    pub(super) inherited: &'a Inherited,
}

impl Clusters {
    pub(super) fn new(
        Pairs { mut list, holes, .. }: Pairs<ClusterName, ClusterDoc>,
        namespace: &str,
        settings: &ClusterSettingsDoc,
        defaults: &Inherited,
        findings: &mut Findings,
    ) -> Self {
        list.sort_by_cached_key(|(name, _)| name.value.clone());
        let ids = list
            .iter()
            .enumerate()
            .map(|(id, (name, _))| (name.value.0.clone(), ClusterId(id as u32)))
            .collect();
        for (name, _) in list.iter().filter(|(name, _)| name.value.namespace() == Some(namespace)) {
            let fault =
                Fault::error(name.span, format!("`{namespace}` is the namespace of this table itself"));
            findings.push(fault.help(format!("write `{}`", name.value.local())));
        }
        let known = |(name, document): (At<ClusterName>, At<ClusterDoc>)| {
            known(name, document, settings, defaults, findings)
        };
        Self { list: list.into_iter().map(known).collect(), ids, holes }
    }

    /// Every endpoint of every cluster.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = (&Address, Span)> {
        self.list.iter().flat_map(|known| {
            known.cluster.endpoints.iter().map(|one| &one.address).zip(known.spans.iter().copied())
        })
    }

    /// Whether the endpoints of one of them are what DNS says.
    pub(super) fn have_names(&self) -> bool {
        self.list.iter().any(|known| known.cluster.dns.is_some())
    }

    /// The cluster and subset of this name; from now on the cluster is in use.
    pub(super) fn find(
        &mut self,
        name: &At<DestinationName>,
        findings: &mut Findings,
    ) -> Option<Resolved<'_>> {
        let DestinationName { cluster: wanted, subset, .. } = &name.value;
        let Some(id) = self.ids.get(&wanted.0).copied() else {
            if !self.holes.contains(wanted) {
                let suggests = findings.suggests();
                findings.error(|| self.no_cluster(name.span, wanted, suggests));
            }
            return None;
        };
        let known = self.list.get_mut(id.index())?;
        known.used = true;
        let Some(wanted) = subset else {
            return Some(Resolved { cluster: id, subset: None, inherited: &known.inherited });
        };
        match known.cluster.subsets.binary_search_by(|subset| subset.name.cmp(wanted)) {
            Ok(position) => {
                let inherited = known.subsets.get(position)?;
                Some(Resolved { cluster: id, subset: Some(position), inherited })
            }
            Err(_) => {
                if !known.holes.iter().any(|hole| hole.0 == *wanted) {
                    findings.error(|| {
                        no_subset(name.span, &known.cluster, wanted).related(known.span, "the cluster")
                    });
                }
                None
            }
        }
    }

    fn no_cluster(&self, span: Span, wanted: &ClusterName, suggests: bool) -> Fault {
        let known = self.list.iter().filter(|_| suggests).map(|known| known.cluster.name.as_str());
        let help = did_you_mean(&wanted.0, known).unwrap_or_else(|| match wanted.namespace() {
            Some(namespace) => {
                format!("clusters of `{namespace}` are known through the control server, with a grant of their owner")
            }
            None => format!("add `{}` to `clusters`, or name one that is there", wanted.0),
        });
        let fault = Fault::error(span, format!("there is no cluster `{}`", wanted.0));
        fault.help(help).missing(Missing::Cluster(wanted.0.clone()))
    }

    pub(super) fn warn_of_unused(&self, findings: &mut Findings) {
        for known in self.list.iter().filter(|known| !known.used) {
            let fault =
                Fault::warning(known.span, format!("no route goes to the cluster `{}`", known.cluster.name));
            findings.push(fault.help("point a route at it, or leave it out"));
        }
    }

    pub(super) fn into_model(self) -> Chunks<Cluster> {
        self.list.into_iter().map(|known| Arc::new(known.cluster)).collect()
    }
}

fn no_subset(span: Span, cluster: &Cluster, wanted: &str) -> Fault {
    let names = cluster.subsets.iter().map(|subset| subset.name.as_str());
    let help = match nearest(wanted, names) {
        Some(known) => format!("did you mean `{}/{known}`?", cluster.name),
        None => format!("add `{wanted}` to the `subsets` of `{}`", cluster.name),
    };
    let fault = Fault::error(span, format!("the cluster `{}` has no subset `{wanted}`", cluster.name));
    let missing = Missing::Subset { cluster: cluster.name.clone(), subset: wanted.to_owned() };
    fault.help(help).missing(missing)
}

fn known(
    name: At<ClusterName>,
    At { value: document, span }: At<ClusterDoc>,
    defaults: &ClusterSettingsDoc,
    inherited: &Inherited,
    findings: &mut Findings,
) -> Known {
    let inherited = inherited.under(&document.policy);
    http2::check(&document, name.span, findings);
    let protocol = document.protocol();
    let dns = dns::dns(&name.value.0, &document, span, findings).map(Box::new);
    let (mut endpoints, spans) = endpoints(&document, findings).into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
    endpoints.shrink_to_fit();
    let Pairs { mut list, holes, .. } = document.subsets.map(|subsets| subsets.value).unwrap_or_default();
    list.sort_by_cached_key(|(name, _)| name.value.clone());
    let subsets =
        list.iter().map(|(name, written)| subset(name, &written.value, &endpoints, findings)).collect();
    if dns.is_some() {
        warn_of_labels(&list, findings);
    }
    let proxy_protocol = document.proxy_protocol.as_ref().map(At::placed);
    // what is written for all clusters need not fit each
    let ejects = document.settings.ejection.is_some();
    let settings = merged(document.settings, defaults);
    let resilience = resilience::resilience(&settings, &protocol, name.span, findings);
    let cluster = Cluster {
        name: name.value.0,
        place: name.span.place(),
        endpoints,
        dns,
        protocol,
        proxy_protocol,
        subsets,
        balance: settings.balance(),
        limits: limits_of(&settings),
        idle_timeout: settings.idle_timeout().map(OrNone::into_option),
        pings: Pings {
            interval: settings.ping_interval().map(OrNone::into_option),
            timeout: settings.ping_timeout(),
        },
        resilience,
    };
    http2::warn(&cluster, &settings, name.span, findings);
    if ejects {
        resilience::warn(&cluster, &settings, findings);
    }
    let subsets = list.iter().map(|(_, subset)| inherited.under(&subset.value.policy)).collect();
    Known { cluster, span: name.span, spans, used: false, inherited, subsets, holes }
}

/// The settings of a cluster over those of `defaults`.
fn merged(mut own: ClusterSettingsDoc, defaults: &ClusterSettingsDoc) -> ClusterSettingsDoc {
    if let Some(inherited) = &defaults.limits {
        own.limits = own.limits.map(|limits| limits.map(|limits| limits.over(&inherited.value)));
    }
    resilience::merged(&mut own, defaults);
    own.over(defaults)
}

fn limits_of(settings: &ClusterSettingsDoc) -> ClusterLimits {
    let nothing = Fields::nothing();
    let limits = settings.limits.as_ref().map_or(&nothing, |limits| &limits.value);
    ClusterLimits {
        connections: limits.connections().map(|count| count.0),
        pending: limits.pending().map(|count| count.0),
        requests: RequestLimits {
            all: limits.requests().map(|count| count.into_option().map(|count| count.0)),
            low: limits.requests_low(),
            normal: limits.requests_normal(),
        },
        header_bytes: limits.header_bytes().map(|size| size.0 as u32),
        header_count: limits.header_count().map(|count| count.0),
        interim_responses: limits.interim_responses().map(|count| count.0),
        connect_attempts: limits.connect_attempts().map(|count| count.0),
        replay_bytes: limits.replay_bytes().map(|size| size.0 as u32),
        retries: limits.retries().map(|count| count.0),
        streams: limits.streams().map(|count| count.0),
        stream_window: limits.stream_window().map(|size| size.0 as u32),
        connection_window: limits.connection_window().map(|size| size.0 as u32),
    }
}

fn endpoints(document: &ClusterDoc, findings: &mut Findings) -> Vec<(Endpoint, Span)> {
    document.endpoints.as_ref().map_or_else(Vec::new, |written| list(written, findings))
}

/// The endpoints of one cluster, and where each is written.
pub(super) fn list(
    written: &At<Vec<At<ShortOr<Address, EndpointDoc>>>>,
    findings: &mut Findings,
) -> Vec<(Endpoint, Span)> {
    if written.value.is_empty() {
        let fault =
            Fault::warning(written.span, "this cluster has no endpoint: its requests are answered 503");
        findings.push(fault.help("add one: `endpoints: [127.0.0.1:3000]`"));
    }
    let mut seen: HashMap<Address, Span> = HashMap::new();
    let mut list = Vec::with_capacity(written.value.len());
    for At { value, span } in &written.value {
        let Some(endpoint) = endpoint(value, *span) else { continue };
        if let Some(first) = seen.insert(endpoint.address.clone(), *span) {
            let fault = Fault::warning(*span, format!("the endpoint `{}` is there twice", endpoint.address));
            findings
                .push(fault.related(first, "first here").help("to give it a larger share, write a `weight`"));
        }
        list.push((endpoint, *span));
    }
    list
}

fn endpoint(written: &ShortOr<Address, EndpointDoc>, span: Span) -> Option<Endpoint> {
    let document = match written {
        ShortOr::Short(address) => {
            &EndpointDoc { address: Some(At { value: address.clone(), span }), ..EndpointDoc::nothing() }
        }
        ShortOr::Long(document) => document,
    };
    Some(Endpoint {
        address: document.address.as_ref()?.value.clone(),
        weight: document.weight().value.0,
        labels: labels(document.labels.as_ref()),
        locality: document.locality.as_ref().map(|locality| locality.value.0.clone()),
        place: span.place(),
    })
}

fn subset(name: &At<Name>, document: &SubsetDoc, endpoints: &[Endpoint], findings: &mut Findings) -> Subset {
    let place = name.span.place();
    let labels = labels(document.labels.as_ref());
    let mut subset = Subset { name: name.value.0.clone(), place, labels, endpoints: Vec::new() };
    subset.endpoints = subset.members(endpoints);
    if subset.endpoints.is_empty() && !endpoints.is_empty() && document.labels.is_some() {
        findings.push(empty_subset(name).help("its requests are answered 503; label an endpoint so"));
    }
    subset
}

fn empty_subset(name: &At<Name>) -> Fault {
    Fault::warning(name.span, format!("no endpoint carries the labels of the subset `{}`", name.value.0))
}

/// DNS knows no labels.
fn warn_of_labels(subsets: &[(At<Name>, At<SubsetDoc>)], findings: &mut Findings) {
    for (name, subset) in subsets {
        if !labels(subset.value.labels.as_ref()).is_empty() {
            findings.push(empty_subset(name).help(
                "addresses from DNS carry none: give the subset `labels: {}`, or make it a cluster with its own name",
            ));
        }
    }
}
