//! Effective policies.

use serde_json::{Map, Value, json};

use super::table::or_none;
use crate::language::Write;
use crate::model::{Edit, HeaderEdits, Policy};

pub(super) fn policy(policy: &Policy) -> [(String, Value); 7] {
    [
        ("timeout", or_none(policy.timeout.as_ref())),
        ("connect_timeout", or_none(policy.connect_timeout.as_ref())),
        ("response_idle_timeout", or_none(policy.response_idle_timeout.as_ref())),
        ("pending_timeout", or_none(policy.pending_timeout.as_ref())),
        ("tunnel_idle_timeout", or_none(policy.tunnel_idle_timeout.as_ref())),
        ("tunnel_half_closed_timeout", or_none(policy.tunnel_half_closed_timeout.as_ref())),
        (
            "headers",
            json!({"request": edits(&policy.request_headers), "response": edits(&policy.response_headers)}),
        ),
    ]
    .map(|(key, value)| (key.to_owned(), value))
}

pub(super) fn edits(edits: &HeaderEdits) -> Value {
    let list = |list: &[Edit]| {
        list.iter().map(|edit| (edit.name.clone(), edit.value.write())).collect::<Map<_, _>>()
    };
    let remove = match edits.remove.is_empty() {
        true => json!("none"),
        false => edits.remove.iter().map(|name| json!(**name)).collect(),
    };
    json!({"set": list(&edits.set), "add": list(&edits.add), "remove": remove})
}
