//! `match`, `bypass`, `trust`.

use ipnet::IpNet;

use crate::document::ConditionDoc;
use crate::language::{OneOrMany, Pairs};
use crate::model::{Condition, FieldCondition, ValueMatch};
use crate::source::At;

/// The alternatives, in the order written; none when nothing is written.
pub(super) fn conditions(written: Option<&At<OneOrMany<ConditionDoc>>>) -> Vec<Condition> {
    let written = written.into_iter().flat_map(|written| &written.value.0);
    written.map(|document| condition(&document.value, document)).collect()
}

fn condition(document: &ConditionDoc, place: &At<ConditionDoc>) -> Condition {
    let mut methods: Vec<String> = all(document.methods.as_ref()).map(|method| method.0.clone()).collect();
    methods.sort();
    methods.dedup();
    Condition {
        place: place.span.place(),
        path: document.path.as_ref().map(At::placed),
        methods,
        headers: fields(document.headers.as_ref(), |name| name.0.clone()),
        query: fields(document.query.as_ref(), |name| name.0.clone()),
        cookies: fields(document.cookies.as_ref(), |name| name.0.clone()),
        source: nets(document.source.as_ref()),
    }
}

/// The networks, each once.
pub(super) fn nets(written: Option<&At<OneOrMany<IpNet>>>) -> Vec<IpNet> {
    let mut nets: Vec<_> = all(written).copied().collect();
    nets.sort();
    nets.dedup();
    nets
}

fn all<T>(written: Option<&At<OneOrMany<T>>>) -> impl Iterator<Item = &T> {
    written.into_iter().flat_map(|written| &written.value.0).map(|one| &one.value)
}

fn fields<K>(written: Option<&At<Pairs<K, ValueMatch>>>, text: impl Fn(&K) -> String) -> Vec<FieldCondition> {
    let pairs = written.into_iter().flat_map(|pairs| &pairs.value.list);
    let mut fields: Vec<_> = pairs
        .map(|(name, value)| FieldCondition {
            name: text(&name.value),
            value: value.value.clone(),
            place: name.span.place(),
        })
        .collect();
    fields.sort_by(|left, right| left.name.cmp(&right.name));
    fields
}
