//! The fleet, as the API tells it.

use std::time::Duration;

use crate::api::seam::{self, Rejection};
use crate::push::{ObjectStatus, ProxyStatus, RejectedResource, StageStatus};

pub(super) fn proxy(status: &ProxyStatus) -> seam::ProxyStatus {
    let identity = &status.member.identity;
    let state = status.reported.as_ref().map(|(state, _)| state);
    let waiting = state.iter().flat_map(|state| &state.waiting);
    seam::ProxyStatus {
        id: identity.id.clone(),
        namespace: identity.namespace.clone(),
        labels: identity.labels.clone(),
        locality: Some(identity.locality.clone()).filter(|locality| !locality.is_empty()),
        address: status.member.address.to_string(),
        agent: identity.version.clone(),
        connected: status.connected,
        since_ms: milliseconds(status.since),
        revision: status.applied,
        pending: status.pending,
        rejected: status.rejected.iter().map(rejection).collect(),
        waiting: waiting.map(|named| format!("{} {}", named.kind, named.name)).collect(),
    }
}

fn rejection(rejected: &RejectedResource) -> Rejection {
    let (kind, name) = (rejected.kind.name().to_owned(), local(&rejected.name).1.to_owned());
    Rejection { kind, name, reason: rejected.reason.to_string() }
}

pub(super) fn object(status: &ObjectStatus) -> seam::ObjectStatus {
    let (namespace, name) = local(&status.name);
    let texts = status.rejected.iter();
    seam::ObjectStatus {
        namespace: namespace.to_owned(),
        kind: status.kind.name().to_owned(),
        name: name.to_owned(),
        version: status.version.to_string(),
        proxies: status.of,
        applied: status.applied,
        rejected: texts.map(|(proxy, reason)| (proxy.to_string(), reason.to_string())).collect(),
        waiting: status.waiting.iter().map(ToString::to_string).collect(),
    }
}

/// `NAMESPACE/NAME`, apart.
fn local(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or(("", name))
}

pub(super) fn stage(status: &StageStatus) -> seam::StageStatus {
    let (step, steps) = status.steps;
    seam::StageStatus {
        revision: status.revision,
        step,
        steps,
        proxies: status.proxies,
        since_ms: milliseconds(status.held.unwrap_or_default()),
        taken_back: status.reverted.clone(),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
