//! `health` of a cluster.

use serde_json::{Value, json};

use crate::language::{OrNone, Write};
use crate::long::table::{optional, or_none};
use crate::model::{Ask, HealthCheck, StatusRange};

pub(super) fn health(check: &HealthCheck) -> Value {
    let ranges = |list: &[StatusRange]| list.iter().map(Write::write).collect::<Vec<_>>();
    let mut object = match &check.ask {
        Ask::Http { path, statuses, at_once } => {
            let mut object = json!({"http": path, "statuses": ranges(statuses)});
            optional(&mut object, "at_once", (!at_once.is_empty()).then(|| ranges(at_once).into()));
            object
        }
        Ask::Grpc(service) => json!({"grpc": service}),
        Ask::Tcp => json!({"tcp": true}),
    };
    optional(&mut object, "host", check.host.as_ref().map(|host| json!(host)));
    for (key, value) in [
        ("interval", check.interval.write()),
        ("timeout", check.timeout.write()),
        ("jitter", check.jitter.map_or(OrNone::None, OrNone::Some).write()),
        ("unhealthy", json!(check.unhealthy)),
        ("healthy", json!(check.healthy)),
        ("start_up", or_none(check.start_up.as_ref())),
        ("no_traffic_interval", or_none(check.no_traffic_interval.as_ref())),
    ] {
        optional(&mut object, key, Some(value));
    }
    object
}
