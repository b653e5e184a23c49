//! What checks say of the endpoints of clusters that have such.

use crate::observe::expose::{Exposition, Shape};
use crate::snapshot::Snapshot;
use crate::upstream::health::{Health, Heard};

/// What a checked endpoint can be.
const STATES: [Health; 3] = [Health::Pending, Health::Healthy, Health::Unhealthy];

pub(super) fn write(text: &mut Exposition, snapshot: &Snapshot) {
    let checked: Vec<_> =
        snapshot.clusters().filter(|(cluster, _)| cluster.resilience().health().is_some()).collect();
    let help = "Checks of the endpoints of a cluster, by what became of them.";
    let mut family = text.family("towpath_health_checks", Shape::Counter, help);
    for (cluster, live) in &checked {
        for heard in Heard::ALL {
            let labels = [("cluster", cluster.name().as_str()), ("result", heard.code())];
            family.sample(&labels, live.state().health().checks(*heard));
        }
    }
    let help = "Times that an endpoint of a cluster has become healthy, or unhealthy.";
    let mut family = text.family("towpath_health_changes", Shape::Counter, help);
    for (cluster, live) in &checked {
        for to in [Health::Healthy, Health::Unhealthy] {
            let labels = [("cluster", cluster.name().as_str()), ("to", to.code())];
            family.sample(&labels, live.state().health().turns(to));
        }
    }
    let help = "Endpoints of a cluster, by how they stand by their checks.";
    let mut family = text.family("towpath_health_endpoints", Shape::Gauge, help);
    for (cluster, live) in &checked {
        for state in STATES {
            let count = live.known().filter(|endpoint| endpoint.health().get() == state).count();
            family.sample(&[("cluster", cluster.name()), ("health", state.code())], count);
        }
    }
}
