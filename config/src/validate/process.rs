//! The section `proxy`.

use std::collections::BTreeMap;

use crate::document::ProcessDoc;
use crate::language::{Fields, Pairs};
use crate::model::{Drain, Process, ProcessLimits};
use crate::source::At;
use crate::values::Line;

pub(super) fn process(document: Option<&ProcessDoc>) -> Process {
    let nothing = ProcessDoc::nothing();
    let document = document.unwrap_or(&nothing);
    let limits = document.limits.as_ref().map_or_else(Fields::nothing, |limits| limits.value.clone());
    let drain = document.drain.as_ref().map_or_else(Fields::nothing, |drain| drain.value.clone());
    Process {
        id: document.id().value.0,
        namespace: document.namespace().value.0,
        labels: labels(document.labels.as_ref()),
        locality: document.locality.as_ref().map(|locality| locality.value.0.clone()),
        workers: document.workers().value,
        pin_workers: document.pin_workers().value.0,
        admin: document.admin().value.into_option(),
        limits: ProcessLimits { connections: limits.connections().map(|count| count.0) },
        drain: Drain {
            delay: drain.delay().value.into_option(),
            spread: drain.spread().value.into_option(),
            timeout: drain.timeout().value,
        },
    }
}

pub(super) fn labels(pairs: Option<&At<Pairs<Line, Line>>>) -> BTreeMap<String, String> {
    let pairs = pairs.into_iter().flat_map(|pairs| &pairs.value.list);
    pairs.map(|(name, value)| (name.value.0.clone(), value.value.0.clone())).collect()
}
