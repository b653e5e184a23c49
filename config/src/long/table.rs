//! The whole document.

use serde_json::{Map, Value, json};

use super::{access_log, cluster, listener, route};
use crate::language::{OrNone, Write};
use crate::model::{Config, Control, Process, ProcessLimits, Resolver};
use crate::source::escape;
use crate::units::Size;

/// The canonical document of a table: short forms are long, defaults are written, policies stand at each destination.
/// Read again, it means the same.
#[must_use]
pub fn long(config: &Config) -> Value {
    let mut own = process(&config.process);
    optional(&mut own, "control", config.control().map(control));
    let mut document = json!({ "proxy": own });
    if config.control.is_none() {
        let routes = named(config.routes.iter(), |one| (one.name.clone(), route::route(one, config)));
        let listeners = named(config.listeners.iter(), |one| (one.name.clone(), listener::listener(one)));
        let clusters = named(config.clusters.iter(), |one| (one.name.clone(), cluster::cluster(one)));
        for (section, value) in [("listeners", listeners), ("routes", routes), ("clusters", clusters)] {
            optional(&mut document, section, Some(value));
        }
    }
    escaped(&mut document);
    document
}

/// The canonical document as YAML.
#[must_use]
pub fn long_yaml(config: &Config) -> String {
    let document = long(config);
    // every JSON document is YAML as well
    serde_saphyr::to_string(&document).unwrap_or_else(|_| document.to_string())
}

fn named<T>(list: impl Iterator<Item = T>, entry: impl Fn(T) -> (String, Value)) -> Value {
    Value::Object(list.map(entry).collect())
}

/// The value, or `none`.
pub(super) fn or_none<T: Write + Clone>(value: Option<&T>) -> Value {
    value.cloned().map_or(OrNone::None, OrNone::Some).write()
}

/// Puts in what is there; what is not cannot be written.
pub(super) fn optional(object: &mut Value, key: &str, value: Option<Value>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(key.to_owned(), value);
    }
}

/// Leaves only these keys.
pub(super) fn keep(object: &mut Value, keys: &[&str]) {
    if let Some(object) = object.as_object_mut() {
        object.retain(|key, _| keys.contains(&key.as_str()));
    }
}

/// A number of octets in the words of the language.
pub(super) fn size(octets: u64) -> Size<0, { u64::MAX }> {
    Size(octets)
}

pub(super) fn labels(labels: &std::collections::BTreeMap<String, String>) -> Value {
    labels.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>().into()
}

fn process(process: &Process) -> Value {
    let mut object = json!({
        "id": process.id,
        "namespace": process.namespace,
        "labels": labels(&process.labels),
        "workers": process.workers.write(),
        "pin_workers": process.pin_workers,
        "admin": or_none(process.admin.as_ref()),
        "admin_timeout": process.timeouts.admin.write(),
        "upgrade_timeout": process.timeouts.upgrade.write(),
        "limits": limits(&process.limits),
        "drain": {
            "delay": or_none(process.drain.delay.as_ref()),
            "spread": or_none(process.drain.spread.as_ref()),
            "timeout": process.drain.timeout.write(),
        },
    });
    optional(&mut object, "dns", Some(resolver(&process.dns)));
    let logs: Vec<_> = process.access_logs.iter().map(access_log::access_log).collect();
    optional(&mut object, "access_log", (!logs.is_empty()).then(|| logs.into()));
    optional(&mut object, "locality", process.locality.as_ref().map(|locality| json!(locality)));
    object
}

fn limits(limits: &ProcessLimits) -> Value {
    json!({
        "connections": *limits.connections,
        "memory": or_none((*limits.memory).map(size).as_ref()),
        "reserved_files": *limits.reserved_files,
        "admin_connections": *limits.admin_connections,
        "series": *limits.series,
        "access_log_bytes": size(*limits.access_log_bytes).write(),
        "compression_bytes": size(*limits.compression_bytes).write(),
    })
}

fn control(control: &Control) -> Value {
    let limits = &control.limits;
    let mut object = json!({
        "address": control.address,
        "on_demand": control.on_demand,
        "hold": control.hold.write(),
        "forget": control.forget.write(),
        "telemetry": control.telemetry,
        "limits": {
            "message_bytes": size(*limits.message_bytes).write(),
            "table_bytes": size(*limits.table_bytes).write(),
            "waiting": *limits.waiting,
            "hosts": *limits.hosts,
        },
    });
    let state = control.state.as_ref().map(|state| json!(state.to_string_lossy()));
    optional(&mut object, "state", state);
    object
}

fn resolver(resolver: &Resolver) -> Value {
    let mut object = json!({
        "timeout": resolver.timeout.write(),
        "startup_timeout": or_none(resolver.startup_timeout.as_ref()),
    });
    let servers = resolver.servers.iter().map(Write::write).collect::<Vec<_>>();
    optional(&mut object, "servers", (!servers.is_empty()).then(|| json!(servers)));
    object
}

/// `${` is written so that it is not taken for a variable.
fn escaped(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("${") => *text = escape(text),
        Value::Array(items) => items.iter_mut().for_each(escaped),
        Value::Object(entries) => entries.values_mut().for_each(escaped),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
