//! The names of clusters in `/metrics`, and what `/ready` waits for.

use std::time::SystemTime;

use crate::observe::expose::{Exposition, Shape};
use crate::snapshot::{LiveName, Snapshot};
use crate::upstream::names::{DnsVerdict, Standing};

fn names(snapshot: &Snapshot) -> impl Iterator<Item = (&str, &LiveName)> {
    let clusters = snapshot.config().cluster_ids().filter_map(|id| snapshot.cluster(id));
    clusters.filter_map(|live| Some((live.state().name(), live.name()?)))
}

pub(super) fn write(text: &mut Exposition, snapshot: &Snapshot) {
    let help = "Resolutions of the name of a cluster, by what became of them.";
    let mut family = text.family("towpath_dns_resolutions", Shape::Counter, help);
    for (cluster, name) in names(snapshot) {
        for verdict in DnsVerdict::ALL {
            family.sample(&[("cluster", cluster), ("result", verdict.code())], name.state().count(*verdict));
        }
    }
    let help = "Endpoints that the name of a cluster stands for.";
    let mut family = text.family("towpath_dns_endpoints", Shape::Gauge, help);
    names(snapshot).for_each(|(cluster, name)| family.sample(&[("cluster", cluster)], name.answer().len()));
    let help = "Age of the last answer with addresses for the name of a cluster; none before the first one.";
    let mut family = text.family("towpath_dns_age_seconds", Shape::Gauge, help);
    for (cluster, name) in names(snapshot) {
        let age = name.state().resolved().and_then(|at| SystemTime::now().duration_since(at).ok());
        age.into_iter()
            .for_each(|age| family.sample(&[("cluster", cluster)], age.as_millis() as f64 / 1000.0));
    }
}

/// The clusters of the first table whose names have not been resolved yet, as long as that is worth waiting for.
pub(super) fn waited_for(snapshot: &Snapshot, now: SystemTime) -> Vec<&str> {
    let age = now.duration_since(snapshot.loaded()).unwrap_or_default();
    let limit = *snapshot.config().process().dns().startup_timeout();
    if snapshot.generation() > 1 || limit.is_none_or(|limit| age >= limit) {
        return Vec::new();
    }
    let open = |name: &LiveName| {
        name.answer().is_empty() && name.state().standing() != Standing::Said(DnsVerdict::Resolved)
    };
    names(snapshot).filter(|(_, name)| open(name)).map(|(cluster, _)| cluster).collect()
}

#[cfg(test)]
mod tests;
