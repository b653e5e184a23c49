//! Inheritance, field by field.

use std::sync::Arc;
use std::time::Duration;

mod retry;

use retry::InheritedRetry;

use crate::document::{CompressionDoc, EditsDoc, LevelsDoc, PolicyDoc};
use crate::fault::{Fault, Findings};
use crate::language::{Fields, OneOrMany, OrNone, Pairs, ShortOr};
use crate::model::{
    Algorithm, Compression, Condition, Edit, EditList, HeaderEdits, Levels, MediaType, Placed, Policy,
    Template,
};
use crate::source::At;
use crate::values::EditedHeader;

/// What a level hands down.
#[derive(Debug, Clone)]
pub(super) struct Inherited {
    /// Of this, only the timeouts are looked at: edits are merged below.
    timeouts: PolicyDoc,
    request: HeaderEdits,
    pub(super) response: HeaderEdits,
    compression: Placed<Option<Arc<Compression>>>,
    retry: InheritedRetry,
    /// What all this comes to: most routes say nothing of their own, so all of them share it.
    policy: Arc<Policy>,
}

impl Inherited {
    /// What is so when nobody says otherwise.
    pub(super) fn built_in() -> Self {
        let (timeouts, compression) = (PolicyDoc::nothing(), Placed::built_in(None));
        let retry = InheritedRetry::built_in();
        let policy = effective(&timeouts, (&no_edits(), &no_edits()), &compression, &retry);
        let policy = Arc::new(policy);
        Self { timeouts, request: no_edits(), response: no_edits(), compression, retry, policy }
    }

    /// What the level below hands down, with what is written there.
    pub(super) fn under(&self, document: &PolicyDoc) -> Self {
        if document.is_nothing() {
            return self.clone();
        }
        let timeouts = document.clone().over(&self.timeouts);
        let mut below = Self { timeouts, ..self.clone() };
        if let Some(written) = &document.compression {
            let value = compression(self.compression.as_deref(), &written.value);
            below.compression = Placed { value: value.map(Arc::new), place: written.span.place() };
        }
        if let Some(written) = &document.retry {
            below.retry = self.retry.under(written);
        }
        match document.headers.as_ref().map(|headers| &headers.value) {
            None => {}
            Some(OrNone::None) => (below.request, below.response) = (no_edits(), no_edits()),
            Some(OrNone::Some(headers)) => {
                merge(&mut below.request, headers.request.as_ref().map(|edits| &edits.value));
                merge(&mut below.response, headers.response.as_ref().map(|edits| &edits.value));
            }
        }
        let Self { timeouts, request, response, compression, retry, .. } = &below;
        below.policy = Arc::new(effective(timeouts, (request, response), compression, retry));
        below
    }

    /// The effective policy.
    pub(super) fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy)
    }

    /// Notes timeouts that cannot fit into each other, and retries that cannot come about under the conditions of the route.
    pub(super) fn check(&self, conditions: &[Condition], findings: &mut Findings) {
        let written = |timeout: &Option<At<OrNone<Duration>>>| match timeout {
            Some(At { value: OrNone::Some(time), span }) => Some((*time, *span)),
            _ => None,
        };
        self.retry.check(written(&self.timeouts.timeout), conditions, findings);
        let Some((whole, whole_span)) = written(&self.timeouts.timeout) else { return };
        for (key, part) in [
            ("connect_timeout", &self.timeouts.connect_timeout),
            ("pending_timeout", &self.timeouts.pending_timeout),
        ] {
            let Some((_, span)) = written(part).filter(|(part, _)| *part > whole) else { continue };
            let found = format!("`{key}` is longer than the `timeout` of the whole exchange");
            let fault = Fault::warning(span, found).related(whole_span, "this ends first");
            findings.push_once(fault.help("make it shorter than `timeout`"));
        }
    }
}

fn effective(
    timeouts: &PolicyDoc,
    (request, response): (&HeaderEdits, &HeaderEdits),
    compression: &Placed<Option<Arc<Compression>>>,
    retry: &InheritedRetry,
) -> Policy {
    let option = |timeout: Placed<OrNone<Duration>>| timeout.map(OrNone::into_option);
    Policy {
        timeout: option(timeouts.timeout()),
        grpc_timeout: timeouts.grpc_timeout(),
        connect_timeout: option(timeouts.connect_timeout()),
        response_idle_timeout: option(timeouts.response_idle_timeout()),
        pending_timeout: option(timeouts.pending_timeout()),
        tunnel_idle_timeout: option(timeouts.tunnel_idle_timeout()),
        tunnel_half_closed_timeout: option(timeouts.tunnel_half_closed_timeout()),
        request_headers: request.clone(),
        response_headers: response.clone(),
        compression: compression.clone(),
        retry: retry.retry.clone(),
    }
}

