//! What proxies tell of their requests.

use std::time::Duration;

use super::asked::Asked;
use crate::api::seam::TrafficQuestion;
use crate::api::shape::{Problem, Reply};

/// How far back, when nothing is said.
const WINDOW: Duration = Duration::from_secs(60);

pub(super) fn traffic(asked: &Asked) -> Result<Reply, Problem> {
    let namespace = asked.namespace()?.map(str::to_owned);
    let text = |name: &str| asked.query.text(name).map(str::to_owned);
    let window = asked.query.time("window").unwrap_or(WINDOW);
    let question = TrafficQuestion { window, namespace, route: text("route"), cluster: text("cluster") };
    let mut traffic = asked.site.control.traffic(&question);
    traffic.series.retain(|series| asked.caller.has(&series.namespace));
    traffic.clusters.retain(|cluster| asked.caller.has(&cluster.namespace));
    traffic.local_replies.retain(|replies| asked.caller.has(&replies.namespace));
    if !asked.caller.has_all() {
        traffic.left_out = 0;
    }
    Ok(Reply::of(&traffic))
}
