//! Effective policies.

use serde_json::{Map, Value, json};

mod retry;

use super::table::{or_none, size};
use crate::language::Write;
use crate::model::{Compression, Edit, HeaderEdits, Policy};

pub(super) fn policy(policy: &Policy) -> impl Iterator<Item = (String, Value)> {
    [
        ("timeout", or_none(policy.timeout.as_ref())),
        ("grpc_timeout", policy.grpc_timeout.write()),
        ("connect_timeout", or_none(policy.connect_timeout.as_ref())),
        ("response_idle_timeout", or_none(policy.response_idle_timeout.as_ref())),
        ("pending_timeout", or_none(policy.pending_timeout.as_ref())),
        ("tunnel_idle_timeout", or_none(policy.tunnel_idle_timeout.as_ref())),
        ("tunnel_half_closed_timeout", or_none(policy.tunnel_half_closed_timeout.as_ref())),
        (
            "headers",
            json!({"request": edits(&policy.request_headers), "response": edits(&policy.response_headers)}),
        ),
        ("compression", policy.compression.as_deref().map_or_else(|| json!("none"), compression)),
        ("retry", policy.retry.as_deref().map_or_else(|| json!("none"), retry::retry)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
}

fn compression(rules: &Compression) -> Value {
    json!({
        "algorithms": rules.algorithms.iter().map(Write::write).collect::<Vec<_>>(),
        "types": rules.types.iter().map(Write::write).collect::<Vec<_>>(),
        "min_bytes": size(*rules.min_bytes).write(),
        "levels": {
            "zstd": *rules.levels.zstd,
            "br": *rules.levels.br,
            "gzip": *rules.levels.gzip,
        },
    })
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
