//! The section `routes`.

use serde_json::{Map, Value, json};

use super::condition::conditions;
use super::policy::{edits, policy};
use super::table::{keep, optional};
use crate::language::Write;
use crate::model::{
    Action, Config, CookieLife, DirectResponse, Forward, Importance, Key, Maintenance, Protocol, Redirect,
    Rewrite, RewritePath, Route, Split, Sticky,
};

/// What a destination of connections has.
const OF_CONNECTIONS: [&str; 5] =
    ["weight", "connect_timeout", "pending_timeout", "tunnel_idle_timeout", "tunnel_half_closed_timeout"];

pub(super) fn route(route: &Route, config: &Config) -> Value {
    let mut object = written(route, config);
    if let (Protocol::Tcp, Some(keys)) = (route.protocol, object.as_object_mut()) {
        keys.remove("hosts");
        let maintenance = keys.get_mut("maintenance");
        maintenance.into_iter().for_each(|one| keep(one, &["active", "schedule", "bypass"]));
        let destinations = keys.get_mut("to").and_then(Value::as_object_mut).into_iter();
        destinations.flat_map(Map::values_mut).for_each(|one| keep(one, &OF_CONNECTIONS));
    }
    object
}

fn written(route: &Route, config: &Config) -> Value {
    let mut object = json!({
        "hosts": route.hosts.iter().map(Write::write).collect::<Vec<_>>(),
        "match": conditions(&route.conditions),
        "rank": route.rank,
    });
    let name = |id| config.listener(id).map(|listener| json!(listener.name));
    let listeners = route.listeners.as_ref().map(|ids| ids.iter().copied().filter_map(name).collect());
    optional(&mut object, "listeners", listeners);
    let importance = (*route.importance != Importance::Normal).then(|| route.importance.write());
    optional(&mut object, "importance", importance);
    optional(&mut object, "class", route.class.as_ref().map(|class| json!(class)));
    optional(&mut object, "maintenance", route.maintenance.as_ref().map(maintenance));
    match &route.action {
        Action::Forward(forward) => {
            let Forward { split, rewrite: change } = &**forward;
            optional(&mut object, "to", Some(to(split)));
            optional(&mut object, "sticky", split.sticky.as_deref().map(sticky));
            optional(&mut object, "rewrite", rewrite(change));
        }
        Action::Redirect(elsewhere) => {
            optional(&mut object, "redirect", Some(redirect(elsewhere)));
            optional(&mut object, "headers", Some(json!({"response": edits(&elsewhere.response_headers)})));
        }
        Action::Respond(response) => {
            optional(&mut object, "direct_response", Some(direct_response(response)));
            optional(&mut object, "headers", Some(json!({"response": edits(&response.response_headers)})));
        }
    }
    object
}

fn to(split: &Split) -> Value {
    let destinations = split.destinations.iter().map(|destination| {
        let mut object = Map::from_iter([("weight".to_owned(), json!(destination.weight))]);
        object.extend(policy(&destination.policy));
        (destination.name.clone(), Value::Object(object))
    });
    destinations.collect::<Map<_, _>>().into()
}

fn sticky(sticky: &Sticky) -> Value {
    let mut object = json!({
        "by": sticky.by.iter().map(key).collect::<Vec<_>>(),
        "cohort": *sticky.cohort,
    });
    optional(&mut object, "send", sticky.send.as_ref().map(|header| json!({"header": header})));
    optional(
        &mut object,
        "trust",
        Some(&sticky.trust).filter(|trust| !trust.is_empty()).map(|trust| conditions(trust)),
    );
    object
}

fn key(key: &Key) -> Value {
    match key {
        Key::Header(name) => json!({"header": name}),
        Key::Cookie { name, life: CookieLife::Passive } => json!({"cookie": name}),
        Key::Cookie { name, life: CookieLife::Session } => json!({"cookie": name, "ttl": "none"}),
        Key::Cookie { name, life: CookieLife::For(time) } => json!({"cookie": name, "ttl": time.write()}),
        Key::SourceIp => json!({"source": "ip"}),
        Key::Query(name) => json!({"query": name}),
    }
}

/// The key and the value of a change of path.
fn path(path: &RewritePath) -> (&'static str, Value) {
    match path {
        RewritePath::Prefix(prefix) => ("prefix", json!(prefix)),
        RewritePath::Full(path) => ("path", json!(path)),
        RewritePath::Regex { pattern, with } => ("regex", json!({"pattern": pattern.write(), "with": with})),
    }
}

fn rewrite(rewrite: &Rewrite) -> Option<Value> {
    let mut object = json!({});
    if let Some((key, value)) = rewrite.path.as_deref().map(path) {
        optional(&mut object, key, Some(value));
    }
    optional(&mut object, "host", rewrite.host.as_deref().map(|host| json!(host)));
    (rewrite.path.is_some() || rewrite.host.is_some()).then_some(object)
}

fn redirect(redirect: &Redirect) -> Value {
    let mut object = json!({"status": redirect.status});
    optional(&mut object, "scheme", redirect.scheme.as_ref().map(|scheme| json!(scheme)));
    optional(&mut object, "host", redirect.host.as_ref().map(|host| json!(host)));
    optional(&mut object, "port", redirect.port.map(|port| json!(port)));
    if let Some((key, value)) = redirect.path.as_ref().map(path) {
        optional(&mut object, key, Some(value));
    }
    object
}

fn direct_response(response: &DirectResponse) -> Value {
    json!({"status": response.status, "body": response.body, "content_type": response.content_type})
}

fn maintenance(maintenance: &Maintenance) -> Value {
    let health_paths: Vec<Value> = maintenance.health_paths.iter().map(Write::write).collect();
    let mut object = json!({
        "active": maintenance.active,
        "retry_after": maintenance.retry_after.write(),
        "body": maintenance.body,
        "content_type": maintenance.content_type,
        "health_paths": if health_paths.is_empty() { json!("none") } else { health_paths.into() },
    });
    let schedule = maintenance.schedule.as_ref().map(|(start, end)| {
        let mut schedule = json!({});
        optional(&mut schedule, "start", start.as_ref().map(Write::write));
        optional(&mut schedule, "end", end.as_ref().map(Write::write));
        schedule
    });
    optional(&mut object, "schedule", schedule);
    let bypass = Some(&maintenance.bypass).filter(|bypass| !bypass.is_empty());
    optional(&mut object, "bypass", bypass.map(|bypass| conditions(bypass)));
    object
}
