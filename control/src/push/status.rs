//! What the server can say of its fleet: each proxy, and each resource over all proxies.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use towpath_wire::telemetry::State;
use towpath_wire::{Kind, Resource, Standing, Version, View};

use super::member::Member;

#[cfg(test)]
mod tests;

/// A proxy.
#[derive(Debug, Clone)]
pub struct ProxyStatus {
    /// The proxy and its stream.
    pub member: Arc<Member>,
    /// Whether it is connected.
    pub connected: bool,
    /// How long it has been connected, or gone.
    pub since: Duration,
    /// The last revision of which it has judged everything.
    pub applied: Option<u64>,
    /// Resources that it was sent, or is about to be, and has not judged.
    pub pending: usize,
    /// What it rejects; at most 100.
    pub rejected: Vec<RejectedResource>,
    /// What it reported of itself, and how long ago.
    pub reported: Option<(Arc<State>, Duration)>,
}

/// A resource that a proxy rejects.
#[derive(Debug, Clone, PartialEq)]
pub struct RejectedResource {
    /// Its type.
    pub kind: Kind,
    /// `NAMESPACE/NAME`.
    pub name: String,
    /// The version that it rejects.
    pub version: Version,
    /// Why.
    pub reason: Arc<str>,
}

/// A resource over all proxies that want it.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectStatus {
    /// Its type.
    pub kind: Kind,
    /// `NAMESPACE/NAME`.
    pub name: String,
    /// Its newest version.
    pub version: Version,
    /// So many connected proxies have it live.
    pub applied: usize,
    /// So many connected proxies want it.
    pub of: usize,
    /// Who rejects it, and why.
    pub rejected: BTreeMap<Arc<str>, Arc<str>>,
    /// Where it waits for something.
    pub waiting: Vec<Arc<str>>,
}

/// How a proxy is.
#[must_use]
pub fn proxy(member: &Arc<Member>, reported: Option<(Arc<State>, Duration)>) -> ProxyStatus {
    let seen = member.seen();
    let since = seen.gone.unwrap_or(member.connected);
    ProxyStatus {
        member: Arc::clone(member),
        connected: seen.gone.is_none(),
        since: SystemTime::now().duration_since(since).unwrap_or_default(),
        applied: seen.applied,
        pending: pending(member),
        rejected: seen.rejected,
        reported,
    }
}

/// How many resources a proxy has not judged; a proxy that has judged all it was sent costs nothing to ask.
fn pending(member: &Member) -> usize {
    if member.is_settled() {
        return 0;
    }
    let count = member.with_session(|session, view| {
        let all =
            Kind::ALL.into_iter().flat_map(|kind| view.of(kind).iter().map(move |resource| (kind, resource)));
        let judged = |kind, name: &str, version| {
            let Standing { acknowledged, rejected, .. } = session.standing(kind, name);
            acknowledged == Some(version) || rejected.is_some_and(|rejection| rejection.version == version)
        };
        all.filter(|(kind, resource)| !judged(*kind, resource.name(), resource.version())).count()
    });
    count.unwrap_or(0)
}

/// How each of these resources is with the proxies that are connected. Proxies that share a view and have taken all of it
/// are counted together: a thousand of them cost no more than one.
pub fn objects<'r>(
    members: &[Arc<Member>],
    resources: impl Iterator<Item = (Kind, &'r Arc<Resource>)>,
) -> Vec<ObjectStatus> {
    let row = |(kind, resource): (Kind, &Arc<Resource>)| ObjectStatus {
        kind,
        name: resource.name().to_owned(),
        version: resource.version(),
        applied: 0,
        of: 0,
        rejected: BTreeMap::new(),
        waiting: Vec::new(),
    };
    let mut table: Vec<_> = resources.map(row).collect();
    let mut groups: HashMap<*const View, (Arc<View>, usize)> = HashMap::new();
    for member in members {
        match member.whole_view() {
            Some(view) => groups.entry(Arc::as_ptr(&view)).or_insert((view, 0)).1 += 1,
            None => one_by_one(&mut table, member),
        }
    }
    for (view, count) in groups.values() {
        for status in &mut table {
            if let Some(resource) = view.of(status.kind).get(&status.name) {
                status.of += count;
                // while a revision is on its way, others have an older one
                status.applied += if resource.version() == status.version { *count } else { 0 };
            }
        }
    }
    table
}

fn one_by_one(table: &mut [ObjectStatus], member: &Member) {
    member.with_session(|session, view| {
        for status in table {
            let Standing { sent, acknowledged, rejected } = session.standing(status.kind, &status.name);
            let wanted = session.wants_all() && view.of(status.kind).get(&status.name).is_some();
            if !wanted && sent.is_none() {
                continue;
            }
            status.of += 1;
            if let Some(rejection) = rejected {
                status.rejected.insert(Arc::clone(&member.name), Arc::clone(&rejection.reason));
            } else if acknowledged == Some(status.version) {
                status.applied += 1;
            }
        }
    });
}

/// Notes where resources wait, as proxies report it: they have been judged there, and are not live.
pub fn wait(table: &mut [ObjectStatus], states: &[(Arc<str>, Arc<State>)]) {
    let mut waiting: HashMap<(&str, &str), Vec<&Arc<str>>> = HashMap::new();
    for (proxy, state) in states {
        for named in &state.waiting {
            waiting.entry((&named.kind, &named.name)).or_default().push(proxy);
        }
    }
    for status in table {
        if let Some(proxies) = waiting.get(&(status.kind.name(), status.name.as_str())) {
            status.applied = status.applied.saturating_sub(proxies.len());
            status.waiting = proxies.iter().map(|proxy| Arc::clone(proxy)).collect();
        }
    }
}
