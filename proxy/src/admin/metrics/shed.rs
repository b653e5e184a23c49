//! What clusters with a limit on requests carry, and whom they turn away.

use towpath_config::model::{Cluster, Importance};

use crate::observe::expose::{Exposition, Shape};
use crate::observe::metrics::write_tallies;
use crate::snapshot::Snapshot;
use crate::upstream::cluster::Cause;

pub(super) fn write(text: &mut Exposition, snapshot: &Snapshot) {
    let limited: Vec<_> =
        snapshot.clusters().filter(|(cluster, _)| cluster.limits().requests().all().is_some()).collect();
    let help = "Requests under way at a cluster that limits them.";
    let mut family = text.family("towpath_cluster_requests", Shape::Gauge, help);
    limited
        .iter()
        .for_each(|(cluster, live)| family.sample(&[("cluster", cluster.name())], live.state().requests()));
    let help = "As many requests as may be under way at a cluster.";
    let mut family = text.family("towpath_cluster_requests_limit", Shape::Gauge, help);
    for (cluster, _) in &limited {
        let limit = cluster.limits().requests().of(Importance::High);
        family.sample(&[("cluster", cluster.name())], limit.unwrap_or_default());
    }
    let controlled: Vec<_> =
        snapshot.clusters().filter(|(cluster, _)| cluster.resilience().admission().is_some()).collect();
    let help =
        "The part of the requests of normal importance that a cluster turns away because too many fail.";
    let mut family = text.family("towpath_admission_turned_away_ratio", Shape::Gauge, help);
    for (cluster, live) in &controlled {
        family.sample(&[("cluster", cluster.name())], live.state().admission().part());
    }
    let tallies: Vec<_> = controlled
        .iter()
        .map(|(cluster, live)| (cluster.name().as_str(), live.state().admission().tally()))
        .collect();
    write_tallies(text, "cluster", &tallies);
    let help = "Requests that a cluster turned away, by the importance of their routes and by cause.";
    let mut family = text.family("towpath_cluster_shed", Shape::Counter, help);
    let sheds = |cluster: &Cluster| {
        cluster.limits().requests().all().is_some() || cluster.resilience().admission().is_some()
    };
    for (cluster, live) in snapshot.clusters().filter(|(cluster, _)| sheds(cluster)) {
        for (cause, importance) in
            Cause::ALL.into_iter().flat_map(|cause| Importance::ALL.map(|importance| (cause, importance)))
        {
            let labels = [
                ("cluster", cluster.name().as_str()),
                ("importance", importance.word()),
                ("cause", cause.code()),
            ];
            family.sample(&labels, live.state().shed().get(cause, importance));
        }
    }
}