fn no_edits() -> HeaderEdits {
    HeaderEdits { set: Vec::new(), add: Vec::new(), remove: Vec::new() }
}

fn merge(edits: &mut HeaderEdits, document: Option<&OrNone<EditsDoc>>) {
    match document {
        None => {}
        Some(OrNone::None) => *edits = no_edits(),
        Some(OrNone::Some(document)) => {
            merge_list(&mut edits.set, document.set.as_ref().map(|set| &set.value));
            merge_list(&mut edits.add, document.add.as_ref().map(|add| &add.value));
            if let Some(remove) = &document.remove {
                edits.remove = removed(&remove.value);
            }
        }
    }
}

fn merge_list(edits: &mut EditList, written: Option<&OrNone<Pairs<EditedHeader, Template>>>) {
    let pairs = match written {
        None => return,
        Some(OrNone::None) => return edits.clear(),
        Some(OrNone::Some(pairs)) => pairs,
    };
    for (name, value) in &pairs.list {
        edits.retain(|edit| !edit.name.eq_ignore_ascii_case(&name.value.lower));
        edits.push(Edit { name: name.value.written.clone(), value: value.placed() });
    }
    edits.sort_by_cached_key(|edit| edit.name.to_ascii_lowercase());
}

fn removed(written: &OrNone<OneOrMany<EditedHeader>>) -> Vec<Placed<String>> {
    let OrNone::Some(OneOrMany(names)) = written else { return Vec::new() };
    let mut names: Vec<_> = names.iter().map(|name| name.placed().map(|name| name.lower)).collect();
    names.sort_by(|left, right| left.value.cmp(&right.value));
    names.dedup();
    names
}

type Written = OrNone<ShortOr<OneOrMany<Algorithm>, CompressionDoc>>;

/// What is written, and where nothing is, what is inherited.
fn compression(inherited: Option<&Compression>, written: &Written) -> Option<Compression> {
    let document = match written {
        OrNone::None => return None,
        OrNone::Some(ShortOr::Short(_)) => &CompressionDoc::nothing(),
        OrNone::Some(ShortOr::Long(document)) => document,
    };
    let levels = document.levels.as_ref().map_or_else(LevelsDoc::nothing, |levels| levels.value.clone());
    let mut merged = inherited.cloned().unwrap_or_else(|| Compression {
        algorithms: document.algorithms().map(algorithms),
        types: document.types().map(types),
        min_bytes: document.min_bytes().map(|size| size.0),
        levels: Levels {
            zstd: levels.zstd().map(|level| level.0),
            br: levels.br().map(|level| level.0),
            gzip: levels.gzip().map(|level| level.0),
        },
    });
    if let OrNone::Some(ShortOr::Short(list)) = written {
        let place = list.0.first().map_or_else(Default::default, |first| first.span.place());
        merged.algorithms = Placed { value: algorithms(list.clone()), place };
    }
    if document.algorithms.is_some() {
        merged.algorithms = document.algorithms().map(algorithms);
    }
    if document.types.is_some() {
        merged.types = document.types().map(types);
    }
    if document.min_bytes.is_some() {
        merged.min_bytes = document.min_bytes().map(|size| size.0);
    }
    for (level, is_written, own) in [
        (&mut merged.levels.zstd, levels.zstd.is_some(), levels.zstd().map(|level| level.0)),
        (&mut merged.levels.br, levels.br.is_some(), levels.br().map(|level| level.0)),
        (&mut merged.levels.gzip, levels.gzip.is_some(), levels.gzip().map(|level| level.0)),
    ] {
        if is_written {
            *level = own;
        }
    }
    Some(merged)
}

fn algorithms(written: OneOrMany<Algorithm>) -> Vec<Algorithm> {
    let mut list = Vec::new();
    written.into_values().for_each(|one| {
        if !list.contains(&one) {
            list.push(one);
        }
    });
    list
}

fn types(written: OneOrMany<MediaType>) -> Vec<MediaType> {
    written.into_values().collect()
}
