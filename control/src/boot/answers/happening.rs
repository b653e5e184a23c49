//! What happens, as the API tells it.

use serde_json::{Value, json};

use crate::api::seam::{Event, EventKind};
use crate::push::{self, Happening};

pub(super) fn told(event: &push::Event) -> Event {
    let (kind, message, about) = words(&event.happening);
    Event { kind, namespace: event.namespace.clone(), time_ms: event.time_ms, message, about }
}

fn words(happening: &Happening) -> (EventKind, String, Value) {
    match happening {
        Happening::Revision { revision, who, message } => {
            let told = format!("revision {revision} by {who}: {message}");
            (EventKind::Revision, told, json!({"revision": revision, "who": who, "message": message}))
        }
        Happening::Connected { proxy, address } => {
            let told = format!("{proxy} connected from {address}");
            (EventKind::Proxy, told, json!({"proxy": proxy, "address": address, "connected": true}))
        }
        Happening::Gone { proxy, reason } => {
            let told = format!("{proxy} is gone: {reason}");
            (EventKind::Proxy, told, json!({"proxy": proxy, "reason": reason, "connected": false}))
        }
        Happening::Rejected { proxy, kind, name, reason } => {
            let told = format!("{proxy} rejects {kind} {name}: {reason}");
            let about = json!({"proxy": proxy, "kind": kind, "name": name, "reason": reason});
            (EventKind::Verdict, told, about)
        }
        Happening::Applied { revision, proxies } => {
            let told = format!("revision {revision} is judged by all {proxies} proxies");
            (EventKind::Verdict, told, json!({"revision": revision, "proxies": proxies}))
        }
        Happening::Stage { revision, step } => {
            let told = format!("revision {revision} goes to {step}");
            (EventKind::Stage, told, json!({"revision": revision, "step": step}))
        }
        Happening::Reverted { revision, reason } => {
            let told = format!("revision {revision} is taken back: {reason}");
            (EventKind::Stage, told, json!({"revision": revision, "reason": reason}))
        }
    }
}
