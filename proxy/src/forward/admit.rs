//! Whether a request is sent at all: what a cluster cannot carry is turned away at once, the least important first.

use towpath_config::model::{Cluster, Importance};

use crate::local::Local;
use crate::outcome::Reason;
use crate::snapshot::LiveCluster;
use crate::upstream::cluster::{Admitted, Cause};

/// Lets a request in, and counts it where somebody wants to know.
///
/// # Errors
/// As many are under way as may be, or too many fail.
pub fn admit(
    local: &Local,
    cluster: &Cluster,
    live: &LiveCluster,
    importance: Importance,
) -> Result<Admitted, Reason> {
    let shed = |cause, reason| {
        live.state().shed().add(cause, importance);
        reason
    };
    if cluster.resilience().admission().is_some()
        && local.with_rng(|rng| live.state().admission().turns_away(importance, rng))
    {
        return Err(shed(Cause::Admission, Reason::AdmissionControl));
    }
    match cluster.limits().requests().of(importance) {
        None => Ok(Admitted::uncounted()),
        Some(limit) => {
            live.state().try_request(limit).ok_or_else(|| shed(Cause::Requests, Reason::RequestLimit))
        }
    }
}
