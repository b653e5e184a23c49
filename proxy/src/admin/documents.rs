//! `/config`, `/clusters` and `/routes`: what is live, as documents.

use std::time::SystemTime;

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;
use towpath_config::model::{Action, Candidate, Cluster, Config, Ejection, Protocol};

use super::context::Site;
use super::fleet;
use super::pages::Asked;
use super::reply::Reply;
use super::words;
use crate::snapshot::{LiveCluster, LiveName};
use crate::upstream::cluster::Retries;
use crate::upstream::endpoint::{BreakerStanding, Moment, Standing};
use crate::upstream::health::{Health, HealthState, Heard};

#[cfg(test)]
mod tests;

/// RFC 3339, in UTC.
pub(super) fn time(at: SystemTime) -> String {
    humantime::format_rfc3339_millis(at).to_string()
}

pub(super) fn config(site: &Site, asked: &Asked) -> Reply {
    let snapshot = site.shared.snapshot();
    if asked.wants("format=yaml") {
        let body = towpath_config::long_yaml(snapshot.config());
        return Reply { content_type: "application/yaml", ..Reply::text(StatusCode::OK, body) };
    }
    let rejected = site
        .shared
        .rejection()
        .map(|rejection| json!({ "at": time(rejection.at), "faults": rejection.faults }));
    Reply::json(&json!({
        "generation": snapshot.generation(),
        "loaded": time(snapshot.loaded()),
        "source": site.source,
        "rejected": rejected,
        "fleet": site.shared.fleet().map(|place| fleet::row(place)),
        "config": towpath_config::long(snapshot.config()),
    }))
}

pub(super) fn clusters(site: &Site, _: &Asked) -> Reply {
    let snapshot = site.shared.snapshot();
    let config = snapshot.config();
    let rows = config.cluster_ids().filter_map(|id| Some((config.cluster(id)?, snapshot.cluster(id)?)));
    let by_name: serde_json::Map<_, _> =
        rows.map(|(cluster, live)| (cluster.name().clone(), cluster_row(cluster, live))).collect();
    Reply::json(&Value::Object(by_name))
}

fn cluster_row(cluster: &Cluster, live: &LiveCluster) -> Value {
    let now = Moment::of(Instant::now());
    let limits = cluster.limits();
    let endpoints: Vec<_> = live
        .written(cluster)
        .iter()
        .map(|endpoint| {
            let state = live.endpoint(endpoint.address());
            let keep_alive = state.and_then(|state| state.keep_alive());
            let rules = cluster.resilience().ejection().as_deref();
            let ejected =
                state.zip(rules).and_then(|(state, rules)| ejected_row(state.standing(), rules, now));
            let breaker = state.filter(|_| cluster.resilience().breaker().is_some());
            json!({
                "address": endpoint.address().to_string(),
                "weight": endpoint.weight(),
                "labels": endpoint.labels(),
                "locality": endpoint.locality(),
                "active": state.map(|state| state.active()),
                "idle": state.map(|state| state.idle()),
                "failing": state.map(|state| state.failing()),
                "ejected": ejected,
                "breaker": breaker.map(|state| breaker_row(state.standing().breaker(), now)),
                "learned_keep_alive": keep_alive.map(words::duration),
                "health": state.and_then(|state| health_row(state.health())),
            })
        })
        .collect();
    let subsets: serde_json::Map<_, _> = cluster
        .subsets()
        .iter()
        .map(|subset| {
            let members = live.written(cluster).iter().filter(|endpoint| subset.holds(endpoint));
            let addresses: Vec<_> = members.map(|endpoint| endpoint.address().to_string()).collect();
            (subset.name().clone(), json!({ "labels": subset.labels(), "endpoints": addresses }))
        })
        .collect();
    json!({
        "connections": live.state().open(),
        "pending": live.state().pending(),
        "retries": live.state().known_retries().map_or(0, Retries::under_way),
        "retry_budget_left": retries_left(cluster, live),
        "requests": cluster.limits().requests().all().map(|_| live.state().requests()),
        "limits": {
            "connections": **limits.connections(),
            "pending": **limits.pending(),
            "requests": **limits.requests().all(),
            "retries": **limits.retries(),
        },
        "dns": live.name().map(name_row),
        "endpoints": endpoints,
        "subsets": subsets,
    })
}

/// How long an endpoint is ejected yet, and the how manieth time of late that is.
fn ejected_row(standing: &Standing, rules: &Ejection, now: Moment) -> Option<Value> {
    let until = standing.ejected(now)?;
    Some(json!({ "for": words::duration(until.since(now)), "times": standing.times_ejected(rules, now) }))
}

/// How a breaker stands, and how long nothing will be sent there.
fn breaker_row(breaker: BreakerStanding, now: Moment) -> Value {
    let left = match breaker {
        BreakerStanding::Open { until, .. } if until > now => Some(words::duration(until.since(now))),
        _ => None,
    };
    json!({ "state": words::breaker(breaker), "tried_in": left })
}

/// How an endpoint stands that is checked.
fn health_row(health: &HealthState) -> Option<Value> {
    let state = health.get();
    (state != Health::Unchecked).then(|| {
        json!({ "state": state.code(), "since": time(health.since()), "last": health.heard().map(Heard::code) })
    })
}

/// How many retries the budget of a cluster would allow now; none where it has no budget.
pub(super) fn retries_left(cluster: &Cluster, live: &LiveCluster) -> Option<u64> {
    let budget = cluster.resilience().retry_budget().as_ref()?;
    Some(live.state().known_retries()?.left(budget, Instant::now()))
}

fn name_row(name: &LiveName) -> Value {
    json!({
        "query": name.dns().query().to_string(),
        "result": words::standing(name.state().standing()),
        "resolved": name.state().resolved().map(time),
    })
}

pub(super) fn routes(site: &Site, _: &Asked) -> Reply {
    let snapshot = site.shared.snapshot();
    let config = snapshot.config();
    let rows =
        [config.order(), config.connection_order()].into_iter().flat_map(|order| order.iter().enumerate());
    Reply::json(&rows.filter_map(|(position, candidate)| order_row(config, position, candidate)).collect())
}

fn order_row(config: &Config, position: usize, candidate: &Candidate) -> Option<Value> {
    let route = config.route(candidate.route())?;
    let condition = route.conditions().get(candidate.condition())?;
    let names = |fields: &[towpath_config::model::FieldCondition]| -> Vec<String> {
        fields.iter().map(|field| field.name().clone()).collect()
    };
    let is_http = *route.protocol() == Protocol::Http;
    let path = condition.path().as_deref().map_or_else(|| "/*".to_owned(), words::path);
    let listeners = route.listeners().as_ref().map(|listeners| -> Vec<_> {
        let name = |id| config.listener(id).map(|listener| listener.name().as_str());
        listeners.iter().copied().filter_map(name).collect()
    });
    Some(json!({
        "position": position + 1,
        "protocol": if is_http { "http" } else { "tcp" },
        "listeners": listeners,
        "host": is_http.then_some(words::host(route.hosts().get(candidate.host())?)),
        "path": is_http.then_some(path),
        "methods": condition.methods(),
        "headers": names(condition.headers()),
        "query": names(condition.query()),
        "cookies": names(condition.cookies()),
        "source": condition.source().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "rank": route.rank(),
        "route": route.name(),
        "action": match route.action() {
            Action::Forward(_) => "forward",
            Action::Redirect(_) => "redirect",
            Action::Respond(_) => "direct_response",
        },
        "written": condition.place().to_string(),
    }))
}
