//! The names of clusters in `/metrics`.

use std::time::SystemTime;

use crate::observe::expose::{Exposition, Shape};
use crate::snapshot::Snapshot;
use crate::upstream::names::DnsVerdict;

pub(super) fn write(text: &mut Exposition, snapshot: &Snapshot) {
    let help = "Resolutions of the name of a cluster, by what became of them.";
    let mut family = text.family("towpath_dns_resolutions", Shape::Counter, help);
    for (cluster, name) in snapshot.names() {
        for verdict in DnsVerdict::ALL {
            family.sample(&[("cluster", cluster), ("result", verdict.code())], name.state().count(*verdict));
        }
    }
    let help = "Endpoints that the name of a cluster stands for.";
    let mut family = text.family("towpath_dns_endpoints", Shape::Gauge, help);
    snapshot.names().for_each(|(cluster, name)| family.sample(&[("cluster", cluster)], name.answer().len()));
    let help = "Age of the last answer with addresses for the name of a cluster; none before the first one.";
    let mut family = text.family("towpath_dns_age_seconds", Shape::Gauge, help);
    for (cluster, name) in snapshot.names() {
        let age = name.state().resolved().and_then(|at| SystemTime::now().duration_since(at).ok());
        age.into_iter()
            .for_each(|age| family.sample(&[("cluster", cluster)], age.as_millis() as f64 / 1000.0));
    }
}

#[cfg(test)]
mod tests;
